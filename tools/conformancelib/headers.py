# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Formats told by content, and the few header facts that decide what a decode must give."""

import dataclasses
import struct

FORMATS = ("jpeg", "png", "webp", "bmp", "pnm", "jpeg2k", "tiff")

JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
J2K_SIGNATURE = b"\xff\x4f\xff\x51"
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BMP_HEADER_BYTES = (12, 16, 40, 52, 56, 64, 108, 124)


def detect(data: bytes) -> str | None:
    """The format of `data`, or None if it is none of FORMATS."""
    if data[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if (
        data[:2] == b"BM"
        and len(data) >= 26
        and int.from_bytes(data[14:18], "little") in BMP_HEADER_BYTES
    ):
        return "bmp"
    if len(data) > 6 and data[:1] == b"P" and data[1] in b"1234567" and data[2] in b" \t\r\n":
        return "pnm"
    if data[:12] == JP2_SIGNATURE or data[:4] == J2K_SIGNATURE:
        return "jpeg2k"
    if data[:4] in TIFF_SIGNATURES:
        return "tiff"
    return None


@dataclasses.dataclass
class JpegFacts:
    component_count: int = 0
    bit_depth: int = 0
    adobe: bool = False


def jpeg_facts(data: bytes) -> JpegFacts:
    """Walks the marker segments up to the first frame header (T.81 B.2.2)."""
    facts = JpegFacts()
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xEE and data[at + 4 : at + 9] == b"Adobe":
            facts.adobe = True
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and at + 10 <= len(data):
            facts.bit_depth, facts.component_count = data[at + 4], data[at + 9]
            return facts
        if marker in (0xD9, 0xDA):
            return facts
        at += 2 + length
    return facts


@dataclasses.dataclass
class PngFacts:
    bit_depth: int
    colour_type: int


def png_facts(data: bytes) -> PngFacts:
    return PngFacts(bit_depth=data[24], colour_type=data[25])


@dataclasses.dataclass
class Jpeg2000Facts:
    bit_depths: tuple[int, ...] = (8,)
    signed: bool = False
    subsampled: bool = False
    reversible: bool = False
    high_throughput: bool = False
    colours: tuple[int, ...] = ()  # EnumCS of the JP2 header's colr boxes
    palette: bool = False

    @property
    def ycc(self) -> bool:
        return bool({SYCC, E_SYCC}.intersection(self.colours))


CMYK, SRGB, GRAY, SYCC, E_SYCC = 12, 16, 17, 18, 24


def jpeg2000_facts(data: bytes) -> Jpeg2000Facts:
    """Reads SIZ, COD and CAP of the main header (T.800 A.5, A.6), and the enumerated colours (I.5.3.3)."""
    facts = Jpeg2000Facts()
    start = data.find(J2K_SIGNATURE)
    if start < 0:
        return facts
    boxes = data[:start].split(b"colr")[1:]
    facts.colours = tuple(int.from_bytes(box[3:7], "big") for box in boxes if box[:1] == b"\x01")
    facts.palette = b"pclr" in data[:start]
    at = start + 2
    while at + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFF51 and at + 41 <= len(data):
            read_components(data[at + 40 : at + 2 + length], facts)
        elif marker == 0xFF52 and at + 14 <= len(data):
            facts.reversible = data[at + 13] == 1
        elif marker == 0xFF50:
            facts.high_throughput = True
        elif marker in (0xFF90, 0xFF93) or marker < 0xFF00:
            break
        at += 2 + length
    return facts


def read_components(fields: bytes, facts: Jpeg2000Facts) -> None:
    """Ssiz, XRsiz and YRsiz of each component."""
    triples = [fields[i : i + 3] for i in range(0, len(fields) - 2, 3)]
    facts.bit_depths = tuple((ssiz & 0x7F) + 1 for ssiz, _, _ in triples)
    facts.signed = any(ssiz & 0x80 for ssiz, _, _ in triples)
    facts.subsampled = any(x != 1 or y != 1 for _, x, y in triples)
