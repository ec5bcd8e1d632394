# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata of JPEG, PNG, WebP, JP2 and BMP: what others write glimt reads, and the reverse."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from typing import Any

import glimt
import numpy as np
import pytest
from glimt import EncodeParams, Metadata, MetadataFormat, MetadataKind
from PIL import Image, ImageCms, IptcImagePlugin, PngImagePlugin

PIXELS = np.arange(24 * 32 * 3, dtype=np.uint32).reshape(24, 32, 3).astype(np.uint8)
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
IPTC = b"\x1c\x02\x05\x00\x04name\x1c\x02\x78\x00\x07caption"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>\xc3\xa4</a></x:xmpmeta>"


@pytest.fixture(scope="module")
def decoder() -> glimt.Decoder:
    return glimt.Decoder(device_id=-99999)


def encoded(codec: str, *blocks: Metadata, **params: Any) -> bytes:
    out = glimt.Encoder().encode(
        PIXELS, codec, params=EncodeParams(metadata=list(blocks), **params)
    )
    assert out is not None
    return bytes(out)


def json_block(kind: MetadataKind, value: Any) -> Metadata:
    return Metadata(kind, MetadataFormat.JSON, json.dumps(value).encode())


def value_of(decoder: glimt.Decoder, data: bytes, kind: MetadataKind) -> Any:
    blocks = decoder.get_metadata(data, kind=kind)
    assert len(blocks) <= 1
    return json.loads(blocks[0].value) if blocks else None


def jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    plain = encoded("jpeg")
    inserted = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload
        for marker, payload in segments
    )
    return plain[:20] + inserted + plain[20:]  # behind SOI and JFIF's segment


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    plain = encoded("png")
    inserted = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return plain[:33] + inserted + plain[33:]


def test_a_long_exif_block_of_a_jpeg_is_joined(decoder: glimt.Decoder) -> None:
    block = EXIF + bytes(range(256)) * 400
    data = jpeg_with(
        (0xE1, b"Exif\0\0" + block[:65000]),
        (0xE1, b"Exif\0\0" + block[65000:]),
        (0xE1, b"Exif\0\0" + EXIF),
    )
    blocks = decoder.get_metadata(data, kind=MetadataKind.EXIF)
    assert [b.buffer for b in blocks] == [block, EXIF]


def test_extended_xmp_is_a_second_block(decoder: glimt.Decoder) -> None:
    extended = b"<x:xmpmeta>" + b"0123456789" * 15000 + b"</x:xmpmeta>"
    guid = hashlib.md5(extended).hexdigest().upper().encode()
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid
    pages = [
        (0xE1, head + struct.pack(">II", len(extended), at) + extended[at : at + 65000])
        for at in range(0, len(extended), 65000)
    ]
    main = b"<x:xmpmeta xmpNote:HasExtendedXMP='" + guid + b"'/>"
    packet = (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main)
    # Pages come in any order, and those of a GUID that is not named do not count.
    for order in (pages, pages[::-1]):
        blocks = decoder.get_metadata(jpeg_with(packet, *order), kind=MetadataKind.XMP)
        assert [b.buffer for b in blocks] == [main, extended]
    for damaged in ([packet, *pages[1:]], [packet, *pages[:-1]]):
        blocks = decoder.get_metadata(jpeg_with(*damaged), kind=MetadataKind.XMP)
        assert [b.buffer for b in blocks] == [main]
    plain = (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
    assert len(decoder.get_metadata(jpeg_with(plain, *pages), kind=MetadataKind.XMP)) == 1


def test_iptc_of_a_jpeg_whose_resources_are_in_two_segments(decoder: glimt.Decoder) -> None:
    resources = b"8BIM\x03\xed\0\0" + struct.pack(">I", 70000) + bytes(70000)
    resources += b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC
    data = jpeg_with(
        (0xED, b"Photoshop 3.0\0" + resources[:65000]),
        (0xED, b"Photoshop 3.0\0" + resources[65000:]),
    )
    (block,) = decoder.get_metadata(data, kind=MetadataKind.IPTC)
    assert block.buffer == IPTC


def test_comments_of_a_jpeg(decoder: glimt.Decoder) -> None:
    data = jpeg_with((0xFE, b"one\0"), (0xFE, "zw\u00f6lf".encode()), (0xFE, b"dr\xfcben"))
    assert value_of(decoder, data, MetadataKind.TEXT) == {
        "Comment": ["one", "zw\u00f6lf", "dr\u00fcben"]
    }


@pytest.mark.parametrize(
    ("dpi", "exif_dpi", "expected"),
    [
        ((300, 300), None, {"x": 300, "y": 300, "unit": "inch"}),
        (None, 240, {"x": 240, "y": 240, "unit": "inch"}),
        ((300, 300), 240, {"x": 300, "y": 300, "unit": "inch"}),
        (None, None, None),
    ],
)
def test_resolution_of_a_jpeg(
    decoder: glimt.Decoder, dpi: Any, exif_dpi: int | None, expected: Any
) -> None:
    exif = Image.Exif()
    if exif_dpi:
        exif[282], exif[283], exif[296] = exif_dpi, exif_dpi, 2
    out = io.BytesIO()
    Image.fromarray(PIXELS).save(out, "JPEG", exif=exif, **({"dpi": dpi} if dpi else {}))
    assert value_of(decoder, out.getvalue(), MetadataKind.RESOLUTION) == expected


def test_raw_profiles_of_a_png(decoder: glimt.Decoder) -> None:
    def raw(name: str, data: bytes) -> tuple[bytes, bytes]:
        digits = data.hex()
        lines = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
        text = f"\n{name}\n{len(data):8}\n{lines}\n".encode()
        return b"zTXt", f"Raw profile type {name}".encode() + b"\0\0" + zlib.compress(text)

    resources = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC
    data = png_with(
        raw("exif", b"Exif\0\0" + EXIF),
        raw("8bim", resources),
        raw("xmp", XMP),
        raw("icc", ICC),
        (b"tEXt", b"Raw profile type exif\0no profile"),
    )
    blocks = {b.kind: b.buffer for b in decoder.get_metadata(data)}
    assert blocks[MetadataKind.EXIF] == EXIF
    assert blocks[MetadataKind.IPTC] == IPTC
    assert blocks[MetadataKind.XMP] == XMP
    assert blocks[MetadataKind.ICC_PROFILE] == ICC
    assert json.loads(blocks[MetadataKind.TEXT]) == {"Raw profile type exif": "no profile"}


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"iCCP"])
def test_bombs_meet_the_limit(name: bytes) -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    head = {b"zTXt": b"k\0\0", b"iTXt": b"k\0\1\0\0\0", b"iCCP": b"k\0\0"}[name]
    small = glimt.Decoder(device_id=-99999, options=":max_metadata_bytes=1000000")
    with pytest.raises(RuntimeError, match="1000000"):
        small.get_metadata(png_with((name, head + bomb)))
    several = png_with(*[(b"tEXt", b"k\0" + bytes(300_000).replace(b"\0", b"t"))] * 4)
    with pytest.raises(RuntimeError, match="limit of 1000000 bytes; raise max_metadata_bytes"):
        small.get_metadata(several)
    assert small.get_metadata(several, kind=MetadataKind.EXIF) == []


def test_many_remarks_are_a_limit_too(decoder: glimt.Decoder) -> None:
    data = png_with(*[(b"tEXt", b"k%d\0" % i) for i in range(10_001)])
    with pytest.raises(RuntimeError, match="10000"):
        decoder.get_metadata(data, kind=MetadataKind.TEXT)


RESOLUTION = {"x": 300, "y": 150, "unit": "inch"}
TEXT = {"Comment": ["one", "zw\u00f6lf"], "Title": "\u2603"}


@pytest.mark.parametrize("codec", ["jpeg", "png", "jpeg2k", "bmp", "tiff"])
@pytest.mark.parametrize("unit", ["inch", "centimetre", "metre"])
def test_resolution_is_written(decoder: glimt.Decoder, codec: str, unit: str) -> None:
    factor = {"inch": 1 / 0.0254, "centimetre": 100.0, "metre": 1.0}
    numbers = {"inch": (300, 72), "centimetre": (118, 28), "metre": (11811, 2835)}[unit]
    block = json_block(MetadataKind.RESOLUTION, {"x": numbers[0], "y": numbers[1], "unit": unit})
    data = encoded(codec, block)
    found = value_of(decoder, data, MetadataKind.RESOLUTION)
    for key, number in zip("xy", numbers):
        exact = number * factor[unit]
        assert found[key] * factor[found["unit"]] == pytest.approx(exact, rel=5e-4), key
    if codec != "jpeg2k":  # Pillow reads none of it
        dpi = Image.open(io.BytesIO(data)).info["dpi"]
        assert dpi[0] == pytest.approx(numbers[0] * factor[unit] * 0.0254, rel=5e-4, abs=0.5)


def test_a_proportion_is_written(decoder: glimt.Decoder) -> None:
    ratio = {"x": 2, "y": 1, "unit": "unknown"}
    for codec in ("jpeg", "png"):
        data = encoded(codec, json_block(MetadataKind.RESOLUTION, ratio))
        assert value_of(decoder, data, MetadataKind.RESOLUTION) == ratio


def test_texts_are_written(decoder: glimt.Decoder) -> None:
    png = encoded("png", json_block(MetadataKind.TEXT, TEXT))
    assert value_of(decoder, png, MetadataKind.TEXT) == TEXT
    image = Image.open(io.BytesIO(png))
    assert isinstance(image, PngImagePlugin.PngImageFile)
    assert image.text["Title"] == "\u2603" and image.text["Comment"] == "zw\u00f6lf"
    jpeg = encoded("jpeg", json_block(MetadataKind.TEXT, TEXT))
    comments = {"Comment": ["one", "zw\u00f6lf", "Title: \u2603"]}
    assert value_of(decoder, jpeg, MetadataKind.TEXT) == comments


def test_xml_of_a_jp2(decoder: glimt.Decoder) -> None:
    encoder = glimt.Encoder()
    block = json_block(MetadataKind.TEXT, {"XML": "<a/>", "Title": "t"})
    data = bytes(encoder.encode(PIXELS, "jpeg2k", params=EncodeParams(metadata=[block])))
    assert encoder.last_status[0].note == "not written, JP2 holds no text but XML: Title"
    assert value_of(decoder, data, MetadataKind.TEXT) == {"XML": "<a/>"}


@pytest.mark.parametrize("codec", ["jpeg", "jpeg2k", "tiff"])
def test_iptc_is_written(decoder: glimt.Decoder, codec: str) -> None:
    data = encoded(codec, Metadata(MetadataKind.IPTC, MetadataFormat.RAW, IPTC))
    (block,) = decoder.get_metadata(data, kind=MetadataKind.IPTC)
    assert block.buffer == IPTC
    if codec == "jpeg":
        info = IptcImagePlugin.getiptcinfo(Image.open(io.BytesIO(data)))
        assert info == {(2, 5): b"name", (2, 120): b"caption"}


def jp2_box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + name + data


def test_geo_and_more_of_a_jp2(decoder: glimt.Decoder) -> None:
    keys = struct.pack("<8H", 1, 1, 0, 1, 1024, 0, 1, 2)
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 34735, 3, 8, 26) + bytes(4) + keys
    geo = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03") + tiff
    photoshop = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb") + b"8BIM\x04\x04\0\0"
    photoshop += struct.pack(">I", len(IPTC)) + IPTC
    association = jp2_box(b"lbl ", b"gml") + jp2_box(b"asoc", jp2_box(b"xml ", b"<gml/>\0"))
    data = encoded("jpeg2k") + jp2_box(b"uuid", geo) + jp2_box(b"asoc", association)
    data += jp2_box(b"uuid", photoshop) + jp2_box(b"xml ", b"<b/>")
    assert value_of(decoder, data, MetadataKind.GEO) == {"GT_MODEL_TYPE": 2}
    assert value_of(decoder, data, MetadataKind.TEXT) == {"XML": ["<gml/>", "<b/>"]}
    assert decoder.get_metadata(data, kind=MetadataKind.IPTC)[0].buffer == IPTC


def test_texts_and_resolutions_that_are_none_are_refused() -> None:
    encoder = glimt.Encoder()
    for kind, value in ((MetadataKind.TEXT, [1]), (MetadataKind.RESOLUTION, {"x": 1})):
        params = EncodeParams(metadata=[json_block(kind, value)])
        assert encoder.encode(PIXELS, "png", params=params) is None
        assert kind.name in encoder.last_status[0].message


@pytest.mark.parametrize("codec", ["jpeg", "png", "webp", "jpeg2k"])
def test_an_orientation_is_written(decoder: glimt.Decoder, codec: str) -> None:
    made = encoded(codec, orientation=8)
    (block,) = decoder.get_metadata(made, kind=MetadataKind.EXIF)
    found = Image.Exif()
    found.load(block.buffer)
    assert found[0x0112] == 8
    # An image that was turned keeps its block, which then says so.
    exif = Metadata(MetadataKind.EXIF, MetadataFormat.RAW, EXIF)
    upright = encoded(codec, exif, orientation=1)
    (block,) = decoder.get_metadata(upright, kind=MetadataKind.EXIF)
    assert block.buffer == EXIF.replace(b"\x06" + bytes(7), b"\x01" + bytes(7))
    assert decoder.get_metadata(encoded(codec, orientation=1), kind=MetadataKind.EXIF) == []
    if codec != "jpeg2k":
        assert decoder.decode(made).shape == (32, 24, 3)
        assert decoder.decode(upright).shape == PIXELS.shape


def test_texts_and_the_orientation_of_a_tiff(decoder: glimt.Decoder) -> None:
    texts = {"Comment": "f\u00fcnf", "Artist": ["one", "two"], "Title": "t"}
    encoder = glimt.Encoder()
    params = EncodeParams(metadata=[json_block(MetadataKind.TEXT, texts)], orientation=6)
    data = bytes(encoder.encode(PIXELS, "tiff", params=params))
    assert encoder.last_status[0].note == "not written, no text tag of TIFF: Title"
    assert value_of(decoder, data, MetadataKind.TEXT) == {
        "ImageDescription": "f\u00fcnf",
        "Artist": ["one", "two"],
    }
    assert decoder.get_metadata(data, id=274).value == 6
    assert decoder.decode(data).shape == (32, 24, 3)


def test_the_orientation_is_a_parameter_like_others() -> None:
    assert EncodeParams().orientation is None
    params = EncodeParams(orientation=3)
    params.orientation = 5
    assert params.orientation == 5
    for wrong in (0, 9, -1):
        with pytest.raises(ValueError, match="orientation is 1 to 8"):
            EncodeParams(orientation=wrong)
    encoder = glimt.Encoder()
    assert encoder.encode(PIXELS, "bmp", params=EncodeParams(orientation=6)) is not None
    assert "the orientation" in encoder.last_status[0].note
