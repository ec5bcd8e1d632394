# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Files that the tests on a GPU share, made here."""

from __future__ import annotations

import io
from typing import Any

import glimt
import numpy as np
from PIL import Image as Pillow


def gpu_count() -> int:
    count = 0
    pixel = np.zeros((1, 1, 3), np.uint8)
    while True:
        try:
            glimt.as_image(pixel).cuda(device_id=count)
        except RuntimeError:
            return count
        count += 1


GPUS = gpu_count()


def photo(width: int, height: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Smooth shapes with some noise: what a photograph is to a codec."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / (7 + 3 * c + seed % 5) + c) + np.cos(y / (11 + 2 * c)) for c in range(3)]
    pixels = 127 + 55 * np.stack(waves, axis=-1) + random.normal(0, 6, (height, width, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def jpeg(width: int = 96, height: int = 64, seed: int = 0, **options: Any) -> bytes:
    return encoded(photo(width, height, seed), "JPEG", **{"quality": 90, **options})


def encoded(
    pixels: np.ndarray[Any, Any], form: str, mode: str | None = None, **options: Any
) -> bytes:
    out = io.BytesIO()
    image = Pillow.fromarray(pixels)
    (image.convert(mode) if mode else image).save(out, form, **options)
    return out.getvalue()


def many_files() -> dict[str, bytes]:
    """One file of each kind that a decoder meets."""
    rgb = photo(83, 61, 3)
    gray = rgb[..., 0]
    deep = (gray.astype(np.uint16) << 8) + 77
    rgba = np.dstack([rgb, gray])
    exif = Pillow.Exif()
    exif[0x0112] = 6
    files = {
        "420": jpeg(83, 61, subsampling="4:2:0"),
        "422": jpeg(83, 61, subsampling="4:2:2"),
        "444": jpeg(83, 61, subsampling="4:4:4"),
        "gray": encoded(gray, "JPEG"),
        "progressive": jpeg(83, 61, progressive=True),
        "restart": jpeg(83, 61, restart_marker_rows=1),
        "cmyk": encoded(rgb, "JPEG", "CMYK"),
        "turned": jpeg(83, 61, exif=exif),
        "png": encoded(rgb, "PNG"),
        "png-alpha": encoded(rgba, "PNG"),
        "png-16": encoded(deep, "PNG"),
        "palette": encoded(rgb, "PNG", "P"),
        "bmp": encoded(rgb, "BMP"),
        "pnm": encoded(rgb, "PPM"),
        "webp": encoded(rgb, "WEBP", lossless=True),
    }
    host = glimt.Encoder(backends=[glimt.Backend(glimt.CPU_ONLY)])
    for name, pixels in {"jp2": rgb, "jp2-16": deep[..., None]}.items():
        files[name] = bytes(host.encode(glimt.as_image(pixels), "jpeg2k"))
    return files


CPU = [glimt.Backend(glimt.CPU_ONLY)]
FILES = many_files()
