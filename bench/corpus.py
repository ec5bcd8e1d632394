# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The measured files in memory, and columns made of them."""

import functools
import io
import pathlib

import driver
import numpy as np
from PIL import Image

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


@functools.lru_cache(maxsize=2)
def files(folder: str, count: int | None = None) -> list[bytes]:
    paths = sorted((CORPUS / folder).iterdir())[:count]
    if not paths:
        raise FileNotFoundError(f"bench/corpus/{folder} is empty: run bench/make_corpus")
    return [path.read_bytes() for path in paths]


def pixel_count(folder: str, count: int | None = None) -> int:
    total = 0
    for data in files(folder, count):
        width, height = Image.open(io.BytesIO(data)).size
        total += width * height
    return total


def decode_column(folder: str, count: int | None = None, label: str = "") -> driver.Column:
    return driver.Column(label or folder, pixel_count(folder, count) / 1e6)


@functools.lru_cache(maxsize=2)
def arrays(folder: str, count: int) -> list[np.ndarray]:
    """RGB (or RGBA, gray) pixels of the first `count` files."""
    return [np.ascontiguousarray(Image.open(io.BytesIO(data))) for data in files(folder, count)]


def encode_column(folder: str, count: int, label: str) -> driver.Column:
    pixels = pixel_count(folder, count)
    return driver.Column(label, pixels / 1e6, pixel_count=pixels)
