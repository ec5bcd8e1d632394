# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of TIFF files, compared with tifffile's own reading (imagecodecs underneath)."""

from __future__ import annotations

import io
import itertools

import imagecodecs
import numpy as np
import pytest
import tifffile
from glimt import CodeStream, ColorSpec, DecodeParams, Decoder, Region, SampleFormat
from PIL import Image as PillowImage
from tiff_files import Builder, gray_tags, written

RAW = DecodeParams(allow_any_depth=True, color_spec=ColorSpec.UNCHANGED)

INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
FLOATS = ["float16", "float32", "float64"]
COMPRESSIONS = [None, "packbits", "lzw", "adobe_deflate", "zstd", "lzma"]
PREDICTED = {"lzw", "adobe_deflate", "zstd", "lzma"}
# name: shape, options
LAYOUTS = {
    "gray strips": ((37, 45), {"photometric": "minisblack", "rowsperstrip": 13}),
    "gray one strip": ((37, 45), {"photometric": "minisblack"}),
    "gray tiles": ((37, 45), {"photometric": "minisblack", "tile": (16, 32)}),
    "rgb strips": ((37, 45, 3), {"photometric": "rgb", "rowsperstrip": 13}),
    "rgb tiles": ((37, 45, 3), {"photometric": "rgb", "tile": (32, 16)}),
    "rgba tiles": ((37, 45, 4), {"photometric": "rgb", "tile": (32, 16)}),
    "rgb planes strips": (
        (3, 37, 45),
        {"photometric": "rgb", "planarconfig": "separate", "rowsperstrip": 13},
    ),
    "rgb planes tiles": (
        (3, 37, 45),
        {"photometric": "rgb", "planarconfig": "separate", "tile": (16, 32)},
    ),
    "7 channels": (
        (37, 45, 7),
        {"photometric": "minisblack", "planarconfig": "contig", "tile": (16, 16)},
    ),
    "7 planes": (
        (7, 37, 45),
        {"photometric": "minisblack", "planarconfig": "separate", "tile": (16, 16)},
    ),
}


def samples(shape, dtype, seed=3):
    """Smooth enough to compress, with the whole range of the type."""
    random = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.floating):
        return (np.cumsum(random.normal(size=shape), axis=-1)).astype(dtype)
    info = np.iinfo(dtype)
    steps = np.cumsum(random.integers(-3, 4, shape), axis=-1) * (info.max // 64)
    values = steps.astype(np.uint64 if info.bits == 64 else np.int64)
    return values.astype(dtype)


def pixels_of(source, decoder, params=RAW, **view):
    stream = source if isinstance(source, CodeStream) else CodeStream(source)
    if view:
        stream = stream.get_sub_code_stream(**view)
    image = decoder.decode(stream, params=params)
    assert image is not None, decoder.last_status[0].message
    return np.asarray(image.cpu())


def channels_last(array, page):
    if array.ndim == 2:
        return array[..., None]
    return np.moveaxis(array, 0, -1) if page.planarconfig == 2 else array


def expected_pixels(data):
    """tifffile's array, channels last."""
    page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
    return channels_last(page.asarray(), page)


@pytest.fixture(scope="module")
def decoder():
    return Decoder(max_num_cpu_threads=2)


@pytest.mark.parametrize("order,big", [("<", False), (">", True)])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_matrix(decoder, layout, compression, order, big):
    shape, options = LAYOUTS[layout]
    predictors = [False, True] if compression in PREDICTED else [False]
    for dtype, predictor in itertools.product(INTEGERS + FLOATS, predictors):
        array = samples(shape, dtype)
        data = written(
            array,
            byteorder=order,
            bigtiff=big,
            compression=compression,
            predictor=predictor and (3 if dtype in FLOATS else 2),
            metadata=None,
            **options,
        )
        name = f"{dtype}, predictor {predictor}"
        expected = expected_pixels(data)
        stream = CodeStream(data)
        assert stream.dtype == dtype, name
        actual = pixels_of(data, decoder)
        np.testing.assert_array_equal(actual, expected, err_msg=name)
        window = Region(5, 9, 36, 40)
        part = pixels_of(data, decoder, region=window)
        np.testing.assert_array_equal(part, expected[5:36, 9:40], err_msg=name)


def check_whole_and_part(decoder, data, expected, params=RAW, tolerance=0):
    actual = pixels_of(data, decoder, params)
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    difference = np.abs(actual.astype(np.float64) - expected)
    assert difference.max() <= tolerance
    part = pixels_of(data, decoder, params, region=Region(20, 30, 140, 150))
    np.testing.assert_array_equal(part, actual[20:140, 30:150])
    # Outside of the image the fill shows, on whichever side.
    height, width = actual.shape[:2]
    around = Region(-3, -4, height + 5, width + 6, 9)
    framed = pixels_of(data, decoder, params, region=around)
    np.testing.assert_array_equal(framed[3 : 3 + height, 4 : 4 + width], actual)
    assert (framed[:3] == 9).all() and (framed[:, :4] == 9).all()
    assert (framed[3 + height :] == 9).all() and (framed[:, 4 + width :] == 9).all()


Y, X = np.mgrid[0:150, 0:203]
PHOTO = np.stack([X * 255 // 202, Y * 255 // 149, (X + Y) % 256], -1).astype(np.uint8)
GRIDS = {"strip": {}, "strips": {"rowsperstrip": 48}, "tiles": {"tile": (64, 64)}}


@pytest.fixture(scope="module")
def fancy():
    """Chroma as other libraries filter it."""
    return Decoder(max_num_cpu_threads=2, options=":fancy_upsampling=1")


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2), (4, 1)])
def test_jpeg(fancy, grid, subsampling):
    data = written(
        PHOTO,
        photometric="rgb",
        compression="jpeg",
        compressionargs={"level": 90},
        subsampling=subsampling,
        **GRIDS[grid],
    )
    check_whole_and_part(fancy, data, expected_pixels(data), tolerance=1)


@pytest.mark.parametrize("grid", GRIDS)
def test_jpeg_of_one_channel_and_of_planes(fancy, grid):
    gray = written(PHOTO[..., 2], photometric="minisblack", compression="jpeg", **GRIDS[grid])
    check_whole_and_part(fancy, gray, expected_pixels(gray))
    planes = np.ascontiguousarray(np.moveaxis(PHOTO, -1, 0))
    data = written(
        planes, photometric="rgb", planarconfig="separate", compression="jpeg", **GRIDS[grid]
    )
    check_whole_and_part(fancy, data, expected_pixels(data))


@pytest.mark.parametrize("grid", GRIDS)
def test_jpeg_of_12_bits(decoder, grid):
    array = PHOTO[..., 0].astype(np.uint16) * 16
    data = written(
        array, photometric="minisblack", compression="jpeg", bitspersample=12, **GRIDS[grid]
    )
    check_whole_and_part(decoder, data, expected_pixels(data))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg2000(decoder, grid, dtype, channels):
    array = PHOTO.astype(dtype) * np.iinfo(dtype).max // 255
    array = array if channels == 3 else array[..., 1]
    photometric = "rgb" if channels == 3 else "minisblack"
    data = written(array, photometric=photometric, compression="jpeg2000", **GRIDS[grid])
    check_whole_and_part(decoder, data, expected_pixels(data))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("channels", [3, 4])
def test_webp(decoder, grid, channels):
    alpha = np.dstack([PHOTO, (X % 256).astype(np.uint8)])
    array = PHOTO if channels == 3 else alpha
    data = written(
        array,
        photometric="rgb",
        compression="webp",
        compressionargs={"level": -1},
        **GRIDS[grid],
    )
    check_whole_and_part(decoder, data, expected_pixels(data))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
def test_lerc(decoder, grid, dtype):
    array = PHOTO[..., 0].astype(dtype)
    data = written(array, photometric="minisblack", compression="lerc", **GRIDS[grid])
    check_whole_and_part(decoder, data, expected_pixels(data))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpeg_xl(decoder, grid, dtype, channels):
    array = np.dstack([PHOTO, (X % 256).astype(np.uint8)])[..., :channels].astype(dtype)
    array = array / np.float32(255) if dtype == "float32" else array * (np.iinfo(dtype).max // 255)
    data = written(
        array if channels > 1 else array[..., 0],
        photometric="rgb" if channels > 1 else "minisblack",
        compression="jpegxl",
        compressionargs={"lossless": True},
        **GRIDS[grid],
    )
    check_whole_and_part(decoder, data, array.astype(dtype))


def test_damaged_jpeg_xl(decoder):
    data = written(PHOTO, photometric="rgb", compression="jpegxl")
    page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
    at, size = page.dataoffsets[0], page.databytecounts[0]
    for cut in (0, 1, 2, size // 4, size // 2, size - 1):
        broken = data[: at + cut] + bytes(size - cut) + data[at + size :]
        assert decoder.decode(broken, params=RAW) is None or cut == size - 1


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 17, 31])
def test_odd_bits(decoder, grid, bits):
    dtype = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    array = np.random.default_rng(bits).integers(0, 2**bits, PHOTO.shape[:2]).astype(dtype)
    options = {"photometric": "minisblack", **GRIDS[grid]}
    if bits == 1:
        data = written(array.astype(bool), **options)
    else:
        data = written(array, bitspersample=bits, **options)
    stream = CodeStream(data)
    assert (stream.precision, stream.dtype) == (bits, dtype)
    check_whole_and_part(decoder, data, array[..., None])


@pytest.mark.parametrize("order", "<>")
def test_24_bits(decoder, order):
    """Whole bytes follow the file's order; tifffile takes them for packed bits."""
    values = np.random.default_rng(24).integers(0, 2**24, (8, 8)).astype(np.uint32)
    raw = values.astype(order + "u4").tobytes()
    bytes_ = np.frombuffer(raw, np.uint8).reshape(64, 4)
    bytes_ = bytes_[:, :3] if order == "<" else bytes_[:, 1:]
    floats = np.array([1.5, -2.25, 0.0, 65536.0])
    for big in (False, True):
        file = Builder(order, big)
        strip = file.add(bytes_.tobytes())
        sizes = {258: ("H", 24), 279: ("I", 192)}
        file.start_at(file.ifd(gray_tags(strip) | sizes))
        np.testing.assert_array_equal(pixels_of(bytes(file.data), decoder)[..., 0], values)
    # 1 sign bit, 7 of exponent (bias 63), 16 of fraction.
    coded = [0x3F8000, 0xC02000, 0x000000, 0x4F0000]
    file = Builder(order)
    strip = file.add(b"".join(v.to_bytes(3, "little" if order == "<" else "big") for v in coded))
    sizes = {258: ("H", 24), 339: ("H", 3), 279: ("I", 12)}
    file.start_at(file.ifd(gray_tags(strip, 4, 1) | sizes))
    np.testing.assert_array_equal(pixels_of(bytes(file.data), decoder)[0, :, 0], floats)


def test_eight_bits_of_any_depth(decoder):
    """Decision 6: round(v * 255 / (2^b - 1)), signed types offset by half."""
    for dtype in INTEGERS:
        info = np.iinfo(dtype)
        width = info.max - info.min
        values = [info.min + i * width // 4095 for i in range(4096)]
        array = np.array(values, dtype).reshape(64, 64)
        pixels = pixels_of(written(array), decoder, DecodeParams(color_spec=ColorSpec.GRAY))
        share = (np.array([(v - info.min) / width for v in values])).reshape(64, 64)
        assert np.abs(pixels[..., 0] - share * 255).max() <= 0.5 + 1e-6, dtype
    twelve = (np.arange(4096, dtype=np.uint16)).reshape(64, 64)
    pixels = pixels_of(written(twelve, bitspersample=12), decoder, DecodeParams())
    np.testing.assert_array_equal(pixels[..., 1], np.round(twelve.astype(np.float64) * 255 / 4095))
    floats = np.linspace(-0.5, 1.5, 4096, dtype=np.float32).reshape(64, 64)
    pixels = pixels_of(written(floats), decoder, DecodeParams())
    np.testing.assert_array_equal(
        pixels[..., 0], np.floor(np.clip(floats, 0, 1).astype(np.float64) * 255 + 0.5)
    )


INDICES = np.random.default_rng(5).integers(0, 256, PHOTO.shape[:2]).astype(np.uint8)
COLORS = np.random.default_rng(6).integers(0, 65536, (3, 256)).astype(np.uint16)


def test_palettes(decoder):
    data = written(INDICES, photometric="palette", colormap=COLORS)
    check_whole_and_part(decoder, data, COLORS.T[INDICES])
    # 8 bits as libtiff and Pillow have them: the high bytes.
    high = (COLORS >> 8).astype(np.uint8)
    check_whole_and_part(decoder, data, high.T[INDICES], DecodeParams())


def test_min_is_white(decoder):
    data = written(INDICES, photometric="miniswhite")
    check_whole_and_part(decoder, data, 255 - INDICES[..., None])
    bits = INDICES > 100
    data = written(bits, photometric="miniswhite")
    expected = np.repeat(np.where(bits, 0, 255)[..., None], 3, -1).astype(np.uint8)
    check_whole_and_part(decoder, data, expected, DecodeParams())


def test_cmyk(decoder):
    inks = np.dstack([PHOTO, INDICES])
    data = written(inks, photometric="separated", tile=(32, 32))
    check_whole_and_part(decoder, data, inks)
    rest = 255 - inks.astype(np.int64)
    rgb = np.floor(rest[..., :3] * rest[..., 3:] / 255 + 0.5).astype(np.uint8)
    check_whole_and_part(decoder, data, rgb, DecodeParams())


def test_colours_of_many_channels(decoder):
    """The first three are taken for RGB; of separate planes no others are read."""
    seven = np.random.default_rng(8).integers(0, 256, (7, 150, 203)).astype(np.uint8)
    for planar, array in (("separate", seven), ("contig", np.moveaxis(seven, 0, -1).copy())):
        data = written(array, photometric="minisblack", planarconfig=planar, tile=(64, 64))
        rgb = np.moveaxis(seven[:3], 0, -1)
        check_whole_and_part(decoder, data, rgb, DecodeParams())
        stream = CodeStream(data)
        assert decoder.decode(stream) is not None
        units = decoder.last_status[0].units_decoded
        assert units == 12 * (3 if planar == "separate" else 1)


def test_planar_output(decoder):
    data = written(PHOTO, photometric="rgb", compression="lzw", tile=(64, 64))
    params = DecodeParams(sample_format=SampleFormat.P_BGR)
    pixels = pixels_of(data, decoder, params)
    np.testing.assert_array_equal(pixels, np.moveaxis(PHOTO[..., ::-1], -1, 0))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("grid", GRIDS)
def test_orientation(decoder, orientation, grid):
    tag = (274, 3, 1, orientation, True)
    data = written(PHOTO, photometric="rgb", compression="lzw", extratags=[tag], **GRIDS[grid])
    turned = {
        1: PHOTO,
        2: PHOTO[:, ::-1],
        3: PHOTO[::-1, ::-1],
        4: PHOTO[::-1],
        5: PHOTO.swapaxes(0, 1),
        6: PHOTO[::-1].swapaxes(0, 1),
        7: PHOTO[::-1, ::-1].swapaxes(0, 1),
        8: PHOTO[:, ::-1].swapaxes(0, 1),
    }[orientation]
    stream = CodeStream(data)
    assert stream.orientation == orientation
    assert stream.width == 203
    np.testing.assert_array_equal(pixels_of(data, decoder), turned)
    stored = DecodeParams(apply_exif_orientation=False, allow_any_depth=True)
    np.testing.assert_array_equal(pixels_of(data, decoder, stored), PHOTO)


def test_windows_touch_only_their_chunks(decoder):
    data = written(PHOTO, photometric="rgb", compression="zstd", tile=(16, 32))
    stream = CodeStream(data)
    for region, chunks in (
        (Region(0, 0, 16, 32), 1),
        (Region(15, 31, 17, 33), 4),
        (Region(-50, -50, 1, 1), 1),
        (Region(0, 0, 150, 1), 10),
    ):
        decoder.decode(stream.get_sub_code_stream(region=region))
        assert decoder.last_status[0].units_decoded == chunks
    image = decoder.decode(stream.get_sub_code_stream(region=Region(500, 0, 510, 5, 7)))
    assert decoder.last_status[0].units_decoded == 0
    assert (np.asarray(image.cpu()) == 7).all()


def test_pages_and_subifds(decoder):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        for i in range(6):
            level = np.roll(PHOTO, i, axis=0)
            file.write(level, photometric="rgb", compression="lzw", tile=(64, 64), subifds=2)
            for step in (2, 4):
                file.write(
                    np.ascontiguousarray(level[::step, ::step]),
                    photometric="rgb",
                    compression="zstd",
                    subfiletype=1,
                )
    stream = CodeStream(buffer.getvalue())
    assert stream.num_images == 6
    for i in (5, 0, 3):
        page = stream.get_sub_code_stream(i)
        level = np.roll(PHOTO, i, axis=0)
        np.testing.assert_array_equal(pixels_of(page, decoder), level)
        for step, offset in zip((2, 4), page.subifd_offsets):
            child = stream.get_sub_code_stream(bitstream_offset=offset)
            np.testing.assert_array_equal(pixels_of(child, decoder), level[::step, ::step])


def test_sparse_chunks_are_zeros(decoder):
    page = tifffile.TiffFile(io.BytesIO(data := written(PHOTO, photometric="rgb", tile=(64, 64))))
    holes = bytearray(data)
    expected = PHOTO.copy()
    for chunk, tag in ((1, "TileOffsets"), (5, "TileByteCounts")):
        field = page.pages[0].tags[tag]
        size = {3: 2, 4: 4}[int(field.dtype)]
        at = field.valueoffset + chunk * size
        holes[at : at + size] = bytes(size)
        down, across = divmod(chunk, 4)
        expected[down * 64 : down * 64 + 64, across * 64 : across * 64 + 64] = 0
    check_whole_and_part(decoder, bytes(holes), expected)


def test_only_strip_without_its_length(decoder):
    """A length of 0 is a hole where there are more strips; the only one reaches to the end."""
    data = written(PHOTO, photometric="rgb", compression="zlib", rowsperstrip=150)
    field = tifffile.TiffFile(io.BytesIO(data)).pages[0].tags["StripByteCounts"]
    size = {3: 2, 4: 4}[int(field.dtype)]
    missing = bytearray(data)
    missing[field.valueoffset : field.valueoffset + size] = bytes(size)
    check_whole_and_part(decoder, bytes(missing), PHOTO)


def test_file_that_ends_with_its_last_entry(decoder):
    """The link to the next IFD is missing: there is none."""
    file = Builder()
    expected = np.arange(64, dtype=np.uint8).reshape(8, 8)
    file.start_at(file.ifd(gray_tags(file.add(expected.tobytes()))))
    data = bytes(file.data[: file.next_at])
    assert CodeStream(data).num_images == 1
    np.testing.assert_array_equal(pixels_of(data, decoder)[..., 0], expected)
    assert decoder.decode(CodeStream(data[:-1])) is None


def without_tag(data: bytes, code: int) -> bytes:
    """The entry becomes one of a private tag; such files have the same pixels but for what it said."""
    field = tifffile.TiffFile(io.BytesIO(data)).pages[0].tags[code]
    changed = bytearray(data)
    changed[field.offset : field.offset + 2] = (65000).to_bytes(2, "little")
    return bytes(changed)


def test_no_photometric_interpretation(decoder):
    """Facsimile data are black on white, as in libtiff; other gray is not turned over."""
    buffer = io.BytesIO()
    bits = np.random.default_rng(5).integers(0, 9, (40, 70)) > 6
    PillowImage.fromarray(bits).save(buffer, "TIFF", compression="group4")  # 0 is black
    np.testing.assert_array_equal(
        pixels_of(without_tag(buffer.getvalue(), 262), decoder)[..., 0], ~bits
    )
    gray = written(PHOTO[..., 0], photometric="minisblack", compression="lzw")
    np.testing.assert_array_equal(pixels_of(without_tag(gray, 262), decoder)[..., 0], PHOTO[..., 0])


def jpeg_page(coded: bytes, photometric: int, channels: int) -> bytes:
    """A page whose only strip is this JPEG stream."""
    file = Builder()
    tags = gray_tags(file.add(coded), PHOTO.shape[1], PHOTO.shape[0])
    tags |= {258: ("H", *[8] * channels), 259: ("H", 7), 262: ("H", photometric)}
    tags |= {277: ("H", channels), 279: ("I", len(coded))}
    file.start_at(file.ifd(tags))
    return bytes(file.data)


def test_lossless_jpeg_is_what_the_page_says(fancy):
    """RGB with a JFIF marker, which makes a lossy frame YCbCr."""
    coded = imagecodecs.jpeg_encode(PHOTO, lossless=True, colorspace="RGB", outcolorspace="RGB")
    jfif = b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    data = jpeg_page(coded[:2] + jfif + coded[2:], 2, 3)
    np.testing.assert_array_equal(pixels_of(data, fancy), PHOTO)


def test_inks_of_jpeg_with_adobes_marker(fancy):
    """0 is no ink in TIFF files, while Adobe's JPEG files store inks inverted."""
    inks = np.dstack([PHOTO, INDICES])
    buffer = io.BytesIO()
    PillowImage.fromarray(inks, "CMYK").save(buffer, "JPEG", quality=95)
    coded = buffer.getvalue()
    assert b"Adobe" in coded
    stored = imagecodecs.jpeg8_decode(coded, outcolorspace="CMYK")
    data = jpeg_page(coded, 5, 4)
    check_whole_and_part(fancy, data, stored)
    rest = 255 - stored.astype(np.int64)
    rgb = np.floor(rest[..., :3] * rest[..., 3:] / 255 + 0.5).astype(np.uint8)
    check_whole_and_part(fancy, data, rgb, DecodeParams())
