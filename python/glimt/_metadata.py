# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata values as Python objects."""

from __future__ import annotations

import struct
from typing import Any

from .enums import MetadataType

# struct's code of one number, for the types that are numbers.
_NUMBERS = {
    MetadataType.SHORT: "H",
    MetadataType.LONG: "I",
    MetadataType.SBYTE: "b",
    MetadataType.SSHORT: "h",
    MetadataType.SLONG: "i",
    MetadataType.FLOAT: "f",
    MetadataType.DOUBLE: "d",
    MetadataType.IFD: "I",
    MetadataType.LONG8: "Q",
    MetadataType.SLONG8: "q",
    MetadataType.IFD8: "Q",
}
_RATIONALS = {MetadataType.RATIONAL: "I", MetadataType.SRATIONAL: "i"}


def value_of(value_type: MetadataType, buffer: bytes) -> Any:
    """The values that ``buffer`` holds in host byte order; one alone, several as a list."""
    if not buffer:
        return None
    if value_type is MetadataType.ASCII:
        text = buffer[:-1] if buffer.endswith(b"\0") else buffer
        return text.decode("utf-8", errors="replace")
    if value_type in (MetadataType.BYTE, MetadataType.UNDEFINED):
        return buffer[0] if len(buffer) == 1 else buffer
    code = _NUMBERS.get(value_type)
    if code is not None:
        values = _unpack(code, buffer)
        return values[0] if len(values) == 1 else list(values)
    code = _RATIONALS.get(value_type)
    if code is not None:
        parts = _unpack(code, buffer)
        pairs = list(zip(parts[::2], parts[1::2]))
        return pairs[0] if len(pairs) == 1 else pairs
    return buffer


def _unpack(code: str, buffer: bytes) -> tuple[Any, ...]:
    count = len(buffer) // struct.calcsize("=" + code)
    return struct.unpack_from(f"={count}{code}", buffer)
