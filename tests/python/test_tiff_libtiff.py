# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""TIFF files that libtiff writes (through Pillow), and odd ones put together by hand."""

from __future__ import annotations

import io
import random
import threading

import numpy as np
import pytest
import tifffile
from glimt import CodeStream, ColorSpec, DecodeParams, Decoder, Region
from PIL import Image as PillowImage
from tiff_files import Builder, gray_tags, written

RAW = DecodeParams(allow_any_depth=True, color_spec=ColorSpec.UNCHANGED)
Y, X = np.mgrid[0:150, 0:203]
PHOTO = np.stack([X * 255 // 202, Y * 255 // 149, (X + Y) % 256], -1).astype(np.uint8)


@pytest.fixture(scope="module")
def decoder():
    return Decoder(max_num_cpu_threads=2, options=":fancy_upsampling=1")


def saved(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", **options)
    return buffer.getvalue()


def pixels_of(decoder, source, params=RAW):
    image = decoder.decode(source, params=params)
    assert image is not None, decoder.last_status[0].message
    return np.asarray(image.cpu())


BILEVEL = ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw", "tiff_adobe_deflate", None]


@pytest.mark.parametrize("compression", BILEVEL)
@pytest.mark.parametrize("width", [1, 8, 203, 1000])
def test_bilevel(decoder, compression, width):
    random_rows = np.random.default_rng(width).integers(0, 9, (57, width)) // 8 > 0
    image = PillowImage.fromarray(random_rows)
    data = saved(image, compression=compression)
    expected = np.asarray(PillowImage.open(io.BytesIO(data)))
    np.testing.assert_array_equal(pixels_of(decoder, data)[..., 0], expected)
    part = CodeStream(data).get_sub_code_stream(region=Region(10, 0, 40, max(1, width // 2)))
    np.testing.assert_array_equal(
        pixels_of(decoder, part)[..., 0], expected[10:40, : max(1, width // 2)]
    )


MODES = ["L", "LA", "RGB", "RGBA", "CMYK", "P", "I;16", "F", "I", "1"]
BY_PILLOW = [None, "packbits", "tiff_lzw", "tiff_adobe_deflate", "zstd", "lzma"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("compression", BY_PILLOW)
def test_modes(decoder, mode, compression):
    image = PillowImage.fromarray(PHOTO)
    if mode == "I;16":
        image = PillowImage.fromarray(PHOTO[..., 0].astype(np.uint16) * 257)
    elif mode in ("I", "F"):
        image = image.convert("L").convert(mode)
    else:
        image = image.convert(mode)
    data = saved(image, compression=compression)
    opened = PillowImage.open(io.BytesIO(data))
    expected = np.asarray(opened.convert("RGB") if mode == "P" else opened)
    params = DecodeParams(color_spec=ColorSpec.UNCHANGED) if mode == "P" else RAW
    expected = expected if expected.ndim == 3 else expected[..., None]
    np.testing.assert_array_equal(pixels_of(decoder, data, params), expected)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr"])
def test_jpeg_of_libtiff(decoder, mode):
    image = PillowImage.fromarray(PHOTO).convert(mode)
    data = saved(image, compression="jpeg", quality=90)
    params = RAW if mode != "YCbCr" else DecodeParams(color_spec=ColorSpec.SYCC)
    opened = PillowImage.open(io.BytesIO(data))
    expected = np.asarray(opened)
    if mode == "YCbCr" and opened.mode == "RGB":
        params = RAW
    expected = expected if expected.ndim == 3 else expected[..., None]
    actual = pixels_of(decoder, data, params)
    assert np.abs(actual.astype(int) - expected).max() <= 1


def ycbcr_file(across, down, width=37, height=29):
    """Data units of a subsampled image, and the RGB that they mean (chroma repeated)."""
    draw = np.random.default_rng(across * 10 + down)
    units_x, units_y = -(-width // across), -(-height // down)
    luma = draw.integers(0, 256, (units_y * down, units_x * across)).astype(np.uint8)
    chroma = draw.integers(0, 256, (2, units_y, units_x)).astype(np.uint8)
    units = b"".join(
        luma[v * down : v * down + down, u * across : u * across + across].tobytes()
        + chroma[:, v, u].tobytes()
        for v in range(units_y)
        for u in range(units_x)
    )
    file = Builder()
    strip = file.add(units)
    tags = gray_tags(strip, width, height)
    tags |= {258: ("H", 8, 8, 8), 262: ("H", 6), 277: ("H", 3), 279: ("I", len(units))}
    file.start_at(file.ifd(tags | {530: ("H", across, down)}))
    full = np.repeat(np.repeat(chroma, down, 1), across, 2)
    y, cb, cr = (
        plane[:height, :width].astype(np.float64)
        for plane in (luma, full[0] - 128.0, full[1] - 128.0)
    )
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1)
    return bytes(file.data), np.clip(rgb, 0, 255)


@pytest.mark.parametrize("across", [1, 2, 4])
@pytest.mark.parametrize("down", [1, 2, 4])
def test_ycbcr_data_units(decoder, across, down):
    data, rgb = ycbcr_file(across, down)
    pixels = pixels_of(decoder, data, DecodeParams())
    assert np.abs(pixels - rgb).max() <= 1.01
    part = CodeStream(data).get_sub_code_stream(region=Region(5, 3, 20, 30))
    np.testing.assert_array_equal(pixels_of(decoder, part, DecodeParams()), pixels[5:20, 3:30])


def test_old_style_jpeg(decoder):
    """Compression 6, both ways: a whole stream, and tables in tags."""
    buffer = io.BytesIO()
    photo = PillowImage.fromarray(PHOTO)
    photo.save(buffer, "JPEG", quality=90, subsampling=0)
    stream = buffer.getvalue()
    expected = pixels_of(decoder, stream, DecodeParams())
    size = {256: ("I", 203), 257: ("I", 150), 278: ("I", 150)}
    common = size | {258: ("H", 8, 8, 8), 259: ("H", 6), 262: ("H", 6), 277: ("H", 3)}

    file = Builder()
    at = file.add(stream)
    whole = common | {513: ("I", at), 514: ("I", len(stream)), 512: ("H", 1)}
    file.start_at(file.ifd(whole))
    np.testing.assert_array_equal(pixels_of(decoder, bytes(file.data), DecodeParams()), expected)

    segments, position = {0xDB: {}, 0xC4: {}}, 2
    while True:
        marker = stream[position + 1]
        length = int.from_bytes(stream[position + 2 : position + 4], "big")
        body = stream[position + 4 : position + 2 + length]
        position += 2 + length
        if marker == 0xDA:
            break
        while marker in segments and body:
            used = 65 if marker == 0xDB else 17 + sum(body[1:17])
            segments[marker][body[0]] = body[1:used]
            body = body[used:]
    file = Builder()
    quantization = {key: file.add(table) for key, table in segments[0xDB].items()}
    huffman = {key: file.add(table) for key, table in segments[0xC4].items()}
    scan = file.add(stream[position:-2])
    tags = common | {
        273: ("I", scan),
        279: ("I", len(stream) - 2 - position),
        512: ("H", 1),
        519: ("I", quantization[0], quantization[1], quantization[1]),
        520: ("I", huffman[0], huffman[1], huffman[1]),
        521: ("I", huffman[0x10], huffman[0x11], huffman[0x11]),
        530: ("H", 1, 1),
    }
    file.start_at(file.ifd(tags))
    np.testing.assert_array_equal(pixels_of(decoder, bytes(file.data), DecodeParams()), expected)


def test_bits_in_the_other_order(decoder):
    """FillOrder 2: the first pixel is the lowest bit."""
    bits = np.random.default_rng(2).integers(0, 2, (8, 8)).astype(np.uint8)
    file = Builder()
    strip = file.add(np.packbits(bits, bitorder="little").tobytes())
    file.start_at(file.ifd(gray_tags(strip) | {258: ("H", 1), 266: ("H", 2), 279: ("I", 8)}))
    np.testing.assert_array_equal(pixels_of(decoder, bytes(file.data))[..., 0], bits)


def test_fields_that_are_left_out(decoder):
    """One bit, one sample, one strip, no byte count: TIFF 6.0's defaults."""
    bits = np.random.default_rng(4).integers(0, 2, (8, 8)).astype(np.uint8)
    file = Builder()
    strip = file.add(np.packbits(bits).tobytes())
    file.start_at(file.ifd({256: ("I", 8), 257: ("I", 8), 262: ("H", 1), 273: ("I", strip)}))
    stream = CodeStream(bytes(file.data))
    assert (stream.precision, stream.num_channels, stream.tile_height) == (1, 1, 8)
    np.testing.assert_array_equal(pixels_of(decoder, stream)[..., 0], bits)


def test_many_windows_of_one_stream(tmp_path):
    """As one batch and from 16 threads at once."""
    path = tmp_path / "photo.tif"
    big = np.tile(PHOTO, (4, 4, 1))
    tifffile.imwrite(path, big, photometric="rgb", compression="zlib", tile=(64, 64))
    stream = CodeStream(path)
    decoder = Decoder(max_num_cpu_threads=4)
    draw = random.Random(1)
    places = [(draw.randrange(500), draw.randrange(700)) for _ in range(64)]
    views = [stream.get_sub_code_stream(region=Region(y, x, y + 90, x + 80)) for y, x in places]
    for (y, x), image in zip(places, decoder.decode(views)):
        np.testing.assert_array_equal(np.asarray(image.cpu()), big[y : y + 90, x : x + 80])

    wrong = []

    def work(seed):
        mine = random.Random(seed)
        for _ in range(40):
            y, x = mine.randrange(500), mine.randrange(700)
            view = stream.get_sub_code_stream(region=Region(y, x, y + 90, x + 80))
            if not np.array_equal(decoder.decode(view).cpu(), big[y : y + 90, x : x + 80]):
                wrong.append((y, x))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_threads_give_the_pixels_of_one(tmp_path):
    big = np.tile(PHOTO, (3, 3, 1))
    for options in ({"compression": "jpeg"}, {"compression": "zlib"}, {"compression": "webp"}):
        data = written(big, photometric="rgb", tile=(64, 64), **options)
        one = pixels_of(Decoder(max_num_cpu_threads=1), data)
        many = pixels_of(Decoder(max_num_cpu_threads=8), data)
        np.testing.assert_array_equal(one, many)
