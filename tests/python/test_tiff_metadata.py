# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata blocks of TIFF files that tifffile writes."""

from __future__ import annotations

import io
from typing import Any

import glimt
import numpy as np
import pytest
import tifffile
from glimt import MetadataFormat, MetadataKind, MetadataType

PIXELS = np.zeros((16, 16), np.uint8)
XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'
ISCAN = b'<?xml version="1.0"?><iScan ScanRes="0.25"/>'
ICC = bytes(range(200)) * 3


def written(*pages: dict[str, Any], big_endian: bool = False, bigtiff: bool = False) -> bytes:
    out = io.BytesIO()
    with tifffile.TiffWriter(out, byteorder=">" if big_endian else "<", bigtiff=bigtiff) as writer:
        for page in pages:
            writer.write(PIXELS, metadata=None, **page)
    return out.getvalue()


@pytest.fixture
def decoder() -> glimt.Decoder:
    return glimt.Decoder(device_id=-99999)


def packet(data: bytes, tag: int = 700, code: str = "B") -> tuple[Any, ...]:
    return (tag, code, len(data), data, True)


# What is written, and the one block that comes of it.
SCANNERS = {
    "aperio": (
        {"description": "Aperio Image Library v11\r\n46000x32914 |AppMag = 20"},
        (MetadataKind.MED_APERIO, MetadataFormat.RAW),
    ),
    "leica": (
        {
            "description": '<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn"/>'
        },
        (MetadataKind.MED_LEICA, MetadataFormat.XML),
    ),
    "philips": (
        {"description": "<DataObject/>", "software": "Philips DP v1.0"},
        (MetadataKind.MED_PHILIPS, MetadataFormat.XML),
    ),
    "trestle": (
        {"description": "OverlapsXY= 64 64;", "software": "MedScan 1"},
        (MetadataKind.MED_TRESTLE, MetadataFormat.RAW),
    ),
}


@pytest.mark.parametrize("scanner", SCANNERS)
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_descriptions_of_scanners(
    decoder: glimt.Decoder, scanner: str, big_endian: bool, bigtiff: bool
) -> None:
    page, (kind, form) = SCANNERS[scanner]
    data = written(page, big_endian=big_endian, bigtiff=bigtiff)
    (block,) = decoder.get_metadata(data)
    assert (block.kind, block.format, block.value_type) == (kind, form, MetadataType.ASCII)
    assert block.buffer == page["description"].encode()
    assert block.value == page["description"]  # whole, without its NUL
    assert decoder.get_metadata(data, kind=kind)[0].buffer == block.buffer
    assert decoder.get_metadata(data, kind=MetadataKind.ICC_PROFILE) == []


def test_philips_describes_later_images_in_words(decoder: glimt.Decoder) -> None:
    page = {"description": "level=1 mag=22", "software": "PHILIPS DP"}
    stream = glimt.CodeStream(written(page, page))
    (first,) = decoder.get_metadata(stream)
    (second,) = decoder.get_metadata(stream.get_sub_code_stream(1))
    assert (first.format, second.format) == (MetadataFormat.XML, MetadataFormat.RAW)


def test_profiles_packets_and_records(decoder: glimt.Decoder) -> None:
    iptc = b"\x1c\x02\x05\x00\x04name"
    data = written({"iccprofile": ICC, "extratags": [packet(XMP), packet(iptc, 33723, "B")]}, {})
    blocks = {block.kind: block for block in decoder.get_metadata(data)}
    assert set(blocks) == {MetadataKind.ICC_PROFILE, MetadataKind.XMP, MetadataKind.IPTC}
    assert blocks[MetadataKind.ICC_PROFILE].buffer == ICC
    assert blocks[MetadataKind.ICC_PROFILE].value_type == MetadataType.BYTE
    assert blocks[MetadataKind.XMP].value == XMP.decode()
    assert blocks[MetadataKind.IPTC].buffer == iptc
    assert decoder.get_metadata(glimt.CodeStream(data).get_sub_code_stream(1)) == []


def test_only_iscan_packets_are_ventanas(decoder: glimt.Decoder) -> None:
    (block,) = decoder.get_metadata(written({"extratags": [packet(ISCAN)]}))
    assert (block.kind, block.format) == (MetadataKind.MED_VENTANA, MetadataFormat.XMP)
    assert block.buffer == ISCAN


def test_kinds_come_in_the_order_of_the_reference(decoder: glimt.Decoder) -> None:
    page = {
        "description": "Aperio scanned by Leica",
        "software": "Philips MedScan",
        "iccprofile": ICC,
        "extratags": [packet(ISCAN)],
    }
    assert [block.kind for block in decoder.get_metadata(written(page))] == [
        MetadataKind.MED_APERIO,
        MetadataKind.MED_PHILIPS,
        MetadataKind.ICC_PROFILE,
        MetadataKind.MED_VENTANA,
        MetadataKind.MED_LEICA,
        MetadataKind.MED_TRESTLE,
    ]


def test_blocks_over_the_limit_and_beyond_the_file(decoder: glimt.Decoder) -> None:
    data = bytearray(written({"extratags": [packet(XMP)]}))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        tag = file.pages[0].tags[700]
    small = glimt.Decoder(device_id=-99999, options=":max_metadata_bytes=20")
    with pytest.raises(RuntimeError, match=f"tag 700 holds {len(XMP)} bytes; up to 20"):
        small.get_metadata(bytes(data))
    data[tag.offset + 4 : tag.offset + 8] = (2**31).to_bytes(4, "little")  # its count
    assert decoder.get_metadata(bytes(data)) == []
