# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Damaged TIFF files: a status that says why, or the pixels; never a crash, never for long."""

from __future__ import annotations

import io
import random
import time

import numpy as np
import pytest
import tifffile
from glimt import CodeStream, ColorSpec, DecodeParams, Decoder, Region
from tiff_files import Builder, gray_tags, written

Y, X = np.mgrid[0:64, 0:80]
PHOTO = np.stack([X * 255 // 79, Y * 255 // 63, (X + Y) % 256], -1).astype(np.uint8)
PARAMS = DecodeParams(allow_any_depth=True, color_spec=ColorSpec.UNCHANGED)
FILES = {
    "plain": {"photometric": "rgb"},
    "lzw": {"photometric": "rgb", "compression": "lzw", "predictor": True, "rowsperstrip": 16},
    "deflate": {"photometric": "rgb", "compression": "zlib", "tile": (32, 32), "bigtiff": True},
    "zstd": {"photometric": "rgb", "compression": "zstd", "tile": (32, 32)},
    "packbits": {"photometric": "rgb", "compression": "packbits", "byteorder": ">"},
    "jpeg": {"photometric": "rgb", "compression": "jpeg", "tile": (32, 32)},
    "jpeg2000": {"photometric": "rgb", "compression": "jpeg2000", "tile": (32, 32)},
    "webp": {"photometric": "rgb", "compression": "webp", "tile": (32, 32)},
    "lerc": {"photometric": "rgb", "compression": "lerc", "tile": (32, 32)},
}


@pytest.fixture(scope="module")
def decoder():
    return Decoder(max_num_cpu_threads=2, options=":max_pixels=100000000")


def outcome_of(decoder, data, params=PARAMS):
    """Pixels, or the status of why there are none."""
    image = decoder.decode(CodeStream(data), params=params)
    status = decoder.last_status[0]
    assert (image is not None) == status.ok
    assert status.ok or status.message
    return np.asarray(image.cpu()) if image is not None else status


@pytest.mark.parametrize("kind", FILES)
def test_prefixes(decoder, kind):
    data = written(PHOTO, metadata=None, **FILES[kind])
    whole = outcome_of(decoder, data)
    assert whole.shape == PHOTO.shape
    step = max(1, len(data) // 300)
    for size in range(0, len(data), step):
        part = outcome_of(decoder, data[:size])
        if isinstance(part, np.ndarray):
            np.testing.assert_array_equal(part, whole, err_msg=f"prefix of {size}")


@pytest.mark.parametrize("kind", FILES)
def test_flipped_bits(decoder, kind):
    data = written(PHOTO, metadata=None, **FILES[kind])
    draw = random.Random(kind)
    start = time.perf_counter()
    for round_ in range(300):
        broken = bytearray(data)
        reach = 400 if round_ % 2 else len(data)
        for _ in range(1 + round_ % 3):
            broken[draw.randrange(min(reach, len(data)))] ^= 1 << draw.randrange(8)
        stream = CodeStream(bytes(broken))
        for errors in ("strict", "partial"):
            params = DecodeParams(allow_any_depth=True, errors=errors)
            view = stream
            try:
                if stream.width * stream.height * stream.num_channels > 10**6:
                    view = stream.get_sub_code_stream(region=Region(0, 0, 64, 64))
            except RuntimeError:
                pass
            image = decoder.decode(view, params=params)
            assert (image is not None) == decoder.last_status[0].ok
    assert time.perf_counter() - start < 60


def test_partial_pixels(decoder):
    data = written(PHOTO, photometric="rgb", compression="zlib", rowsperstrip=16, metadata=None)
    page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
    broken = bytearray(data)
    at = page.dataoffsets[2]
    broken[at : at + page.databytecounts[2]] = b"\xff" * page.databytecounts[2]
    status = outcome_of(decoder, bytes(broken))
    assert status.status == "corrupt"
    assert "strip 2: " in status.message
    partial = DecodeParams(allow_any_depth=True, color_spec=ColorSpec.UNCHANGED, errors="partial")
    pixels = outcome_of(decoder, bytes(broken), partial)
    assert "strip 2: " in decoder.last_status[0].note
    np.testing.assert_array_equal(pixels[:32], PHOTO[:32])
    np.testing.assert_array_equal(pixels[48:], PHOTO[48:])
    assert (pixels[40:48] == 0).all()
    # A window that does not meet the damage does not know of it.
    window = CodeStream(bytes(broken)).get_sub_code_stream(region=Region(0, 0, 32, 80))
    assert decoder.decode(window) is not None


@pytest.mark.parametrize(
    "tags,words",
    [
        ({256: ("I", 0)}, "0 x 8 pixels"),
        ({257: ("I", 0)}, "8 x 0 pixels"),
        ({258: ("H", 65)}, "65 bits"),
        ({277: ("H", 0)}, "0 samples"),
        ({339: ("H", 6)}, "SampleFormat 6"),
        ({322: ("I", 0), 323: ("I", 16)}, "tiles of 0 x 16"),
        ({256: ("s", b"x")}, "tag 256"),
    ],
)
def test_headers_of_no_image(tags, words):
    file = Builder()
    strip = file.add(bytes(64))
    file.start_at(file.ifd(gray_tags(strip) | tags))
    with pytest.raises(RuntimeError, match=words):
        _ = CodeStream(bytes(file.data)).width


@pytest.mark.parametrize(
    "tags,words",
    [
        ({259: ("H", 12345)}, "Compression 12345"),
        ({273: ("I", 10**6)}, "strip 0: it begins at byte 1000000"),
        ({279: ("I", 10)}, "it holds 10 of 64 bytes"),
        ({278: ("I", 4)}, "strip 1: the page gives the place of only 1"),
        ({262: ("H", 3)}, "ColorMap"),
        ({317: ("H", 9), 259: ("H", 8)}, "redictor"),
    ],
)
def test_pages_that_cannot_be_decoded(decoder, tags, words):
    file = Builder()
    strip = file.add(bytes(64))
    file.start_at(file.ifd(gray_tags(strip) | tags))
    assert words in outcome_of(decoder, bytes(file.data)).message


def test_tiles_larger_than_the_limits(decoder):
    file = Builder("<", big=True)
    strip = file.add(bytes(64))
    tile = {322: ("I", 2**31), 323: ("I", 2**31), 259: ("H", 8)}
    file.start_at(file.ifd(gray_tags(strip) | tile))
    start = time.perf_counter()
    status = outcome_of(decoder, bytes(file.data))
    assert status.status in ("limit", "truncated", "corrupt", "out_of_memory")
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("photometric", [0, 1, 3, 6, 8])
def test_sparse_tiles_of_any_size(decoder, photometric):
    """Zeros need no memory, whatever their tiles claim to hold."""
    file = Builder("<", big=True)
    samples = 3 if photometric >= 6 else 1
    tags = gray_tags(0) | {322: ("I", 2**28), 323: ("I", 16), 324: ("Q", 0), 325: ("Q", 0)}
    tags |= {258: ("H", *[8] * samples), 277: ("H", samples), 262: ("H", photometric)}
    tags |= {259: ("H", 8), 530: ("H", 1, 1), 320: ("H", *range(7, 7 + 768))}
    del tags[273], tags[279]
    file.start_at(file.ifd(tags))
    start = time.perf_counter()
    pixels = outcome_of(decoder, bytes(file.data), DecodeParams())
    assert time.perf_counter() - start < 1
    small = Builder("<", big=True)
    strip = small.add(bytes(64 * samples))
    plain = {key: value for key, value in tags.items() if key not in (322, 323, 324, 325)}
    plain |= {273: ("I", strip), 279: ("I", 64 * samples), 259: ("H", 1), 278: ("I", 8)}
    small.start_at(small.ifd(plain))
    np.testing.assert_array_equal(pixels, outcome_of(decoder, bytes(small.data), DecodeParams()))
