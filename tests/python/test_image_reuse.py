# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Decoding into an Image: whose memory is used again, how, and when that is refused."""

import io

import glimt
import numpy as np
import pytest
from glimt import ColorSpec, DecodeParams, SampleFormat, as_image
from PIL import Image as PillowImage

FILL = 201


def png_of(array, mode=None):
    buffer = io.BytesIO()
    PillowImage.fromarray(array, mode).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def wide(gray):
    """16-bit gray, and its file."""
    array = gray.astype(np.uint16) * 200 + 7
    return array, png_of(array)


def buffer_of(shape, dtype=np.uint8):
    return np.full(shape, FILL, dtype)


# Memory of glimt's own


SIZES = [(48, 64), (8, 8), (1, 1), (48, 1), (100, 200)]


@pytest.mark.parametrize("first", SIZES)
@pytest.mark.parametrize("second", SIZES)
def test_own_memory_takes_any_image(first, second, decoder, pillow_bytes):
    arrays = [
        np.random.default_rng(i).integers(0, 256, (*size, 3), np.uint8)
        for i, size in enumerate((first, second))
    ]
    image = decoder.decode(pillow_bytes(arrays[0], "PNG"))
    assert image.capacity == image.size == arrays[0].nbytes
    assert decoder.decode(pillow_bytes(arrays[1], "PNG"), image=image) is image
    assert image.shape == arrays[1].shape
    assert image.size == arrays[1].nbytes
    assert image.capacity == max(array.nbytes for array in arrays)
    assert image.strides == (3 * second[1], 3, 1)
    assert (np.asarray(image) == arrays[1]).all()


def test_own_memory_takes_any_format(decoder, files, wide, unchanged, rgb, gray):
    image = decoder.decode(files["png"])
    steps = [
        (wide[1], unchanged, wide[0][..., None], SampleFormat.I_Y, ColorSpec.GRAY),
        (
            files["rgba.png"],
            unchanged,
            np.dstack([rgb, rgb[::-1, :, 0]]),
            SampleFormat.I_RGBA,
            None,
        ),
        (files["gray.png"], None, np.dstack([gray] * 3), SampleFormat.I_RGB, ColorSpec.SRGB),
        (
            files["png"],
            DecodeParams(sample_format=SampleFormat.P_RGB),
            rgb.transpose(2, 0, 1),
            SampleFormat.P_RGB,
            ColorSpec.SRGB,
        ),
        (files["webp"], None, rgb, SampleFormat.I_RGB, ColorSpec.SRGB),
    ]
    for data, params, expected, sample_format, color_spec in steps:
        assert decoder.decode(data, image=image, params=params) is image
        assert image.shape == expected.shape
        assert image.dtype == expected.dtype
        assert image.sample_format is sample_format
        assert color_spec in (None, image.color_spec)
        assert (np.asarray(image) == expected).all()


@pytest.mark.parametrize("method", ["decode", "read"])
def test_regions_and_orientation_into_own_memory(method, decoder, files, pillow_bytes, rgb):
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    turned = pillow_bytes(rgb, "PNG", exif=exif)
    image = getattr(decoder, method)(turned)
    assert image.shape == (64, 48, 3)
    region = glimt.CodeStream(files["png"]).get_sub_code_stream(region=glimt.Region(2, 3, 20, 40))
    assert getattr(decoder, method)(region, image=image) is image
    assert (np.asarray(image) == rgb[2:20, 3:40]).all()


# Arrays


def test_an_array_of_the_same_shape(decoder, png, rgb):
    array = buffer_of((48, 64, 3))
    image = as_image(array)
    assert decoder.decode(png, image=image) is image
    assert (array == rgb).all()
    assert (image.shape, image.strides, image.capacity) == ((48, 64, 3), (192, 3, 1), array.nbytes)


@pytest.mark.parametrize("extra", [(0, 1), (1, 0), (12, 16), (100, 0), (0, 100)])
def test_a_larger_array_takes_it_in_its_top_left_corner(extra, decoder, png, rgb):
    array = buffer_of((48 + extra[0], 64 + extra[1], 3))
    image = as_image(array)
    assert decoder.decode(png, image=image) is image
    assert image.shape == (48, 64, 3)
    assert image.strides == (array.strides[0], 3, 1)
    assert image.size == rgb.nbytes
    assert image.capacity == array.nbytes
    assert (array[:48, :64] == rgb).all()
    assert (array[48:] == FILL).all()
    assert (array[:, 64:] == FILL).all()


def test_padded_rows_keep_their_padding(decoder, png, rgb):
    array = buffer_of((48, 80, 3))
    image = as_image(array[:, :64])
    assert decoder.decode(png, image=image) is image
    assert image.strides == (240, 3, 1)
    assert (array[:, :64] == rgb).all()
    assert (array[:, 64:] == FILL).all()


@pytest.mark.parametrize("shape", [(64, 48, 3), (1, 9216), (9216, 1, 1), (96, 96), (40, 60, 4)])
def test_other_shapes_are_read_as_packed_memory(shape, decoder, png, rgb):
    array = buffer_of(shape)
    image = as_image(array)
    assert decoder.decode(png, image=image) is image
    assert (image.shape, image.strides) == ((48, 64, 3), (192, 3, 1))
    assert (array.reshape(-1)[: rgb.size].reshape(rgb.shape) == rgb).all()
    assert (array.reshape(-1)[rgb.size :] == FILL).all()


@pytest.mark.parametrize(
    ("shape", "dtype", "name"),
    [
        ((48, 64, 1), np.uint16, "wide"),
        ((48, 128, 1), np.uint8, "wide"),
        ((48, 128), np.uint8, "wide"),
        ((48, 64, 3), np.uint8, "gray.png"),
        ((48, 64, 3), np.uint16, "png"),
        ((96, 64, 3), np.uint8, "rgba.png"),
        ((12, 64, 1), np.float64, "gray.png"),
        ((48, 48, 1), np.uint32, "png"),
    ],
)
def test_only_bytes_count(shape, dtype, name, decoder, files, wide, unchanged):
    data = wide[1] if name == "wide" else files[name]
    expected = decoder.decode(data, params=unchanged)
    array = np.zeros(shape, dtype)
    image = as_image(array)
    assert decoder.decode(data, image=image, params=unchanged) is image
    for attribute in ("shape", "dtype", "precision", "sample_format", "color_spec", "size"):
        assert getattr(image, attribute) == getattr(expected, attribute)
    assert (np.asarray(image) == np.asarray(expected)).all()
    assert np.shares_memory(np.asarray(image), array)


REFUSED = {
    "too small": lambda: np.zeros((10, 10, 3), np.uint8),
    "one row short": lambda: np.zeros((47, 64, 3), np.uint8),
    "one byte short": lambda: np.zeros((48, 64, 3), np.uint8).reshape(-1)[:-1].reshape(1, -1),
    "rows too narrow": lambda: np.zeros((48, 80, 3), np.uint8)[:, :60],
    "enough, but not contiguous": lambda: np.zeros((64, 80, 3), np.uint8)[:, :48],
    "mirrored and too small": lambda: np.zeros((40, 64, 3), np.uint8)[:, ::-1],
    "mirrored, of another depth": lambda: np.zeros((48, 64, 3), np.uint16)[:, ::-1],
    "one channel of four": lambda: np.zeros((48, 64, 4), np.uint8)[..., :1],
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("batch", [False, True])
def test_arrays_that_do_not_fit(name, batch, decoder, png):
    array = REFUSED[name]()
    image = as_image(array)
    before = (image.shape, image.dtype, image.strides, image.capacity, image.sample_format)
    with pytest.raises(ValueError, match=r"too small|contiguous"):
        if batch:
            decoder.decode([png, png], images=[None, image])
        else:
            decoder.decode(png, image=image)
    after = (image.shape, image.dtype, image.strides, image.capacity, image.sample_format)
    assert before == after
    assert (np.asarray(image) == 0).all()


def test_read_only_arrays_are_refused(decoder, png):
    array = buffer_of((48, 64, 3))
    array.flags.writeable = False
    for source in (array, bytes(48 * 64 * 3)):
        view = source if source is array else memoryview(source).cast("B", (48, 64, 3))
        with pytest.raises(ValueError, match="read only"):
            decoder.decode(png, image=as_image(view))
    assert (array == FILL).all()


MIRRORED = {
    "upside down": lambda a: a[::-1],
    "mirrored": lambda a: a[:, ::-1],
    "turned": lambda a: a[::-1, ::-1],
    "BGR": lambda a: a[..., ::-1],
    "three of four channels": lambda a: a[..., :3],
    "every second column": lambda a: a[:, ::2],
    "every second row": lambda a: a[::2],
}


@pytest.mark.parametrize("name", MIRRORED)
def test_other_orders_keep_theirs(name, decoder, png, rgb):
    shape = {
        "three of four channels": (48, 64, 4),
        "every second column": (48, 128, 3),
        "every second row": (96, 64, 3),
    }.get(name, (48, 64, 3))
    array = buffer_of(shape)
    view = MIRRORED[name](array)
    image = as_image(view)
    assert decoder.decode(png, image=image) is image
    assert image.strides == view.strides
    assert (view == rgb).all()
    others = np.ones(shape, bool)
    MIRRORED[name](others)[...] = False
    assert (array[others] == FILL).all()


def test_transposed_arrays(decoder, png, rgb):
    array = buffer_of((64, 48, 3))
    decoder.decode(png, image=as_image(array.transpose(1, 0, 2)))
    assert (array == rgb.transpose(1, 0, 2)).all()


def test_the_first_shape_counts_for_all_later_ones(decoder, png, pillow_bytes, rgb):
    array = buffer_of((48, 64, 3))
    image = as_image(array)
    for crop in (rgb[:8, :8], rgb, rgb[:1, :1], rgb[:48, :63], rgb):
        assert decoder.decode(pillow_bytes(crop, "PNG"), image=image) is image
        assert image.shape == crop.shape
        assert image.capacity == array.nbytes
        assert image.strides[0] == 192
        assert (array[: crop.shape[0], : crop.shape[1]] == crop).all()


# Planes


PLANAR = DecodeParams(sample_format=SampleFormat.P_RGB)


def test_planes_into_planes(decoder, png, rgb):
    array = buffer_of((3, 48, 64))
    image = as_image(array, sample_format=SampleFormat.P_RGB)
    assert decoder.decode(png, image=image, params=PLANAR) is image
    assert (image.shape, image.sample_format) == ((3, 48, 64), SampleFormat.P_RGB)
    assert (array == rgb.transpose(2, 0, 1)).all()


@pytest.mark.parametrize("shape", [(3, 60, 80), (3, 48, 100), (3, 100, 64), (5, 48, 64)])
def test_planes_into_the_corners_of_larger_planes(shape, decoder, png, rgb):
    array = buffer_of(shape)
    image = as_image(array, sample_format=SampleFormat.P_RGB)
    assert decoder.decode(png, image=image, params=PLANAR) is image
    assert image.shape == (3, 48, 64)
    assert image.strides == array.strides
    assert (array[:3, :48, :64] == rgb.transpose(2, 0, 1)).all()
    assert (array[:, 48:] == FILL).all()
    assert (array[:, :, 64:] == FILL).all()
    assert (array[3:] == FILL).all()


def test_planes_into_padded_and_mirrored_planes(decoder, png, rgb):
    array = buffer_of((3, 48, 80))
    for view in (array[:, :, :64], array[::-1, :, :64], array[:, ::-1, 79:15:-1]):
        array[:] = FILL
        image = as_image(view, sample_format=SampleFormat.P_RGB)
        assert decoder.decode(png, image=image, params=PLANAR) is image
        assert (view == rgb.transpose(2, 0, 1)).all()
        assert (array == FILL).sum() >= 3 * 48 * 16


@pytest.mark.parametrize("planar_first", [True, False])
def test_another_layout_takes_packed_memory(planar_first, decoder, png, rgb):
    array = buffer_of((3, 48, 64) if planar_first else (48, 64, 3))
    image = as_image(array, sample_format=SampleFormat.P_RGB if planar_first else None)
    params = None if planar_first else PLANAR
    assert decoder.decode(png, image=image, params=params) is image
    expected = rgb if planar_first else rgb.transpose(2, 0, 1)
    assert image.shape == expected.shape
    assert (array.reshape(expected.shape) == expected).all()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 47, 64), np.uint8),
        np.zeros((2, 48, 64), np.uint8),
        np.zeros((3, 60, 80), np.uint8)[:, :, :60],
    ],
)
def test_planes_that_do_not_fit(array, decoder, png):
    image = as_image(array, sample_format=SampleFormat.P_UNCHANGED)
    with pytest.raises(ValueError, match=r"too small|contiguous"):
        decoder.decode(png, image=image, params=PLANAR)


# Failures, batches, arguments


@pytest.mark.parametrize("data", [b"", b"nothing", b"\x89PNG\r\n\x1a\n" + bytes(30), "cut"])
@pytest.mark.parametrize("external", [False, True])
def test_a_failure_leaves_the_image_as_it_was(data, external, decoder, png, rgb):
    image = as_image(rgb.copy()) if external else decoder.decode(png)
    facts = ("shape", "strides", "dtype", "size", "capacity", "sample_format", "color_spec")
    before = [getattr(image, name) for name in facts]
    data = png[: len(png) // 2] if data == "cut" else data
    assert decoder.decode(data, image=image) is None
    assert [getattr(image, name) for name in facts] == before
    assert decoder.decode([data, png], images=[image, None])[0] is None
    assert [getattr(image, name) for name in facts] == before


def test_batches(decoder, files, rgb):
    names = ["png", "bmp", "nothing", "webp", "gray.png"]
    array = buffer_of((48, 64, 3))
    images = [
        decoder.decode(files["gray.png"]),
        as_image(array),
        decoder.decode(files["png"]),
        None,
        decoder.decode(files["rgba.png"]),
    ]
    results = decoder.decode([files.get(name, b"nothing") for name in names], images=images)
    assert [result is image for result, image in zip(results, images)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert results[2] is None
    for i in (0, 1, 3):
        assert (np.asarray(results[i]) == rgb).all()
    assert (array == rgb).all()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_images_and_sources_are_as_many(count, decoder, png):
    with pytest.raises(ValueError, match=f"{count} .*2"):
        decoder.decode([png, png], images=[None] * count)


@pytest.mark.parametrize("image", [5, "image", np.zeros((48, 64, 3), np.uint8), [None], object()])
def test_no_images_to_decode_into(image, decoder, png):
    with pytest.raises(TypeError):
        decoder.decode(png, image=image)
    with pytest.raises(TypeError):
        decoder.decode([png], images=[image])
    for wrong in (5, object(), image):
        if not isinstance(wrong, (list, np.ndarray, str)):
            with pytest.raises(TypeError):
                decoder.decode([png], images=wrong)


def test_overloads_do_not_mix(decoder, png):
    with pytest.raises(TypeError):
        decoder.decode(png, images=[None])
    with pytest.raises(TypeError):
        decoder.decode([png], image=None)
    with pytest.raises(TypeError):
        decoder.decode(png, None)


def test_images_may_be_a_tuple(decoder, png):
    image = decoder.decode(png)
    assert decoder.decode((png, png), images=(None, image))[1] is image
