# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""convert carries metadata over, info tells of them."""

from __future__ import annotations

import io
import json

import glimt as module
import numpy as np
import pytest
import tifffile
from glimt import EncodeParams, Metadata, MetadataFormat, MetadataKind
from PIL import Image, ImageCms

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>\xc3\xa4</a></x:xmpmeta>"
IPTC = b"\x1c\x02\x05\x00\x04name"
PIXELS = (np.arange(24 * 32 * 3).reshape(24, 32, 3) % 251).astype(np.uint8)
CARRIED = (MetadataKind.ICC_PROFILE, MetadataKind.EXIF, MetadataKind.XMP)


def exif(orientation: int = 1) -> bytes:
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = "Maker", "Maker 7", orientation
    block.get_ifd(0x8769)[0x9003] = "2001:02:03 04:05:06"
    return block.tobytes().removeprefix(b"Exif\0\0")


def blocks(orientation: int = 1) -> list[Metadata]:
    return [
        Metadata(MetadataKind.ICC_PROFILE, MetadataFormat.RAW, ICC),
        Metadata(MetadataKind.EXIF, MetadataFormat.RAW, exif(orientation)),
        Metadata(MetadataKind.XMP, MetadataFormat.XMP, XMP),
        Metadata(MetadataKind.RESOLUTION, MetadataFormat.JSON, b'{"x":300,"y":300,"unit":"inch"}'),
        Metadata(MetadataKind.TEXT, MetadataFormat.JSON, b'{"Comment":"a remark"}'),
    ]


def write(path, codec: str, orientation: int = 1, more: tuple[Metadata, ...] = ()) -> None:
    params = EncodeParams(metadata=[*blocks(orientation), *more])
    path.write_bytes(bytes(module.Encoder().encode(PIXELS, codec, params=params)))


def found(path) -> dict[MetadataKind, bytes]:
    listed = module.Decoder(device_id=-99999).get_metadata(str(path))
    assert len({b.kind for b in listed}) == len(listed)
    return {b.kind: b.buffer for b in listed}


def test_a_chain_of_formats_keeps_blocks_byte_by_byte(glimt, tmp_path):
    write(tmp_path / "0.png", "png")
    wanted = {b.kind: b.buffer for b in blocks()}
    assert found(tmp_path / "0.png").keys() == wanted.keys()
    for i, extension in enumerate(("jpg", "webp", "jp2", "png")):
        source = next(tmp_path.glob(f"{i}.*"))
        glimt("convert", source, tmp_path / f"{i + 1}.{extension}")
        now = found(tmp_path / f"{i + 1}.{extension}")
        for kind in CARRIED:
            assert now[kind] == wanted[kind], (extension, kind)
    assert MetadataKind.TEXT not in now  # WebP has no place for it
    assert json.loads(found(tmp_path / "1.jpg")[MetadataKind.TEXT]) == {"Comment": "a remark"}
    resolution = json.loads(found(tmp_path / "1.jpg")[MetadataKind.RESOLUTION])
    assert resolution == {"x": 300, "y": 300, "unit": "inch"}


def test_it_says_what_it_could_not_carry(glimt, tmp_path):
    write(tmp_path / "a.jpg", "jpeg", more=(Metadata(MetadataKind.IPTC, MetadataFormat.RAW, IPTC),))
    lines = glimt("convert", tmp_path / "a.jpg", tmp_path / "a.webp").stdout.splitlines()
    lost = lines[2][lines[0].index("lost") :]
    assert lost == "not written, the format does not hold it: IPTC, TEXT, RESOLUTION"
    lines = glimt("convert", tmp_path / "a.jpg", tmp_path / "a.jp2").stdout.splitlines()
    assert lines[2][lines[0].index("lost") :].endswith("JP2 holds no text but XML: Comment")
    assert found(tmp_path / "a.jp2")[MetadataKind.IPTC] == IPTC


def test_strip_leaves_all_out(glimt, tmp_path):
    write(tmp_path / "a.png", "png", orientation=6)
    lines = glimt("convert", "--strip", tmp_path / "a.png", tmp_path / "a.jpg").stdout
    assert found(tmp_path / "a.jpg") == {}
    assert "not written" not in lines
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (24, 32)


@pytest.mark.parametrize("source", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("target", ["jpg", "png", "webp", "jp2"])
def test_a_turned_image_says_that_it_is_upright(glimt, tmp_path, source, target):
    write(tmp_path / f"in.{source}", source, orientation=6)
    out = tmp_path / f"out.{target}"
    glimt("convert", tmp_path / f"in.{source}", out)
    assert found(out)[MetadataKind.EXIF] == exif(1)
    with Image.open(out) as image:
        assert image.size == (24, 32)
    turned = tmp_path / f"turned.{target}"
    glimt("convert", "--no-orientation", tmp_path / f"in.{source}", turned)
    assert found(turned)[MetadataKind.EXIF] == exif(6)
    with Image.open(turned) as image:
        assert image.size == (32, 24)


def test_a_profile_of_other_colours_is_left_out(glimt, tmp_path):
    write(tmp_path / "a.png", "png")
    done = glimt("convert", tmp_path / "a.png", tmp_path / "a.pgm")
    assert "ICC profile of RGB" in done.stdout
    gray = b"".join((ICC[:16], b"GRAY", ICC[20:]))
    params = EncodeParams(metadata=[Metadata(MetadataKind.ICC_PROFILE, MetadataFormat.RAW, gray)])
    data = bytes(module.Encoder().encode(PIXELS[:, :, :1].copy(), "png", params=params))
    (tmp_path / "gray.png").write_bytes(data)
    glimt("convert", tmp_path / "gray.png", tmp_path / "gray.jpg")
    assert found(tmp_path / "gray.jpg")[MetadataKind.ICC_PROFILE] == gray


def test_what_no_segment_holds_is_left_out_of_a_jpeg(glimt, tmp_path):
    long = Metadata(MetadataKind.XMP, MetadataFormat.XMP, b"<x>" + b"x" * 70000 + b"</x>")
    params = EncodeParams(metadata=[long])
    data = bytes(module.Encoder().encode(PIXELS, "png", params=params))
    (tmp_path / "a.png").write_bytes(data)
    done = glimt("convert", tmp_path / "a.png", tmp_path / "a.jpg")
    assert "XMP of 70007 bytes" in done.stdout
    assert found(tmp_path / "a.jpg") == {}


def test_a_tiff_becomes_a_jpeg_with_its_exif(glimt, tmp_path):
    out = io.BytesIO()
    Image.fromarray(PIXELS).save(
        out, "TIFF", tiffinfo={271: "Maker", 274: 6, 270: "a picture"}, dpi=(200, 200)
    )
    (tmp_path / "a.tif").write_bytes(out.getvalue())
    done = glimt("convert", tmp_path / "a.tif", tmp_path / "a.jpg")
    assert "not written" not in done.stdout
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (24, 32)
        assert image.getexif()[271] == "Maker"
        assert image.getexif()[274] == 1
        assert image.info["dpi"] == (200, 200)
        assert "comment" not in image.info  # EXIF says it already


def test_a_tiff_that_stays_one_keeps_its_place_on_earth(glimt, tmp_path):
    keys = (1, 1, 0, 2, 1024, 0, 1, 2, 1026, 34737, 7, 0)
    tags = [
        (33550, "d", 3, (0.1, 0.1, 0.0), True),
        (34735, "H", len(keys), keys, True),
        (34737, "s", 0, "WGS 84|", True),
    ]
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, extratags=tags, metadata=None, description="d")
    done = glimt("convert", tmp_path / "a.tif", tmp_path / "b.tif")
    assert "GEO" not in done.stdout
    before, after = found(tmp_path / "a.tif"), found(tmp_path / "b.tif")
    assert after == before
    assert json.loads(after[MetadataKind.GEO])["GT_CITATION"] == "WGS 84"
    done = glimt("convert", tmp_path / "a.tif", tmp_path / "b.png")
    assert "GEO" in done.stdout


def test_info_tells_kinds_and_what_is_in_them(glimt, tmp_path):
    write(tmp_path / "a.png", "png")
    write(tmp_path / "b.jpg", "jpeg")
    lines = glimt("info", tmp_path / "a.png").stdout.splitlines()
    assert "ICC_PROFILE, EXIF, XMP, TEXT, RESOLUTION" in lines[2]
    table = {line.split()[0]: line for line in lines[4:]}
    assert "sRGB" in table["ICC_PROFILE"]
    assert table["EXIF"].endswith("Maker 7, 2001:02:03 04:05:06")
    assert table["TEXT"].endswith("Comment")
    assert table["RESOLUTION"].endswith("11811 x 11811 per metre")
    several = glimt("info", tmp_path / "a.png", tmp_path / "b.jpg").stdout
    assert len(several.splitlines()) == 4
    a, b = json.loads(glimt("info", "--json", tmp_path / "a.png", tmp_path / "b.jpg").stdout)
    assert [m["kind"] for m in a["metadata"]] == [m["kind"] for m in b["metadata"]]
    assert a["metadata"][1] == {
        "kind": "EXIF",
        "bytes": len(exif()),
        "summary": "Maker 7, 2001:02:03 04:05:06",
    }


def test_info_of_a_file_without_metadata(glimt, tmp_path):
    (tmp_path / "a.png").write_bytes(bytes(module.Encoder().encode(PIXELS, "png")))
    lines = glimt("info", tmp_path / "a.png").stdout.splitlines()
    assert len(lines) == 3
    (entry,) = json.loads(glimt("info", "--json", tmp_path / "a.png").stdout)
    assert entry["metadata"] == []
