# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata blocks of TIFF files that tifffile writes."""

from __future__ import annotations

import io
import json
from typing import Any

import glimt
import numpy as np
import pytest
import tifffile
from glimt import MetadataFormat, MetadataKind, MetadataType
from PIL import Image, TiffImagePlugin

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


def blocks_of(decoder: glimt.Decoder, source: Any) -> list[glimt.Metadata]:
    """All but the texts and the resolution, which tifffile writes of its own accord."""
    kinds = (MetadataKind.TEXT, MetadataKind.RESOLUTION)
    return [block for block in decoder.get_metadata(source) if block.kind not in kinds]


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
    (block,) = blocks_of(decoder, data)
    assert (block.kind, block.format, block.value_type) == (kind, form, MetadataType.ASCII)
    assert block.buffer == page["description"].encode()
    assert block.value == page["description"]  # whole, without its NUL
    assert decoder.get_metadata(data, kind=kind)[0].buffer == block.buffer
    assert decoder.get_metadata(data, kind=MetadataKind.ICC_PROFILE) == []


def test_philips_describes_later_images_in_words(decoder: glimt.Decoder) -> None:
    page = {"description": "level=1 mag=22", "software": "PHILIPS DP"}
    stream = glimt.CodeStream(written(page, page))
    (first,) = blocks_of(decoder, stream)
    (second,) = blocks_of(decoder, stream.get_sub_code_stream(1))
    assert (first.format, second.format) == (MetadataFormat.XML, MetadataFormat.RAW)


def test_profiles_packets_and_records(decoder: glimt.Decoder) -> None:
    iptc = b"\x1c\x02\x05\x00\x04name"
    data = written({"iccprofile": ICC, "extratags": [packet(XMP), packet(iptc, 33723, "B")]}, {})
    blocks = {block.kind: block for block in blocks_of(decoder, data)}
    assert set(blocks) == {MetadataKind.ICC_PROFILE, MetadataKind.XMP, MetadataKind.IPTC}
    assert blocks[MetadataKind.ICC_PROFILE].buffer == ICC
    assert blocks[MetadataKind.ICC_PROFILE].value_type == MetadataType.BYTE
    assert blocks[MetadataKind.XMP].value == XMP.decode()
    assert blocks[MetadataKind.IPTC].buffer == iptc
    assert blocks_of(decoder, glimt.CodeStream(data).get_sub_code_stream(1)) == []


def test_only_iscan_packets_are_ventanas(decoder: glimt.Decoder) -> None:
    (block,) = blocks_of(decoder, written({"extratags": [packet(ISCAN)]}))
    assert (block.kind, block.format) == (MetadataKind.MED_VENTANA, MetadataFormat.XMP)
    assert block.buffer == ISCAN


def test_kinds_come_in_the_order_of_the_reference(decoder: glimt.Decoder) -> None:
    page = {
        "description": "Aperio scanned by Leica",
        "software": "Philips MedScan",
        "iccprofile": ICC,
        "extratags": [packet(ISCAN)],
    }
    assert [block.kind for block in blocks_of(decoder, written(page))] == [
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
    assert blocks_of(decoder, bytes(data)) == []


# Code of tifffile, values, and what Metadata.value gives.
TAGS = {
    "BYTE": ("B", 1, 200, 200),
    "ASCII": ("s", 0, "text", "text"),
    "SHORT": ("H", 3, (1, 65535, 7), [1, 65535, 7]),
    "LONG": ("I", 1, 4_000_000_000, 4_000_000_000),
    "RATIONAL": ("2I", 2, (1, 3, 4_000_000_000, 5), [(1, 3), (4_000_000_000, 5)]),
    "SBYTE": ("b", 2, (-5, 7), [-5, 7]),
    "SSHORT": ("h", 1, -30000, -30000),
    "SLONG": ("i", 2, (-(2**31), 5), [-(2**31), 5]),
    "SRATIONAL": ("2i", 1, (-1, 3), (-1, 3)),
    "FLOAT": ("f", 2, (0.5, -2.25), [0.5, -2.25]),
    "DOUBLE": ("d", 1, 0.1, 0.1),
    "LONG8": ("Q", 1, 2**63, 2**63),
    "SLONG8": ("q", 2, (-(2**62), 1), [-(2**62), 1]),
}


@pytest.mark.parametrize("name", TAGS)
@pytest.mark.parametrize("big_endian", [False, True])
def test_tags_by_id(decoder: glimt.Decoder, name: str, big_endian: bool) -> None:
    code, count, given, value = TAGS[name]
    data = written(
        {"extratags": [(65000, code, count, given, True)]}, big_endian=big_endian, bigtiff=True
    )
    tag = decoder.get_metadata(data, id=65000)
    assert tag.kind == MetadataKind.TIFF_TAG
    assert (tag.format, tag.id) == (MetadataFormat.RAW, 65000)
    assert tag.value_type == MetadataType[name]
    assert tag.value == value
    assert tag.value_count == (5 if name == "ASCII" else count)  # with its NUL


def test_tags_that_are_not_there_and_lists(decoder: glimt.Decoder) -> None:
    data = written({"description": "one"}, {})
    stream = glimt.CodeStream(data)
    second = stream.get_sub_code_stream(1)
    assert decoder.get_metadata(stream, id=270).value == "one"
    assert decoder.get_metadata(second, id=270) is None
    assert decoder.get_metadata(stream, kind=MetadataKind.TIFF_TAG) == []
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        for page, selected in zip(file.pages, (stream, second)):
            tags = decoder.get_metadata(selected, kind=MetadataKind.TIFF_TAG_LIST)
            assert tags.value == [tag.code for tag in page.tags]
            assert (tags.value_type, tags.value_count) == (MetadataType.SHORT, len(page.tags))
            for tag in page.tags:
                found = decoder.get_metadata(selected, id=tag.code)
                assert (int(found.value_type), found.value_count) == (int(tag.dtype), tag.count)
    with pytest.raises(ValueError, match="65536"):
        decoder.get_metadata(stream, id=65536)


def test_a_tag_beyond_the_end_is_an_error_that_names_it(decoder: glimt.Decoder) -> None:
    data = bytearray(written({"extratags": [packet(XMP)]}))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        tag = file.pages[0].tags[700]
    data[tag.offset + 4 : tag.offset + 8] = (2**31).to_bytes(4, "little")
    with pytest.raises(RuntimeError, match=r"id 700.*beyond the end of the file"):
        decoder.get_metadata(bytes(data), id=700)


def test_texts_and_resolution(decoder: glimt.Decoder) -> None:
    data = written(
        {
            "description": "f\u00fcnf".encode("latin-1"),
            "software": "by hand",
            "resolution": (300, 150),
            "resolutionunit": "CENTIMETER",
            "extratags": [(315, "s", 0, "one\0two", True)],
        }
    )
    (text,) = decoder.get_metadata(data, kind=MetadataKind.TEXT)
    assert json.loads(text.value) == {
        "ImageDescription": "f\u00fcnf",
        "Software": "by hand",
        "Artist": ["one", "two"],
    }
    (resolution,) = decoder.get_metadata(data, kind=MetadataKind.RESOLUTION)
    assert resolution.value == '{"x":300,"y":150,"unit":"centimetre"}'
    assert (text.format, text.value_type) == (MetadataFormat.JSON, MetadataType.ASCII)


def test_photoshops_record_where_there_is_no_other(decoder: glimt.Decoder) -> None:
    iptc = b"\x1c\x02\x05\x00\x04name"
    resources = b"8BIM\x04\x04\0\0" + len(iptc).to_bytes(4, "big") + iptc + b"\0"
    (block,) = blocks_of(decoder, written({"extratags": [packet(resources, 34377)]}))
    assert (block.kind, block.buffer) == (MetadataKind.IPTC, iptc)
    both = written(
        {"extratags": [packet(b"\x1c\x02\x00\x00\x00", 33723), packet(resources, 34377)]}
    )
    (block,) = blocks_of(decoder, both)
    assert block.buffer == b"\x1c\x02\x00\x00\x00"


def camera_tiff(big_endian: bool) -> bytes:
    """Written by Pillow, with Exif, GPS and Interoperability IFDs."""
    tags = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"MM" if big_endian else b"II")
    tags[0x010F], tags[0x0110], tags[0x0112] = "Maker", "Model 7", 6
    tags[0x8769] = {
        0x829A: TiffImagePlugin.IFDRational(1, 250),
        0x9003: "2001:02:03 04:05:06",
        0xA005: {1: "R98"},
    }
    tags[0x8825] = {1: "N", 2: (48.0, 8.0, 1.5)}
    out = io.BytesIO()
    Image.fromarray(PIXELS).save(out, "TIFF", tiffinfo=tags)
    return out.getvalue()


@pytest.mark.parametrize("big_endian", [False, True])
def test_exif_is_a_block_of_its_own(decoder: glimt.Decoder, big_endian: bool) -> None:
    data = camera_tiff(big_endian)
    (block,) = decoder.get_metadata(data, kind=MetadataKind.EXIF)
    assert block.buffer[:2] == data[:2]  # the file's byte order
    found = Image.Exif()
    found.load(block.buffer)
    assert (found[0x010F], found[0x0110], found[0x0112]) == ("Maker", "Model 7", 6)
    exif = found.get_ifd(0x8769)
    assert exif[0x9003] == "2001:02:03 04:05:06"
    assert float(exif[0x829A]) == 1 / 250
    assert found.get_ifd(0xA005)[1] == "R98"
    gps = found.get_ifd(0x8825)
    assert gps[1] == "N" and [float(v) for v in gps[2]] == [48.0, 8.0, 1.5]
    assert 256 not in found and 273 not in found  # how the pixels are stored is none of it
    assert decoder.get_metadata(written({}), kind=MetadataKind.EXIF) == []


GEO_KEYS = (1, 1, 0, 5, 1024, 0, 1, 1, 1025, 0, 1, 1, 1026, 34737, 23, 0)
GEO_KEYS += (3072, 0, 1, 32631, 3073, 34737, 7, 23)
GEO = [
    (33550, "d", 3, (0.1, 1 / 3, 0.0), True),
    (33922, "d", 6, (0.0, 0.0, 0.0, 444720.123456789, 3751320.0, 0.0), True),
    (34735, "H", len(GEO_KEYS), GEO_KEYS, True),
    (34737, "s", 0, 'WGS 84 / "UTM" 31 N \\ |meters|', True),
]


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_geo_is_valid_json_with_every_digit(
    decoder: glimt.Decoder, big_endian: bool, bigtiff: bool
) -> None:
    data = written({"extratags": GEO}, {}, big_endian=big_endian, bigtiff=bigtiff)
    stream = glimt.CodeStream(data)
    (block,) = decoder.get_metadata(stream, kind=MetadataKind.GEO)
    assert (block.format, block.value_type) == (MetadataFormat.JSON, MetadataType.ASCII)
    assert block.value_count == block.buffer_size == len(block.buffer)
    geo = json.loads(block.value)
    assert geo == {
        "MODEL_PIXEL_SCALE": [0.1, 1 / 3, 0.0],
        "MODEL_TIEPOINT": [0, 0, 0, 444720.123456789, 3751320, 0],
        "GT_MODEL_TYPE": 1,
        "GT_RASTER_TYPE": 1,
        "GT_CITATION": 'WGS 84 / "UTM" 31 N \\ ',
        "PROJECTED_CRS": 32631,
        "PROJECTED_CITATION": "meters",
    }
    assert block.value == json.dumps(geo, separators=(",", ":")).replace(".0]", "]").replace(
        ".0,", ","
    )
    assert list(geo)[:3] == ["MODEL_PIXEL_SCALE", "MODEL_TIEPOINT", "GT_MODEL_TYPE"]
    # The second image says nothing, so that the first one's holds.
    (second,) = decoder.get_metadata(stream.get_sub_code_stream(1), kind=MetadataKind.GEO)
    assert second.buffer == block.buffer
    assert decoder.get_metadata(stream)[0].kind is MetadataKind.GEO
