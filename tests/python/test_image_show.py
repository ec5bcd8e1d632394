# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""An Image shows itself in a notebook."""

import base64
import io
import re

import numpy as np
import pytest
from glimt import ColorSpec, DecodeParams, SampleFormat, as_image
from PIL import Image as PillowImage


def shown(image):
    return np.asarray(PillowImage.open(io.BytesIO(image._repr_png_())))


def ramp(shape, dtype="u1"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def test_a_decoded_image(decoder, png, rgb):
    assert (shown(decoder.decode(png)) == rgb).all()


@pytest.mark.parametrize(
    ("channels", "sample_format", "mode"),
    [
        (1, None, "L"),
        (2, None, "LA"),
        (3, None, "RGB"),
        (4, None, "RGBA"),
        (5, None, "RGB"),
        (7, SampleFormat.I_Y, "L"),
        (4, SampleFormat.I_RGB, "RGB"),
        (3, SampleFormat.I_UNCHANGED, "RGB"),
    ],
)
def test_channels(channels, sample_format, mode):
    array = ramp((6, 7, channels))
    image = as_image(array, sample_format=sample_format)
    opened = PillowImage.open(io.BytesIO(image._repr_png_()))
    assert opened.mode == mode
    assert opened.size == (7, 6)
    kept = len(opened.getbands())
    assert (np.asarray(opened).reshape(6, 7, kept) == array[..., :kept]).all()


def test_planes_and_orders():
    planes = ramp((3, 6, 7))
    expected = planes.transpose(1, 2, 0)
    assert (shown(as_image(planes, sample_format=SampleFormat.P_RGB)) == expected).all()
    reversed_planes = as_image(planes, sample_format=SampleFormat.P_BGR)
    assert (shown(reversed_planes) == expected[..., ::-1]).all()
    strided = ramp((12, 14, 3))[::-2, ::2]
    assert (shown(as_image(strided)) == strided).all()
    assert (shown(as_image(strided, sample_format=SampleFormat.I_BGR)) == strided[..., ::-1]).all()


RANGES = {
    "u2": (0, 65535),
    "u4": (0, 2**32 - 1),
    "i1": (-128, 127),
    "i2": (-32768, 32767),
    "i4": (-(2**31), 2**31 - 1),
    "f2": (0, 1),
    "f4": (0, 1),
    "f8": (0, 1),
}


@pytest.mark.parametrize("dtype", RANGES)
def test_dtypes(dtype):
    least, greatest = RANGES[dtype]
    array = np.array([[least, greatest, (least + greatest) / 2]]).astype(dtype)
    pixels = shown(as_image(array))
    assert pixels[0, 0] == 0
    assert pixels[0, 1] == 255
    assert abs(int(pixels[0, 2]) - 127.5) <= 1


def test_precision_is_the_range():
    array = np.array([[0, 4095, 2048]], np.uint16)
    assert shown(as_image(array, precision=12)).tolist() == [[0, 255, 128]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 500.0, 1000.0], [0, 128, 255]),
        ([np.nan, 0.5, 1.0], [0, 128, 255]),
        ([np.inf, -np.inf, 0.5], [255, 0, 128]),
        ([7.0, 7.0, 7.0], [0, 0, 0]),
    ],
)
def test_floats(values, expected):
    assert shown(as_image(np.array([values], np.float32))).tolist() == [expected]


def test_colors(decoder, files, rgb):
    for color_spec, tolerance in ((ColorSpec.SYCC, 3), (ColorSpec.SRGB, 0), (ColorSpec.GRAY, 0)):
        image = decoder.decode(files["png"], params=DecodeParams(color_spec=color_spec))
        gray = np.asarray(
            decoder.decode(files["png"], params=DecodeParams(color_spec=ColorSpec.GRAY))
        )
        expected = gray[..., 0] if color_spec is ColorSpec.GRAY else rgb
        assert abs(shown(image).astype(int) - expected).max() <= tolerance


@pytest.mark.parametrize("adobe", [False, True])
def test_inks(adobe, decoder, unchanged, pillow_bytes):
    inks = np.zeros((16, 48, 4), np.uint8)
    inks[:, 16:32, 0] = 255  # cyan
    inks[:, 32:, 3] = 255  # black
    if adobe:
        jpeg = PillowImage.fromarray(inks, "CMYK")
        buffer = io.BytesIO()
        jpeg.save(buffer, "JPEG", quality=100, subsampling=0)
        image = decoder.decode(buffer.getvalue(), params=unchanged)
        assert image.num_channels == 4
    else:
        image = as_image(inks, sample_format=SampleFormat.I_CMYK, color_spec=ColorSpec.CMYK)
    pixels = shown(image).astype(int)
    for x, color in ((8, (255, 255, 255)), (24, (0, 255, 255)), (40, (0, 0, 0))):
        assert abs(pixels[8, x] - color).max() <= 4


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((512, 512, 3), (512, 512)),
        ((513, 300, 3), (256, 150)),
        ((1024, 700, 1), (512, 350)),
        ((3000, 4000, 3), (375, 500)),
        ((1, 5000, 3), (1, 500)),
        ((5000, 1, 3), (500, 1)),
        ((7, 10000, 1), (1, 500)),
    ],
)
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_thumbnails_are_bounded(shape, expected, dtype):
    value = 77 if dtype == "u1" else 77 * 257
    pixels = shown(as_image(np.full(shape, value, dtype)))
    assert pixels.shape[:2] == expected
    assert (pixels == 77).all()


def test_a_thumbnail_looks_like_its_image():
    y, x = np.mgrid[0:2000, 0:3000]
    array = np.stack([x * 255 // 2999, y * 255 // 1999, (x + y) * 255 // 4998], -1).astype(np.uint8)
    pixels = shown(as_image(array)).astype(int)
    step = -(-3000 // 512)
    expected = array[step // 2 :: step, step // 2 :: step][: pixels.shape[0], : pixels.shape[1]]
    assert abs(pixels - expected).max() <= 2


def test_html():
    array = ramp((6, 7, 3))
    html = as_image(array)._repr_html_()
    assert "6 &times; 7 &times; 3 uint8 I_RGB SRGB" in html
    width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', html).groups())
    assert (width, height) == (63, 54)
    data = base64.b64decode(re.search(r"data:image/png;base64,([^\"]+)", html)[1])
    assert (np.asarray(PillowImage.open(io.BytesIO(data))) == array).all()
    large = as_image(np.zeros((3000, 4000, 3), np.uint8))._repr_html_()
    assert 'width="500" height="375"' in large
    assert "3000 &times; 4000" in large
