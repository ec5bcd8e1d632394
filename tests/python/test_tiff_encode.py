# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""TIFF files that glimt writes, read back by tifffile and by glimt."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from glimt import (
    ColorSpec,
    DecodeParams,
    Decoder,
    EncodeParams,
    Encoder,
    TiffEncodeParams,
    as_image,
)

RAW = DecodeParams(allow_any_depth=True, color_spec=ColorSpec.UNCHANGED)
TYPES = "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64".split()
PREDICTING = ("lzw", "deflate", "zstd", "lzma")


@pytest.fixture(scope="module")
def encoder():
    return Encoder(max_num_cpu_threads=2)


@pytest.fixture(scope="module")
def decoder():
    return Decoder(max_num_cpu_threads=2)


def picture(dtype, channels, height=45, width=53):
    """Ramps with a little noise, over the type's range."""
    y, x = np.mgrid[0:height, 0:width]
    ramps = [(x * (k + 1) * 3 + y * 5 + k * 7) % 200 for k in range(channels)]
    values = np.stack(ramps, -1) + np.random.default_rng(1).integers(
        0, 9, (height, width, channels)
    )
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (values / 100 - 1).astype(dtype)
    most = np.iinfo(dtype).max
    return (values * (most // 220) - (most // 3 if dtype.kind == "i" else 0)).astype(dtype)


def encoded(encoder, array, tile=None, **tiff):
    params = EncodeParams(tiff_encode_params=TiffEncodeParams(**tiff))
    if tile:
        params.tile_width, params.tile_height = tile
    stream = encoder.encode(as_image(array), "tiff", params=params)
    return None if stream is None else bytes(stream)


def by_tifffile(data, channels):
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        array = page.asarray()
        if page.planarconfig == 2 and channels > 1:
            array = np.moveaxis(array, 0, -1)
    return array[..., None] if array.ndim == 2 else array


def by_glimt(decoder, data):
    image = decoder.decode(data, params=RAW)
    assert image is not None, decoder.last_status[0].message
    array = np.asarray(image.cpu())
    return np.moveaxis(array, 0, -1) if "P_" in str(image.sample_format) else array


def check(decoder, data, array):
    expected = array if array.ndim == 3 else array[..., None]
    for found in (by_tifffile(data, expected.shape[2]), by_glimt(decoder, data)):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dtype", TYPES)
def test_matrix(encoder, decoder, dtype, channels, compression):
    array = picture(dtype, channels)
    predictors = [None]
    if compression in PREDICTING:
        predictors += [1, 2, 3] if dtype.startswith("float") else [1, 2]
    for predictor in predictors:
        for planar in (False, True):
            for tile in (None, (16, 32)):
                big = (channels + planar) % 2 == 0 or None
                rows = 0 if tile else 10
                data = encoded(
                    encoder,
                    array,
                    tile,
                    compression=compression,
                    predictor=predictor,
                    bigtiff=big,
                    rows_per_strip=rows,
                    planar=planar,
                )
                assert data is not None, encoder.last_status[0].message
                assert data[2] == (43 if big else 42)
                check(decoder, data, array)
