# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What nvImageCodec's 0.9 says of small files of each kind, parsed and decoded on the CPU.

Entries in angle brackets are where that release gives None or a wrong result; they hold what glimt
gives. Precision is compared where the depth is the source's own.
"""

import io

import glimt
import imagecodecs
import numpy as np
import pytest
from glimt import CodeStream, ColorSpec, DecodeParams
from PIL import Image as PillowImage

H, W = 48, 64
Y, X = np.mgrid[0:H, 0:W]
RGB = np.stack([X * 255 // (W - 1), Y * 255 // (H - 1), (X + Y) * 2], -1).astype(np.uint8)
GRAY = RGB[..., 2].copy()
RGBA = np.dstack([RGB, RGB[::-1, :, 0]])
GRAY_ALPHA = np.dstack([GRAY, GRAY[::-1]])
RGB16 = RGB.astype(np.uint16) * 257
GRAY16 = GRAY.astype(np.uint16) * 257


def pillow(array, file_format, mode=None, **options):
    buffer = io.BytesIO()
    image = PillowImage.fromarray(array)
    (image.convert(mode) if mode else image).save(buffer, file_format, **options)
    return buffer.getvalue()


def palette_png():
    image = PillowImage.fromarray(RGB).quantize(16)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", bits=4)
    return buffer.getvalue()


def turned_jpeg():
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    return pillow(RGB, "JPEG", exif=exif)


def j2k(array, codec, **options):
    return imagecodecs.jpeg2k_encode(array, codecformat=codec, reversible=True, level=0, **options)


MAKERS = {
    "PNG RGB8": lambda: pillow(RGB, "PNG"),
    "PNG RGBA8": lambda: pillow(RGBA, "PNG"),
    "PNG gray8": lambda: pillow(GRAY, "PNG"),
    "PNG gray+alpha8": lambda: pillow(GRAY_ALPHA, "PNG"),
    "PNG gray16": lambda: imagecodecs.png_encode(GRAY16),
    "PNG RGB16": lambda: imagecodecs.png_encode(RGB16),
    "PNG 1-bit": lambda: pillow(GRAY, "PNG", "1"),
    "PNG palette4": palette_png,
    "JPEG 420": lambda: pillow(RGB, "JPEG", subsampling=2),
    "JPEG gray": lambda: pillow(GRAY, "JPEG"),
    "JPEG CMYK": lambda: pillow(RGB, "JPEG", "CMYK"),
    "JPEG orientation 6": turned_jpeg,
    "JP2 RGB8": lambda: j2k(RGB, "jp2", mct=False),
    "J2K gray8": lambda: j2k(GRAY, "j2k"),
    "JP2 RGB16": lambda: j2k(RGB16, "jp2", mct=False),
    "J2K RGB 12-bit": lambda: j2k(RGB16 >> 4, "j2k", mct=False, bitspersample=12),
    "BMP RGB8": lambda: pillow(RGB, "BMP"),
    "BMP palette": lambda: pillow(RGB, "BMP", "P"),
    "PPM": lambda: pillow(RGB, "PPM"),
    "PGM": lambda: pillow(GRAY, "PPM"),
    "WebP": lambda: pillow(RGB, "WEBP", lossless=True),
    "WebP alpha": lambda: pillow(RGBA, "WEBP", lossless=True, exact=True),
}

# codec channels dtype precision color_spec sample_format tiles
PARSED = """
PNG RGB8           | png    3 uint8  8  SRGB    I_RGB  -
PNG RGBA8          | png    4 uint8  8  SRGB    I_RGBA -
PNG gray8          | png    1 uint8  8  GRAY    P_Y    -
PNG gray+alpha8    | png    2 uint8  8  GRAY    I_YA   -
PNG gray16         | png    1 uint16 16 GRAY    P_Y    -
PNG RGB16          | png    3 uint16 16 SRGB    I_RGB  -
PNG 1-bit          | png    1 uint8  1  GRAY    P_Y    -
PNG palette4       | png    3 uint8  4  PALETTE I_RGB  -
JPEG 420           | jpeg   3 uint8  8  SYCC    P_YUV  -
JPEG gray          | jpeg   1 uint8  8  GRAY    P_Y    -
JPEG CMYK          | jpeg   4 uint8  8  CMYK    P_CMYK -
JPEG orientation 6 | jpeg   3 uint8  8  SYCC    P_YUV  -
JP2 RGB8           | jpeg2k 3 uint8  8  SRGB    P_RGB  1x1
J2K gray8          | jpeg2k 1 uint8  8  UNKNOWN P_Y    1x1
JP2 RGB16          | jpeg2k 3 uint16 16 SRGB    P_RGB  1x1
J2K RGB 12-bit     | jpeg2k 3 uint16 12 UNKNOWN P_RGB  1x1
BMP RGB8           | bmp    3 uint8  8  SRGB    P_RGB  -
BMP palette        | bmp    3 uint8  8  SRGB    P_RGB  -
PPM                | pnm    3 uint8  8  SRGB    P_RGB  -
PGM                | pnm    1 uint8  8  GRAY    P_Y    -
WebP               | webp   3 uint8  8  SRGB    I_RGB  -
WebP alpha         | webp   4 uint8  8  SRGB    I_RGBA -
"""

# Of UNCHANGED at any depth: channels dtype precision color_spec sample_format
UNCHANGED = """
PNG RGB8           | 3 uint8  8  SRGB I_RGB
PNG RGBA8          | 4 uint8  8  SRGB I_RGBA
PNG gray8          | 1 uint8  8  GRAY I_Y
PNG gray+alpha8    | <2 uint8 8  GRAY I_YA>
PNG gray16         | 1 uint16 16 GRAY I_Y
PNG RGB16          | 3 uint16 16 SRGB I_RGB
PNG 1-bit          | 1 uint8  1  GRAY I_Y
PNG palette4       | 3 uint8  <8> SRGB I_UNCHANGED
JPEG 420           | 3 uint8  8  SRGB I_UNCHANGED
JPEG gray          | 1 uint8  8  GRAY I_Y
JPEG CMYK          | <4 uint8 8  CMYK I_CMYK>
JPEG orientation 6 | 3 uint8  8  SRGB I_UNCHANGED
JP2 RGB8           | 3 uint8  8  SRGB I_RGB
J2K gray8          | 1 uint8  8  GRAY I_UNCHANGED
JP2 RGB16          | 3 uint16 16 SRGB I_RGB
J2K RGB 12-bit     | 3 uint16 12 SRGB I_UNCHANGED
BMP RGB8           | 3 uint8  8  SRGB I_RGB
BMP palette        | 3 uint8  8  SRGB I_RGB
PPM                | 3 uint8  8  SRGB I_RGB
PGM                | 1 uint8  8  GRAY I_Y
WebP               | 3 uint8  8  SRGB I_RGB
WebP alpha         | 4 uint8  8  SRGB I_RGBA
"""


def rows(table):
    return list(cells_of(table))


def cells_of(table):
    for line in table.strip().splitlines():
        name, _, cells = line.partition("|")
        yield name.strip(), cells.replace("<", "").replace(">", "").split()


@pytest.fixture(scope="module")
def sources():
    return {name: make() for name, make in MAKERS.items()}


def label(image):
    """channels dtype color_spec sample_format"""
    return [
        str(image.shape[2]),
        image.dtype.name,
        image.color_spec.name,
        image.sample_format.name,
    ]


def size_of(name, image):
    expected = (W, H) if name == "JPEG orientation 6" else (H, W)
    assert image.shape[:2] == expected
    assert (image.height, image.width) == expected


@pytest.mark.parametrize(("name", "cells"), rows(PARSED))
def test_parsed(name, cells, sources):
    stream = CodeStream(sources[name])
    codec, channels, dtype, precision, color_spec, sample_format, tiles = cells
    assert (stream.height, stream.width, stream.num_images) == (H, W, 1)
    assert stream.codec_name == codec
    assert stream.num_channels == int(channels)
    assert stream.dtype == np.dtype(dtype)
    assert stream.precision == int(precision)
    assert stream.color_spec.name == color_spec
    assert stream.sample_format is glimt.SampleFormat[sample_format]
    grid = (stream.num_tiles_x, stream.num_tiles_y, stream.tile_height, stream.tile_width)
    assert grid == ((1, 1, H, W) if tiles == "1x1" else (None,) * 4)
    offsets = (stream.tile_offset_x, stream.tile_offset_y)
    assert offsets == ((0, 0) if tiles == "1x1" else (None, None))
    assert stream.size == stream.capacity == len(sources[name])
    assert stream.view is None
    assert stream.subifd_offsets == []
    assert stream.ifd_offset is stream.next_ifd_offset is stream.next_bitstream_offset is None


@pytest.mark.parametrize(("name", "cells"), rows(UNCHANGED))
def test_unchanged_at_any_depth(name, cells, sources, decoder, unchanged):
    image = decoder.decode(sources[name], params=unchanged)
    channels, dtype, precision, *colour = cells
    size_of(name, image)
    assert label(image) == [channels, dtype, *colour]
    assert image.precision == int(precision)


@pytest.mark.parametrize(("name", "cells"), rows(UNCHANGED))
def test_unchanged_in_8_bits(name, cells, sources, decoder):
    image = decoder.decode(sources[name], params=DecodeParams(color_spec=ColorSpec.UNCHANGED))
    channels, _, _, *colour = cells
    size_of(name, image)
    assert label(image) == [channels, "uint8", *colour]


@pytest.mark.parametrize("name", MAKERS)
def test_default(name, sources, decoder):
    image = decoder.decode(sources[name])
    size_of(name, image)
    assert label(image) == ["3", "uint8", "SRGB", "I_RGB"]


@pytest.mark.parametrize("name", MAKERS)
def test_gray(name, sources, decoder):
    image = decoder.decode(sources[name], params=DecodeParams(color_spec=ColorSpec.GRAY))
    size_of(name, image)
    assert label(image) == ["1", "uint8", "GRAY", "I_Y"]


@pytest.mark.parametrize(("name", "cells"), rows(UNCHANGED))
def test_rgb_at_any_depth(name, cells, sources, decoder):
    image = decoder.decode(sources[name], params=DecodeParams(allow_any_depth=True))
    size_of(name, image)
    assert label(image) == ["3", cells[1], "SRGB", "I_RGB"]
    assert image.precision == int(cells[2])


REPEATED = np.repeat(GRAY[..., None], 3, axis=2)
# Pixels of lossless sources: of the default, and of UNCHANGED at any depth.
PIXELS = {
    "PNG RGB8": (RGB, RGB),
    "PNG RGBA8": (RGB, RGBA),
    "PNG gray8": (REPEATED, GRAY[..., None]),
    "PNG gray+alpha8": (REPEATED, GRAY_ALPHA),
    "PNG gray16": (REPEATED, GRAY16[..., None]),
    "PNG RGB16": (RGB, RGB16),
    "JP2 RGB8": (RGB, RGB),
    "J2K gray8": (REPEATED, GRAY[..., None]),
    "JP2 RGB16": (RGB, RGB16),
    "J2K RGB 12-bit": (RGB, RGB16 >> 4),
    "BMP RGB8": (RGB, RGB),
    "PPM": (RGB, RGB),
    "PGM": (REPEATED, GRAY[..., None]),
    "WebP": (RGB, RGB),
    "WebP alpha": (RGB, RGBA),
}


@pytest.mark.parametrize("name", PIXELS)
def test_pixels(name, sources, decoder, unchanged):
    default, raw = PIXELS[name]
    difference = np.asarray(decoder.decode(sources[name])).astype(int) - default
    assert np.abs(difference).max() <= (1 if "12-bit" in name else 0)
    assert (np.asarray(decoder.decode(sources[name], params=unchanged)) == raw).all()


LUMA = (0.299 * RGB[..., 0] + 0.587 * RGB[..., 1] + 0.114 * RGB[..., 2])[..., None]


@pytest.mark.parametrize("name", [name for name, (rgb, _) in PIXELS.items() if rgb is RGB])
def test_luma(name, sources, decoder):
    gray = decoder.decode(sources[name], params=DecodeParams(color_spec=ColorSpec.GRAY))
    # Rounded; the weights have 16 bits, so a sample this near to a half may go the other way.
    assert np.abs(np.asarray(gray) - LUMA).max() <= (1.5 if "12-bit" in name else 0.502)


# Input x codec: channels and dtype of the written file; "-": None in 0.9 and here; "<...>": None
# there, written here.
ENCODED = """
codec  | RGB8    gray8   gray2d  RGBA8    gray+alpha8 RGB16      gray16     float32 int16
jpeg   | 3uint8  1uint8  1uint8  <3uint8> <1uint8>    -          -          -       -
jpeg2k | 3uint8  1uint8  1uint8  4uint8   <2uint8>    3uint16    1uint16    -       <1int16>
png    | 3uint8  1uint8  1uint8  4uint8   <2uint8>    3uint16    1uint16    -       -
bmp    | 3uint8  1uint8  1uint8  4uint8   <4uint8>    -          -          -       -
pnm    | 3uint8  1uint8  1uint8  <4uint8> <2uint8>    3uint16    1uint16    -       -
webp   | 3uint8  3uint8  3uint8  4uint8   <4uint8>    -          -          -       -
"""
INPUTS = {
    "RGB8": RGB,
    "gray8": GRAY[..., None],
    "gray2d": GRAY,
    "RGBA8": RGBA,
    "gray+alpha8": GRAY_ALPHA,
    "RGB16": RGB16,
    "gray16": GRAY16,
    "float32": RGB.astype(np.float32),
    "int16": GRAY.astype(np.int16),
}
ENCODES = [
    (codec, kind, cell.strip("<>"))
    for codec, *cells in [
        [name, *line.split("|")[1].split()]
        for name, line in [(li.split()[0], li) for li in ENCODED.strip().splitlines()[1:]]
    ]
    for kind, cell in zip(INPUTS, cells)
]


def channels_of(kind):
    return INPUTS[kind].size // (H * W)


@pytest.mark.parametrize(("codec", "kind", "cell"), ENCODES)
def test_encoded(codec, kind, cell, encoder, decoder, unchanged, warnings):
    stream = encoder.encode(INPUTS[kind], codec)
    if cell == "-":
        assert stream is None
        assert len(warnings()) == 1
        return
    again = CodeStream(bytes(stream))
    assert f"{again.num_channels}{again.dtype.name}" == cell
    assert again.codec_name == stream.codec_name == codec
    assert repr(stream).split("precision=")[1].split()[0] == str(again.precision)
    if codec in ("jpeg2k", "png", "bmp", "pnm") and again.num_channels == channels_of(kind):
        raw = np.asarray(decoder.decode(stream, params=unchanged))
        assert (raw == INPUTS[kind].reshape(raw.shape)).all()


# codec x quality type and value: "+" written, "=" lossless, "-" None.
QUALITIES = """
codec  | DEFAULT=0 LOSSLESS=0 LOSSLESS=5 QUALITY=50 QUALITY=95.5 QUANTIZATION_STEP=2 PSNR=35 SIZE_RATIO=0.1
jpeg   | + - - + + - - -
png    | = = = - - - - -
bmp    | = = = - - - - -
pnm    | = = = - - - - -
webp   | + = = + + - - <+>
"""
QUALITY_HEAD, *QUALITY_LINES = QUALITIES.strip().splitlines()
QUALITY_CASES = [
    (line.split()[0], *wish.split("="), cell.strip("<>"))
    for line in QUALITY_LINES
    for wish, cell in zip(QUALITY_HEAD.split("|")[1].split(), line.split("|")[1].split())
]


@pytest.mark.parametrize(("codec", "quality_type", "value", "cell"), QUALITY_CASES)
def test_quality_types(codec, quality_type, value, cell, encoder, decoder):
    params = glimt.EncodeParams(glimt.QualityType[quality_type], float(value))
    stream = encoder.encode(RGB, codec, params=params)
    assert (stream is None) == (cell == "-")
    if cell == "=":
        assert (np.asarray(decoder.decode(stream)) == RGB).all()


@pytest.mark.parametrize("codec", ["jpeg", "webp"])
@pytest.mark.parametrize("value", [0, -1, 101, 1000, float("nan"), float("inf")])
def test_qualities_out_of_range(codec, value, encoder):
    params = glimt.EncodeParams(glimt.QUALITY, value)
    assert encoder.encode(RGB, codec, params=params) is None


@pytest.mark.parametrize("codec", ["jpeg", "webp"])
def test_better_quality_is_closer(codec, encoder, decoder):
    errors, sizes = [], []
    for value in (1, 10, 50, 75, 100):
        stream = encoder.encode(RGB, codec, params=glimt.EncodeParams(glimt.QUALITY, value))
        errors.append(np.abs(np.asarray(decoder.decode(stream)).astype(int) - RGB).mean())
        sizes.append(stream.size)
    assert errors == sorted(errors, reverse=True)
    assert sizes == sorted(sizes)
