# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Images that the tests share, made here and encoded by Pillow."""

from __future__ import annotations

import io
from collections.abc import Callable

import glimt
import numpy as np
import pytest
from PIL import Image as PillowImage

HEIGHT, WIDTH = 48, 64


def make_rgb(height: int = HEIGHT, width: int = WIDTH, seed: int = 7) -> np.ndarray:
    """Smooth gradients with some texture, so that crops and channels cannot be confused."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).integers(0, 16, (height, width))
    planes = [x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x + y) * 2 + noise]
    return np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8)


def encode_with_pillow(array: np.ndarray, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(array).save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def rgb() -> np.ndarray:
    array = make_rgb()
    array.flags.writeable = False
    return array


@pytest.fixture(scope="session")
def gray(rgb: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(rgb[..., 2])
    array.flags.writeable = False
    return array


@pytest.fixture(scope="session")
def files(rgb: np.ndarray, gray: np.ndarray) -> dict[str, bytes]:
    """Lossless files of `rgb`, and a few others, by name."""
    rgba = np.dstack([rgb, rgb[::-1, :, 0]])
    return {
        "png": encode_with_pillow(rgb, "PNG"),
        "bmp": encode_with_pillow(rgb, "BMP"),
        "pnm": encode_with_pillow(rgb, "PPM"),
        "webp": encode_with_pillow(rgb, "WEBP", lossless=True),
        "jpeg2k": encode_with_pillow(rgb, "JPEG2000", irreversible=False),
        "jpeg": encode_with_pillow(rgb, "JPEG", quality=95, subsampling=0),
        "gray.png": encode_with_pillow(gray, "PNG"),
        "gray.jpeg": encode_with_pillow(gray, "JPEG", quality=95),
        "rgba.png": encode_with_pillow(rgba, "PNG"),
    }


@pytest.fixture(scope="session")
def png(files: dict[str, bytes]) -> bytes:
    return files["png"]


@pytest.fixture
def decoder() -> glimt.Decoder:
    return glimt.Decoder()


@pytest.fixture
def encoder() -> glimt.Encoder:
    return glimt.Encoder()


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The texts of the warnings that the logger glimt has had since the last call."""
    caplog.set_level("DEBUG", logger="glimt")

    def take() -> list[str]:
        of_glimt = [r for r in caplog.records if r.name == "glimt" and r.levelname == "WARNING"]
        texts = [r.getMessage() for r in of_glimt]
        caplog.clear()
        return texts

    return take


@pytest.fixture(scope="session")
def unchanged() -> glimt.DecodeParams:
    """Samples as they are stored."""
    return glimt.DecodeParams(color_spec=glimt.ColorSpec.UNCHANGED, allow_any_depth=True)


@pytest.fixture(scope="session")
def pillow_bytes() -> Callable[..., bytes]:
    return encode_with_pillow
