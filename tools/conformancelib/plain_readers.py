# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Readers of PNM, PAM and uncompressed BMP in numpy, written from the format descriptions.

Other libraries scale odd maxvals and 5-bit channels each in its own way; these give the exact
values that glimt's documents promise: round(value * 255 / maximum).
"""

import dataclasses
import struct

import numpy as np

WHITE_SPACE = b" \t\n\v\f\r"
BI_RGB, BI_BITFIELDS, BI_ALPHABITFIELDS = 0, 3, 6


class NotReadable(ValueError):
    """The file is damaged."""


@dataclasses.dataclass
class Pixels:
    samples: np.ndarray  # H x W x C
    bit_depth: int  # significant bits of a sample
    tuple_type: bytes = b""  # of a PAM file


def scaled(values: np.ndarray, maximum: int, full: int) -> np.ndarray:
    return (values.astype(np.int64) * (2 * full) + maximum) // (2 * maximum)


# --- PNM ---------------------------------------------------------------------------------------


class Tokens:
    """The header tokens of a PNM file: white space separates, # starts a comment."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 2

    def next(self) -> bytes:
        data = self.data
        while self.at < len(data):
            if data[self.at] in WHITE_SPACE:
                self.at += 1
            elif data[self.at] == ord("#"):
                end = min(
                    i
                    for i in (data.find(b"\n", self.at), data.find(b"\r", self.at), len(data))
                    if i >= 0
                )
                self.at = end
            else:
                break
        start = self.at
        while (
            self.at < len(data) and data[self.at] not in WHITE_SPACE and data[self.at] != ord("#")
        ):
            self.at += 1
        if start == self.at:
            raise NotReadable("the header ends early")
        return data[start : self.at]

    def number(self, low: int, high: int) -> int:
        token = self.next()
        if not token.isdigit() or not low <= int(token) <= high:
            raise NotReadable(f"header value {token[:20]!r}")
        return int(token)


def text_samples(data: bytes, count: int) -> np.ndarray:
    body = b"\n".join(line.split(b"#", 1)[0] for line in data.replace(b"\r", b"\n").split(b"\n"))
    tokens = body.split()
    if len(tokens) < count:
        raise NotReadable("too few samples")
    if not all(token.isdigit() for token in tokens[:count]):
        raise NotReadable("a sample that is no number")
    return np.array([int(token) for token in tokens[:count]], dtype=np.int64)


def bit_samples(data: bytes, width: int, height: int) -> np.ndarray:
    row_bytes = (width + 7) // 8
    if len(data) < row_bytes * height:
        raise NotReadable("too few samples")
    rows = np.frombuffer(data, np.uint8, row_bytes * height).reshape(height, row_bytes)
    return np.unpackbits(rows, axis=1)[:, :width].astype(np.int64)


def binary_samples(data: bytes, count: int, maximum: int) -> np.ndarray:
    sample = np.dtype(">u2" if maximum > 255 else "u1")
    if len(data) < count * sample.itemsize:
        raise NotReadable("too few samples")
    return np.frombuffer(data, sample, count).astype(np.int64)


def pam_header(data: bytes) -> tuple[dict[bytes, bytes], int]:
    fields: dict[bytes, bytes] = {}
    at = data.find(b"\n") + 1
    while at > 0:
        end = data.find(b"\n", at)
        if end < 0:
            break
        words = data[at:end].split(None, 1)
        at = end + 1
        if words and words[0] == b"ENDHDR":
            return fields, at
        if words and not words[0].startswith(b"#"):
            fields[words[0]] = words[1].strip() if len(words) > 1 else b""
    raise NotReadable("no ENDHDR")


def finished(values: np.ndarray, maximum: int) -> Pixels:
    """Raw where maxval is 2^b - 1, else scaled to the full range of 8 or 16 bits."""
    if values.max(initial=0) > maximum:
        raise NotReadable("a sample above maxval")
    bits = maximum.bit_length()
    if maximum != (1 << bits) - 1:
        bits = 8 if maximum <= 255 else 16
        values = scaled(values, maximum, (1 << bits) - 1)
    return Pixels(values.astype(np.uint8 if bits <= 8 else np.uint16), bits)


def read_pnm(data: bytes) -> Pixels:
    kind = data[1] - ord("0")
    if kind == 7:
        fields, at = pam_header(data)
        try:
            width, height, depth, maximum = (
                int(fields[k]) for k in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
            )
        except (KeyError, ValueError) as error:
            raise NotReadable(f"header: {error}") from None
        if not (width > 0 and height > 0 and 1 <= depth <= 4 and 1 <= maximum <= 65535):
            raise NotReadable("header values")
        values = binary_samples(data[at:], width * height * depth, maximum)
        pixels = finished(values.reshape(height, width, depth), maximum)
        pixels.tuple_type = fields.get(b"TUPLTYPE", b"")
        return pixels
    tokens = Tokens(data)
    width, height = tokens.number(1, 1 << 24), tokens.number(1, 1 << 24)
    maximum = 1 if kind in (1, 4) else tokens.number(1, 65535)
    channel_count = 3 if kind in (3, 6) else 1
    count = width * height * channel_count
    if kind == 1:
        body = b"".join(
            line.split(b"#", 1)[0] for line in data[tokens.at :].replace(b"\r", b"\n").split(b"\n")
        )
        digits = bytes(c for c in body if c not in WHITE_SPACE)[:count]
        if len(digits) < count or digits.strip(b"01"):
            raise NotReadable("too few bits, or something that is no bit")
        values = 1 - (np.frombuffer(digits, np.uint8).astype(np.int64) - ord("0"))
    elif kind == 4:
        values = 1 - bit_samples(data[tokens.at + 1 :], width, height)
    elif kind in (2, 3):
        values = text_samples(data[tokens.at :], count)
    else:
        values = binary_samples(data[tokens.at + 1 :], count, maximum)
    return finished(values.reshape(height, width, channel_count), maximum)


# --- BMP ---------------------------------------------------------------------------------------


def channel(pixels: np.ndarray, mask: int) -> np.ndarray:
    shift = (mask & -mask).bit_length() - 1
    maximum = mask >> shift
    return scaled((pixels.astype(np.int64) & mask) >> shift, maximum, 255).astype(np.uint8)


def palette_pixels(rows: np.ndarray, width: int, bits: int, palette: np.ndarray) -> np.ndarray:
    indices = np.unpackbits(rows, axis=1).reshape(rows.shape[0], -1, bits)
    weights = 1 << np.arange(bits - 1, -1, -1)
    values = (indices * weights).sum(axis=2)[:, :width]
    if values.max(initial=0) >= len(palette):
        raise NotReadable("an index beyond the palette")
    return palette[values]


def read_bmp(data: bytes) -> Pixels:
    offset, header_bytes = struct.unpack_from("<II", data, 10)
    if header_bytes == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression, colour_count, entry_bytes = BI_RGB, 0, 3
    elif header_bytes >= 40 and len(data) >= 54:
        width, height, _, bits, compression, _, _, _, colour_count, _ = struct.unpack_from(
            "<iiHHIIiiII", data, 18
        )
        entry_bytes = 4
    else:
        raise NotImplementedError("an OS/2 2.x header")
    if compression not in (BI_RGB, BI_BITFIELDS, BI_ALPHABITFIELDS) or bits not in (
        1,
        2,
        4,
        8,
        16,
        24,
        32,
    ):
        raise NotImplementedError(f"compression {compression} with {bits} bits a pixel")
    top_down, height = height < 0, abs(height)
    if width <= 0 or height == 0:
        raise NotReadable("no pixels")
    row_bytes = (width * bits + 31) // 32 * 4
    if offset + row_bytes * height > len(data):
        raise NotReadable("too few rows")
    rows = np.frombuffer(data, np.uint8, row_bytes * height, offset).reshape(height, row_bytes)
    if not top_down:
        rows = rows[::-1]
    if bits <= 8:
        count = min(colour_count or 1 << bits, 1 << bits)
        at = 14 + header_bytes
        table = np.frombuffer(data, np.uint8, max(0, min(count * entry_bytes, len(data) - at)), at)
        table = table[: len(table) // entry_bytes * entry_bytes].reshape(-1, entry_bytes)
        samples = palette_pixels(rows, width, bits, table[:, 2::-1])
    elif bits == 24:
        samples = rows[:, : width * 3].reshape(height, width, 3)[:, :, ::-1]
    else:
        pixels = np.ascontiguousarray(rows).view(f"<u{bits // 8}")[:, :width]
        samples = direct_pixels(data, header_bytes, pixels, bits, compression)
    return Pixels(np.ascontiguousarray(samples), 8)


def direct_pixels(
    data: bytes, header_bytes: int, pixels: np.ndarray, bits: int, compression: int
) -> np.ndarray:
    masks = (0x7C00, 0x3E0, 0x1F, 0) if bits == 16 else (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    if compression != BI_RGB:
        masks = struct.unpack_from("<IIII", data, 54)
        if header_bytes < 56 and compression != BI_ALPHABITFIELDS:
            masks = (*masks[:3], 0)
    if not all(masks[:3]):
        raise NotReadable("an empty mask")
    return np.dstack([channel(pixels, mask) for mask in masks if mask])
