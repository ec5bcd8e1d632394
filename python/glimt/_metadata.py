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


def packed_tag(value: Any, value_type: MetadataType | None) -> tuple[MetadataType, int, bytes]:
    """What a TIFF tag of this value holds: type, count and bytes in host byte order."""
    values = list(value) if isinstance(value, list) else [value]
    if not values:
        raise ValueError("a TIFF tag has at least one value")
    if value_type is None:
        value_type = _type_for(values)
    try:
        data = _pack(values, value_type)
    except (struct.error, TypeError, AttributeError, UnicodeEncodeError) as error:
        raise ValueError(f"{value!r} is no value of type {value_type.name}: {error}") from None
    code = _NUMBERS.get(value_type) or 2 * _RATIONALS.get(value_type, "") or "B"
    return value_type, len(data) // struct.calcsize("=" + code), data


def _type_for(values: list[Any]) -> MetadataType:
    first = values[0]
    if isinstance(first, str):
        return MetadataType.ASCII
    if isinstance(first, (bytes, bytearray)):
        return MetadataType.UNDEFINED
    if isinstance(first, tuple):
        signed = any(part < 0 for pair in values for part in pair)
        return MetadataType.SRATIONAL if signed else MetadataType.RATIONAL
    if any(isinstance(value, float) for value in values):
        return MetadataType.DOUBLE
    if not all(isinstance(value, int) for value in values):
        raise TypeError(
            "a TIFF tag is str, bytes, int, float, (numerator, denominator), or a list of these"
        )
    least, most = min(values), max(values)
    if least < 0:
        return MetadataType.SLONG if -(1 << 31) <= least and most < 1 << 31 else MetadataType.SLONG8
    if most < 1 << 16:
        return MetadataType.SHORT
    return MetadataType.LONG if most < 1 << 32 else MetadataType.LONG8


def _pack(values: list[Any], value_type: MetadataType) -> bytes:
    if value_type is MetadataType.ASCII:
        (text,) = values if len(values) == 1 else ("\0".join(values),)
        return text.encode() + b"\0"
    if value_type in (MetadataType.BYTE, MetadataType.UNDEFINED):
        if isinstance(values[0], (bytes, bytearray)) and len(values) == 1:
            return bytes(values[0])
        return struct.pack(f"{len(values)}B", *values)
    if value_type in _RATIONALS:
        parts = [part for numerator, denominator in values for part in (numerator, denominator)]
        return struct.pack(f"={len(parts)}{_RATIONALS[value_type]}", *parts)
    return struct.pack(f"={len(values)}{_NUMBERS[value_type]}", *values)
