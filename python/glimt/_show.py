# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""How an Image shows itself in a notebook: a thumbnail of bounded size, whatever the samples are."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from ._glimt import Encoder

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._glimt import Image

    Pixels = npt.NDArray[Any]

LONGEST_SIDE = 512
"""Pixels of a thumbnail, at most."""
SAMPLES_A_CELL = 2
"""Along each side of what becomes one pixel: a thumbnail of a huge image costs as much as of a large one."""
SHORTEST_SIDE_SHOWN = 64
"""Smaller images are magnified by the page."""


def _cells(extent: int, step: int) -> tuple[int, npt.NDArray[np.intp]]:
    """How many cells an axis has, and which samples are taken of it."""
    cells = max(1, extent // step)
    size = min(extent, step)
    taken = min(size, SAMPLES_A_CELL)
    return cells, np.arange(cells * taken) * size // taken


def _reduced(pixels: Pixels) -> Pixels:
    """The mean of some samples of each cell of an (H, W, C) array."""
    height, width, channels = pixels.shape
    step = -(-max(height, width) // LONGEST_SIDE)
    if step <= 1:
        return pixels
    rows, y = _cells(height, step)
    columns, x = _cells(width, step)
    taken = pixels[y][:, x].reshape(rows, len(y) // rows, columns, len(x) // columns, channels)
    mean: Pixels = taken.mean(axis=(1, 3), dtype=np.float64)
    return mean if pixels.dtype.kind == "f" else _rounded(mean, pixels.dtype)


def _rounded(values: Pixels, dtype: Any = np.uint8) -> Pixels:
    levels: Pixels = np.rint(values).astype(dtype)
    return levels


def _eight_bits(pixels: Pixels, precision: int) -> Pixels:
    """Integers by their range; floats between 0 and 1 as they are, others from their least to their greatest."""
    if pixels.dtype == np.uint8 and precision in (0, 8):
        return pixels
    values = pixels.astype(np.float64)
    if pixels.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0)
        least, greatest = float(values.min()), float(values.max())
        if least < 0 or greatest > 1:
            values = (values - least) / max(greatest - least, np.finfo(np.float64).tiny)
    else:
        bits = precision or 8 * pixels.dtype.itemsize
        values = (values + (2.0 ** (bits - 1) if pixels.dtype.kind == "i" else 0.0)) / (
            2.0**bits - 1
        )
    return _rounded(values.clip(0, 1) * 255)


def _rgb_of_ycc(pixels: Pixels) -> Pixels:
    """JPEG's full-range YCbCr (T.871)."""
    y, cb, cr = (pixels[..., i].astype(np.float64) - (128 if i else 0) for i in range(3))
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    return _rounded(rgb.clip(0, 255))


def _rgb_of_cmyk(pixels: Pixels, inverted_inks: bool) -> Pixels:
    paper = pixels.astype(np.float64) if inverted_inks else 255.0 - pixels
    return _rounded(paper[..., :3] * paper[..., 3:4] / 255)


def _components(image: Image) -> str:
    """Of the sample format, or, where that says nothing, of the colour and the number of channels."""
    name: str = image.sample_format.name
    components = name.partition("_")[2]
    if components in ("UNCHANGED", "AUTO_COMPONENTS") or name in ("UNKNOWN", "UNSUPPORTED"):
        components = {1: "Y", 2: "YA", 4: "RGBA"}.get(image.num_channels, "RGB")
        color: str = image.color_spec.name
        if color in ("CMYK", "YCCK") and image.num_channels >= 4:
            components = color
        elif color == "SYCC" and image.num_channels >= 3:
            components = "YUV"
    return {"YCC": "YUV"}.get(components, components)


def _for_png(image: Image, inverted_inks: bool) -> Pixels:
    """(H, W, 1 to 4) uint8 of gray or RGB, with alpha or without."""
    pixels = np.asarray(image.cpu())
    if image.sample_format.name.startswith("P_"):
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = _eight_bits(_reduced(pixels), image.precision)
    components = _components(image)
    if components == "YUV":
        return _rgb_of_ycc(pixels)
    if components == "YCCK":
        inks = 255 - _rgb_of_ycc(pixels)
        return _rgb_of_cmyk(np.concatenate([inks, pixels[..., 3:4]], axis=-1), inverted_inks)
    if components == "CMYK":
        return _rgb_of_cmyk(pixels, inverted_inks)
    order = {"Y": [0], "YA": [0, 1], "BGR": [2, 1, 0], "RGBA": [0, 1, 2, 3]}
    return np.ascontiguousarray(pixels[..., order.get(components, [0, 1, 2])])


def _encoded(pixels: Pixels) -> bytes | None:
    stream = Encoder(max_num_cpu_threads=1).encode(pixels, "png")
    return None if stream is None else bytes(stream)


def png_of(image: Image, inverted_inks: bool) -> bytes | None:
    """A PNG of at most LONGEST_SIDE pixels each way."""
    return _encoded(_for_png(image, inverted_inks))


def html_of(image: Image, inverted_inks: bool) -> str | None:
    """The same in a page, with what the image is in words."""
    pixels = _for_png(image, inverted_inks)
    png = _encoded(pixels)
    if png is None:
        return None
    height, width = pixels.shape[:2]
    factor = max(1, SHORTEST_SIDE_SHOWN // max(height, width))
    words = (
        f"{image.height} &times; {image.width} &times; {image.num_channels} {image.dtype} "
        f"{image.sample_format.name} {image.color_spec.name}"
    )
    return (
        '<figure style="display:inline-block;margin:0">'
        f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}" '
        f'width="{width * factor}" height="{height * factor}" style="image-rendering:pixelated">'
        f'<figcaption style="font-family:monospace;font-size:smaller">{words}</figcaption></figure>'
    )
