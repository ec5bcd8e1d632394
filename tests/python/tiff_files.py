# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""TIFF files of the tests: by tifffile, and by hand where tifffile writes none so odd."""

from __future__ import annotations

import io
import struct

import numpy as np
import tifffile

TYPES = {"B": 1, "s": 2, "H": 3, "I": 4, "Q": 16}


def written(array: np.ndarray, **options: object) -> bytes:
    """One image as tifffile writes it."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


class Builder:
    """A file put together IFD by IFD, in any order: offsets are known as soon as a part is added."""

    def __init__(self, order: str = "<", big: bool = False) -> None:
        self.order, self.big = order, big
        magic = b"II" if order == "<" else b"MM"
        head = struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0, 0) if big else (42, 0)))
        self.data = bytearray(magic + head)

    def _put_offset(self, at: int, offset: int) -> None:
        struct.pack_into(self.order + ("Q" if self.big else "I"), self.data, at, offset)

    def start_at(self, offset: int) -> None:
        self._put_offset(8 if self.big else 4, offset)

    def add(self, data: bytes) -> int:
        offset = len(self.data)
        self.data += data
        return offset

    def ifd(self, tags: dict[int, tuple], next_ifd: int = 0) -> int:
        """tags: number to (format character, value, ...)."""
        room = 8 if self.big else 4
        entries = b""
        for tag, (kind, *values) in sorted(tags.items()):
            raw = struct.pack(f"{self.order}{len(values)}{kind}", *values)
            if len(raw) > room:
                raw = struct.pack(self.order + ("Q" if self.big else "I"), self.add(raw))
            head = struct.pack(
                self.order + ("HHQ" if self.big else "HHI"), tag, TYPES[kind], len(values)
            )
            entries += head + raw.ljust(room, b"\0")
        offset = self.add(struct.pack(self.order + ("Q" if self.big else "H"), len(tags)))
        self.add(entries)
        self.next_at = self.add(b"\0" * room)
        self._put_offset(self.next_at, next_ifd)
        return offset

    def link(self, at: int, offset: int) -> None:
        """Lets the IFD whose next_at was `at` be followed by the one at `offset`."""
        self._put_offset(at, offset)


def gray_tags(strip: int, width: int = 8, height: int = 8) -> dict[int, tuple]:
    """An uncompressed image of 8 bits in one strip."""
    return {
        256: ("I", width),
        257: ("I", height),
        258: ("H", 8),
        259: ("H", 1),
        262: ("H", 1),
        273: ("I", strip),
        277: ("H", 1),
        278: ("I", height),
        279: ("I", width * height),
    }


def many_pages(count: int, order: str = "<", big: bool = False) -> tuple[bytes, list[int]]:
    """Pages of 8 x 8 pixels, page i of width 8 + i % 5; and the offsets of their IFDs."""
    file = Builder(order, big)
    strip = file.add(bytes(range(96)))
    offsets, links = [], []
    for i in range(count):
        offsets.append(file.ifd(gray_tags(strip, width=8 + i % 5)))
        links.append(file.next_at)
    file.start_at(offsets[0])
    for at, offset in zip(links, offsets[1:]):
        file.link(at, offset)
    return bytes(file.data), offsets
