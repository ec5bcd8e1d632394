# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What reference decoders make of a file.

Each reader returns a Reference: `raw` lists the sample arrays that count as the file's own pixels
(requested with ColorSpec.UNCHANGED, any depth, stored orientation), `rgb` the 8-bit RGB in stored
orientation (the default request, before EXIF orientation).
"""

import dataclasses
import functools
import io
import warnings
from collections.abc import Callable

import cv2
import imagecodecs
import numpy as np
import simplejpeg
from PIL import Image

from . import headers, plain_readers

Image.MAX_IMAGE_PIXELS = None


@dataclasses.dataclass
class Reference:
    raw: list[np.ndarray]
    rgb: np.ndarray | None
    tolerance: int = 0  # levels that this reference may differ from the standard's exact answer


def three_d(samples: np.ndarray) -> np.ndarray:
    return samples[:, :, None] if samples.ndim == 2 else samples


def to_eight_bits(samples: np.ndarray, bit_depth: int, signed: bool = False) -> np.ndarray:
    """round(v * 255 / (2^b - 1)), signed samples offset by half first."""
    values = samples.astype(np.int64) + ((1 << (bit_depth - 1)) if signed else 0)
    return plain_readers.scaled(values, (1 << bit_depth) - 1, 255).clip(0, 255).astype(np.uint8)


def to_rgb(samples: np.ndarray) -> np.ndarray:
    """Gray is repeated, alpha and further channels are dropped."""
    return np.repeat(samples[:, :, :1], 3, axis=2) if samples.shape[2] < 3 else samples[:, :, :3]


def pillow_rgb(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        if image.mode in ("LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
        return np.asarray(image.convert("RGB"))


# --- JPEG --------------------------------------------------------------------------------------


def rgb_of_cmyk(cmyk: np.ndarray, inverted: bool) -> np.ndarray:
    inks = cmyk.astype(np.int64) if inverted else 255 - cmyk.astype(np.int64)
    return ((2 * inks[:, :, :3] * inks[:, :, 3:] + 255) // 510).astype(np.uint8)


def jpeg_libjpeg(data: bytes) -> Reference:
    facts = headers.jpeg_facts(data)
    if facts.component_count == 4:
        cmyk = imagecodecs.jpeg8_decode(data, outcolorspace="CMYK")
        raw = [cmyk]
        try:
            raw.append(imagecodecs.jpeg8_decode(data, outcolorspace="YCCK"))
        except Exception:  # the file is CMYK: libjpeg converts only the other way
            pass
        return Reference(raw, rgb_of_cmyk(cmyk, facts.adobe), tolerance=1)
    samples = three_d(imagecodecs.jpeg8_decode(data))
    return Reference([samples], to_rgb(samples))


def jpeg_turbojpeg(data: bytes) -> Reference:
    """Strict: refuses what libjpeg only warns of, so a refusal marks a damaged file."""
    facts = headers.jpeg_facts(data)
    if facts.component_count == 4:
        cmyk = simplejpeg.decode_jpeg(data, colorspace="CMYK")
        return Reference([cmyk], rgb_of_cmyk(cmyk, facts.adobe), tolerance=1)
    samples = simplejpeg.decode_jpeg(
        data, colorspace="GRAY" if facts.component_count == 1 else "RGB"
    )
    return Reference([three_d(samples)], to_rgb(three_d(samples)))


# Damage that libjpeg warns of and decodes in spite of (jerror.h, JWRN_*).
REPAIRED = (
    "Corrupt JPEG data",
    "Inconsistent progression sequence",
    "Invalid SOS parameters for sequential JPEG",
    "Premature end of JPEG file",
    "Unknown Adobe color transform code",
)


@functools.cache
def debian_turbojpeg():
    """libturbojpeg.so.0 of the system, as PyTurboJPEG 1.x loads it."""
    import turbojpeg

    return turbojpeg, turbojpeg.TurboJPEG()


def jpeg_libjpeg_2(data: bytes) -> Reference:
    """libjpeg-turbo 2.1: smooths the blocks of incomplete progressive files otherwise than 3.x does."""
    facts = headers.jpeg_facts(data)
    if facts.component_count not in (1, 3):
        raise NotImplementedError("gray and three components only")
    module, codec = debian_turbojpeg()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        samples = three_d(
            codec.decode(data, module.TJPF_GRAY if facts.component_count == 1 else module.TJPF_RGB)
        )
    # An error behind a warning comes as a warning too, and the pixels are then what was in memory.
    for warning in caught:
        if not str(warning.message).startswith(REPAIRED):
            raise OSError(str(warning.message))
    return Reference([samples], to_rgb(samples))


def jpeg_other_processes(data: bytes) -> Reference:
    """Lossless and 12-bit frames, which the 8-bit interface refuses."""
    facts = headers.jpeg_facts(data)
    samples = three_d(imagecodecs.jpeg_decode(data, bitspersample=facts.bit_depth or None))
    if facts.component_count == 4:  # ink, for which imagecodecs has no rule
        return Reference([samples], None)
    return Reference([samples], to_rgb(to_eight_bits(samples, facts.bit_depth)), tolerance=1)


def jpeg_pillow(data: bytes) -> Reference:
    if headers.jpeg_facts(data).component_count == 4:
        pillow_rgb(data)
        return Reference([], None, tolerance=1)
    rgb = pillow_rgb(data)
    return Reference([], rgb, tolerance=1)


# --- PNG ---------------------------------------------------------------------------------------


def png_libpng(data: bytes) -> Reference:
    facts = headers.png_facts(data)
    samples = three_d(imagecodecs.png_decode(data))
    rgb = to_rgb(to_eight_bits(samples, 16 if samples.dtype == np.uint16 else 8))
    if facts.colour_type == 0 and facts.bit_depth < 8:
        samples = (samples.astype(np.int64) * ((1 << facts.bit_depth) - 1) // 255).astype(np.uint8)
    return Reference([samples], rgb)


def png_pillow(data: bytes) -> Reference:
    """Pillow narrows 16 bits by dropping the low byte: it speaks for 8 bits only."""
    rgb = pillow_rgb(data)
    return Reference([], rgb if headers.png_facts(data).bit_depth <= 8 else None)


# --- WebP --------------------------------------------------------------------------------------


def webp_libwebp(data: bytes) -> Reference:
    samples = imagecodecs.webp_decode(data)
    if samples.ndim == 4:
        samples = samples[0]
    return Reference([three_d(samples)], to_rgb(three_d(samples)))


def webp_pillow(data: bytes) -> Reference:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        samples = np.asarray(image)
    return Reference([samples], to_rgb(samples), tolerance=1)


# --- BMP, PNM ----------------------------------------------------------------------------------


def bmp_own(data: bytes) -> Reference:
    pixels = plain_readers.read_bmp(data).samples
    return Reference([pixels, to_rgb(pixels)], to_rgb(pixels))


def bmp_imagecodecs(data: bytes) -> Reference:
    samples = three_d(imagecodecs.bmp_decode(data))
    return Reference([samples], to_rgb(samples), tolerance=1)


def bmp_pillow(data: bytes) -> Reference:
    rgb = pillow_rgb(data)
    return Reference([rgb], rgb, tolerance=1)


def opencv(data: bytes) -> Reference:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("imdecode gives None")
    return Reference([], np.ascontiguousarray(image[:, :, ::-1]), tolerance=1)


def pnm_own(data: bytes) -> Reference:
    pixels = plain_readers.read_pnm(data)
    eight_bits = to_eight_bits(pixels.samples, pixels.bit_depth)
    if pixels.tuple_type == b"CMYK":
        return Reference([pixels.samples], rgb_of_cmyk(eight_bits, inverted=False))
    return Reference([pixels.samples], to_rgb(eight_bits))


PILLOW_FAST_BYTES = 100_000  # above, its scaling and its plain text take seconds: loops in Python


def pnm_pillow(data: bytes) -> Reference:
    with Image.open(io.BytesIO(data)) as image:
        decoder = image.tile[0][0]
        if decoder != "raw" and len(data) > PILLOW_FAST_BYTES:
            raise NotImplementedError("too slow")
        image.load()
        wide = image.mode.startswith(("I", "F"))
    return Reference([], None if wide else pillow_rgb(data), tolerance=1)


# --- JPEG 2000 ---------------------------------------------------------------------------------


def jpeg2000_reference(samples: np.ndarray, facts: headers.Jpeg2000Facts) -> Reference:
    samples = three_d(samples)
    bit_depth = min(facts.bit_depths[0], samples.dtype.itemsize * 8)
    eight_bits = to_eight_bits(samples, bit_depth, samples.dtype.kind == "i")
    if headers.CMYK in facts.colours and samples.shape[2] >= 4:
        rgb = rgb_of_cmyk(eight_bits[:, :, :4], inverted=False)
    else:
        rgb = to_rgb(eight_bits)
    return Reference([samples], rgb, tolerance=0 if facts.reversible and not facts.ycc else 1)


def jpeg2000_openjpeg(data: bytes) -> Reference:
    facts = headers.jpeg2000_facts(data)
    plain = {headers.CMYK, headers.SRGB, headers.GRAY, headers.SYCC, headers.E_SYCC}
    if set(facts.colours) - plain and not facts.palette:
        data = data[
            data.find(headers.J2K_SIGNATURE) :
        ]  # imagecodecs converts such colours; the samples are asked for
    samples = imagecodecs.jpeg2k_decode(data)
    if facts.subsampled and not facts.ycc:
        raise NotImplementedError("takes subsampled components for YCC whatever the header says")
    return jpeg2000_reference(samples, facts)


def jpeg2000_openjph(data: bytes) -> Reference:
    samples = imagecodecs.htj2k_decode(data)
    if samples.dtype.kind == "f":
        raise NotImplementedError("float samples of an irreversible transform")
    return jpeg2000_reference(samples, headers.jpeg2000_facts(data))


def jpeg2000_pillow(data: bytes) -> Reference:
    """Pillow spreads subsampled components over the reference grid and shifts other depths to 8 bits."""
    facts = headers.jpeg2000_facts(data)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        samples = three_d(np.asarray(image))
    if facts.subsampled or facts.ycc or facts.signed or set(facts.bit_depths) != {8}:
        return Reference([], None)
    return Reference([samples], pillow_rgb(data), tolerance=0 if facts.reversible else 1)


Reader = Callable[[bytes], Reference]

READERS: dict[str, dict[str, Reader]] = {
    "jpeg": {
        "libjpeg-turbo": jpeg_libjpeg,
        "TurboJPEG": jpeg_turbojpeg,
        "libjpeg-turbo 2.1": jpeg_libjpeg_2,
        "Pillow": jpeg_pillow,
    },
    "png": {"libpng": png_libpng, "Pillow": png_pillow},
    "webp": {"libwebp": webp_libwebp, "Pillow": webp_pillow},
    "bmp": {
        "numpy": bmp_own,
        "imagecodecs": bmp_imagecodecs,
        "Pillow": bmp_pillow,
        "OpenCV": opencv,
    },
    "pnm": {"numpy": pnm_own, "Pillow": pnm_pillow, "OpenCV": opencv},
    "jpeg2k": {
        "OpenJPEG": jpeg2000_openjpeg,
        "OpenJPH": jpeg2000_openjph,
        "Pillow": jpeg2000_pillow,
    },
}


def readers_for(format_name: str, data: bytes) -> dict[str, Reader]:
    """The readers that can speak for this file at all."""
    readers = dict(READERS[format_name])
    if format_name == "jpeg" and headers.jpeg_facts(data).bit_depth not in (0, 8):
        return {"imagecodecs": jpeg_other_processes}
    if format_name == "jpeg2k" and not headers.jpeg2000_facts(data).high_throughput:
        del readers["OpenJPH"]
    return readers


def orientation(data: bytes, format_name: str) -> int:
    """Tag 0x0112 of the EXIF data; 1 where there is none. XMP does not count."""
    if format_name not in ("jpeg", "png", "webp"):
        return 1
    try:
        with Image.open(io.BytesIO(data)) as image:
            if format_name == "png":
                image.load()  # eXIf may follow the pixels
            packet = image.info.get("exif")
        exif = Image.Exif()
        exif.load(packet or b"")
        value = exif.get(0x0112, 1)
    except Exception:
        return 1
    return value if value in range(1, 9) else 1


def upright(samples: np.ndarray, value: int) -> np.ndarray:
    """Samples as shown: EXIF 2.32, 4.6.4, tag Orientation."""
    return {
        1: lambda s: s,
        2: lambda s: s[:, ::-1],
        3: lambda s: s[::-1, ::-1],
        4: lambda s: s[::-1],
        5: lambda s: s.swapaxes(0, 1),
        6: lambda s: s.swapaxes(0, 1)[:, ::-1],
        7: lambda s: s.swapaxes(0, 1)[::-1, ::-1],
        8: lambda s: s.swapaxes(0, 1)[::-1],
    }[value](samples)
