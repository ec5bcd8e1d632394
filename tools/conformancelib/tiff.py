# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""TIFF files: the pages and SubIFDs to compare, and what tifffile and Pillow (libtiff) make of each."""

import dataclasses
import functools
import io

import numpy as np
import tifffile
from PIL import Image

from .references import Reference, rgb_of_cmyk, to_eight_bits, to_rgb, upright

MOST_PAGES = 16  # of the chain, and SubIFDs of each of them

# Values of PhotometricInterpretation, Compression and SampleFormat (TIFF 6.0, TechNote 2).
PHOTOMETRIC = 262
MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, MASK, CMYK, YCBCR = 0, 1, 2, 3, 4, 5, 6
FACSIMILE_COMPRESSIONS = (2, 3, 4, 32771)
JPEG_COMPRESSIONS = (6, 7, 33007)
LOSSY_COMPRESSIONS = (*JPEG_COMPRESSIONS, 33003, 33004, 33005, 34712, 34892, 50001, 50002)
UNSIGNED = UNCOMPRESSED = 1
INVERSE_ORIENTATION = {6: 8, 8: 6}


@dataclasses.dataclass
class Part:
    """An image of the file: page `index` of the chain, or the SubIFD at `offset`."""

    index: int = 0
    offset: int | None = None
    page: tifffile.TiffPage | None = None  # None: tifffile cannot say

    @property
    def name(self) -> str:
        return f"page {self.index}" if self.offset is None else f"SubIFD at {self.offset}"

    @property
    def orientation(self) -> int:
        tag = self.page.tags.get(274) if self.page else None
        value = tag.value if tag else 1
        if isinstance(value, bytes):  # type BYTE, which libtiff takes as well
            value = value[0] if value else 1
        return value if value in range(1, 9) else 1

    def view(self) -> dict:
        """Arguments of CodeStream.get_sub_code_stream."""
        if self.offset is None:
            return {"image_idx": self.index}
        return {"image_idx": 0, "bitstream_offset": self.offset}


def parts(data: bytes) -> list[Part]:
    """Pages as tifffile lists them; page 0 alone where it cannot."""
    found: list[Part] = []
    try:
        file = tifffile.TiffFile(io.BytesIO(data))
        for index, page in enumerate(file.pages):
            if index == MOST_PAGES:
                break
            page = page.aspage()
            found.append(Part(index, page=page))
            for sub in (page.pages or ())[:MOST_PAGES]:
                sub = sub.aspage()
                found.append(Part(index, sub.offset, sub))
    except Exception:  # what was listed before the damage counts
        pass
    return found or [Part()]


def samples_of(page: tifffile.TiffPage) -> np.ndarray:
    """Height, width, channels, as stored."""
    samples = page.asarray()
    if samples.size == 0:
        raise ValueError("no pixels")
    if page.imagedepth != 1:
        raise NotImplementedError("volumes")
    samples = samples.reshape(page.shaped)[:, 0]
    samples = np.moveaxis(samples, 0, -1)[:, :, 0] if page.shaped[0] > 1 else samples[0]
    return samples.astype(np.uint8) if samples.dtype == bool else samples


def palette_of(page: tifffile.TiffPage, samples: np.ndarray) -> Reference:
    colours = np.moveaxis(np.asarray(page.colormap, np.uint16), 0, -1)
    if samples.shape[2] > 1:
        raise NotImplementedError("palette with further channels")
    wide = colours[samples[:, :, 0]]
    narrow = wide if colours.max(initial=0) < 256 else wide >> 8
    return Reference([wide, narrow], narrow.astype(np.uint8))


def tiff_tifffile(part: Part) -> Reference:
    page = part.page
    if page is None:
        raise ValueError("tifffile cannot open the file")
    samples = samples_of(page)
    jpeg = page.compression in JPEG_COMPRESSIONS
    tolerance = 1 if page.compression in LOSSY_COMPRESSIONS else 0
    if page.photometric == YCBCR and not jpeg:
        raise NotImplementedError("leaves YCbCr as it is")
    if page.photometric == PALETTE and page.colormap is not None:
        return palette_of(page, samples)
    if PHOTOMETRIC not in page.tags and page.compression not in FACSIMILE_COMPRESSIONS:
        return Reference(
            [samples], None, tolerance
        )  # tifffile and Pillow guess otherwise than libtiff
    if page.photometric == MIN_IS_WHITE and samples.dtype.kind in "ui":
        samples = inverted(samples, page.bitspersample)
    if page.sampleformat != UNSIGNED or page.bitspersample > 32 or samples.dtype.kind != "u":
        return Reference([samples], None, tolerance)
    if page.photometric > YCBCR:
        return Reference([samples], None, tolerance)
    eight_bits = to_eight_bits(samples, page.bitspersample)
    if page.photometric == CMYK:
        return Reference([samples], rgb_of_cmyk(eight_bits[:, :, :4], inverted=False), 1)
    return Reference([samples], to_rgb(eight_bits), tolerance)


def inverted(samples: np.ndarray, bit_depth: int) -> np.ndarray:
    if samples.dtype.kind == "i":
        return ~samples
    return samples.dtype.type((1 << bit_depth) - 1) - samples


def tiff_pillow(data: bytes, part: Part) -> Reference:
    """Speaks for 8 bits: wider samples are narrowed its own way, premultiplied alpha is divided out.

    Uncompressed YCbCr it reads by itself, by fixed coefficients and without chroma subsampling.
    """
    if part.offset is not None:
        raise NotImplementedError("pages of the chain only")
    if part.page and part.page.photometric == YCBCR and part.page.compression == UNCOMPRESSED:
        raise NotImplementedError("not by libtiff")
    with Image.open(io.BytesIO(data)) as image:
        image.seek(part.index)
        image.load()
        orientation = part.orientation
        wide = image.mode.startswith(("I", "F", "LAB", "CMYK"))
        bits = image.tag_v2.get(258, (1,))
        premultiplied = 1 in np.atleast_1d(image.tag_v2.get(338, ()))
        signed = any(value != UNSIGNED for value in image.tag_v2.get(339, ()))
        guessed = PHOTOMETRIC not in image.tag_v2
        if wide or premultiplied or signed or guessed or max(bits) > 8:
            return Reference([], None)
        if image.mode in ("LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
        rgb = np.asarray(image.convert("RGB"))
    # Pillow has turned it upright: back to the stored orientation.
    return Reference([], upright(rgb, INVERSE_ORIENTATION.get(orientation, orientation)), 1)


def readers_for(data: bytes, part: Part) -> dict:
    return {
        "tifffile": functools.partial(tiff_tifffile, part),
        "Pillow": functools.partial(tiff_pillow, data, part),
    }
