# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Batches of distinct JPEG files, made of a few photographs: shifted crops, encoded again."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

Image.MAX_IMAGE_PIXELS = None
SIZES = {"500x375": (500, 375), "1080p": (1920, 1080), "12 MP": (4000, 3000)}
SUBSAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


class Photographs:
    """The largest photographs of a folder, decoded once."""

    def __init__(self, folder: Path, most: int = 8, threads: int = 8) -> None:
        files = [f for f in sorted(folder.rglob("*")) if f.suffix.lower() in {".jpg", ".jpeg"}]
        if not files:
            raise SystemExit(f"{folder} has no JPEG files; name a folder of photographs")
        files.sort(key=lambda f: -f.stat().st_size)
        with ThreadPoolExecutor(threads) as pool:
            self.pixels = list(pool.map(self._read, files[:most]))
        self.names = [str(f.relative_to(folder)) for f in files[:most]]

    @staticmethod
    def _read(file: Path) -> np.ndarray:
        with Image.open(file) as image:
            return np.asarray(image.convert("RGB"))

    def crop(self, number: int, width: int, height: int) -> np.ndarray:
        """Crop `number` of that size: each another part of a photograph, mirrored at its edges."""
        random = np.random.default_rng(number * 7919 + width)
        source = self.pixels[number % len(self.pixels)]
        for axis, wanted in ((0, height), (1, width)):
            size = source.shape[axis]
            source = mirrored(source, axis, int(random.integers(size)), wanted)
        return np.ascontiguousarray(source)


def mirrored(pixels: np.ndarray, axis: int, first: int, count: int) -> np.ndarray:
    """`count` rows or columns from `first` on, turning round at both ends of the picture."""
    size = pixels.shape[axis]
    both = [pixels, np.flip(pixels, axis)]
    pieces = []
    while count > 0:
        lap, start = divmod(first, size)
        taken = min(count, size - start)
        part = [slice(None)] * pixels.ndim
        part[axis] = slice(start, start + taken)
        pieces.append(both[lap % 2][tuple(part)])
        first += taken
        count -= taken
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis)


def jpeg_of(
    pixels: np.ndarray,
    quality: int = 90,
    sampling: str = "4:2:0",
    progressive: bool = False,
    restart_rows: int = 0,
) -> bytes:
    out = io.BytesIO()
    more = {"restart_marker_rows": restart_rows} if restart_rows else {}
    Image.fromarray(pixels).save(
        out,
        "JPEG",
        quality=quality,
        subsampling=SUBSAMPLINGS[sampling],
        progressive=progressive,
        **more,
    )
    return out.getvalue()


def make_batch(
    photographs: Photographs, count: int, size: tuple[int, int], threads: int, **how: object
) -> list[bytes]:
    """`count` files, no two alike."""
    with ThreadPoolExecutor(threads) as pool:
        files = pool.map(lambda i: jpeg_of(photographs.crop(i, *size), **how), range(count))
        return list(files)


def pixels_of(file: bytes) -> np.ndarray:
    """What Pillow, that is libjpeg-turbo with fancy upsampling, decodes."""
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGB"))


def megapixels(files: list[bytes]) -> float:
    total = 0
    for file in files:
        with Image.open(io.BytesIO(file)) as image:
            total += image.width * image.height
    return total / 1e6
