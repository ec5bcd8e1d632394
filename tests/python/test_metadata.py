# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import io
import struct

import glimt
import pytest
from glimt import CodeStream, Metadata, MetadataFormat, MetadataKind, MetadataType
from glimt._metadata import value_of
from PIL import Image as PillowImage
from PIL import ImageCms


@pytest.fixture(scope="module")
def profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="module")
def exif():
    block = PillowImage.Exif()
    block[0x010E] = "a description"
    block[0x0112] = 6
    return block.tobytes()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><x/></x:xmpmeta>'


def test_constructed():
    empty = Metadata()
    assert empty.kind is MetadataKind.UNKNOWN
    assert empty.format is MetadataFormat.UNKNOWN
    assert empty.buffer == b""
    assert empty.buffer_size == 0
    assert empty.value is None
    block = Metadata(MetadataKind.EXIF, MetadataFormat.RAW, b"abc")
    assert block.kind is MetadataKind.EXIF
    assert block.format is MetadataFormat.RAW
    assert block.buffer == block.value == b"abc"
    assert block.buffer_size == 3
    assert block.id == block.value_count == 0
    assert block.value_type is MetadataType.UNKNOWN
    assert Metadata(kind=MetadataKind.GEO, format=MetadataFormat.JSON, buffer=b"{}").buffer == b"{}"
    assert repr(block) == (
        "Metadata(kind=MetadataKind.EXIF format=MetadataFormat.RAW value_type=MetadataType.UNKNOWN id=0 value_count=0 buffer_size=3)"
    )
    for wrong in ((MetadataKind.EXIF,), (3, MetadataFormat.RAW, b""), (MetadataKind.EXIF, 1, b"")):
        with pytest.raises(TypeError):
            Metadata(*wrong)


@pytest.mark.parametrize(
    ("value_type", "buffer", "value"),
    [
        (MetadataType.BYTE, b"\x07", 7),
        (MetadataType.BYTE, b"\x07\x08", b"\x07\x08"),
        (MetadataType.UNDEFINED, b"\xff", 255),
        (MetadataType.ASCII, b"text\0", "text"),
        (MetadataType.ASCII, b"text", "text"),
        (MetadataType.ASCII, b"\xff\0", "\ufffd"),
        (MetadataType.SHORT, struct.pack("=H", 65535), 65535),
        (MetadataType.SHORT, struct.pack("=3H", 1, 2, 3), [1, 2, 3]),
        (MetadataType.LONG, struct.pack("=I", 1 << 31), 1 << 31),
        (MetadataType.RATIONAL, struct.pack("=2I", 1, 3), (1, 3)),
        (MetadataType.RATIONAL, struct.pack("=4I", 1, 3, 2, 5), [(1, 3), (2, 5)]),
        (MetadataType.SBYTE, b"\xff", -1),
        (MetadataType.SSHORT, struct.pack("=h", -5), -5),
        (MetadataType.SLONG, struct.pack("=2i", -5, 5), [-5, 5]),
        (MetadataType.SRATIONAL, struct.pack("=2i", -1, 2), (-1, 2)),
        (MetadataType.FLOAT, struct.pack("=f", 0.5), 0.5),
        (MetadataType.DOUBLE, struct.pack("=2d", 0.1, 0.2), [0.1, 0.2]),
        (MetadataType.IFD, struct.pack("=I", 9), 9),
        (MetadataType.LONG8, struct.pack("=Q", 1 << 63), 1 << 63),
        (MetadataType.SLONG8, struct.pack("=q", -1), -1),
        (MetadataType.IFD8, struct.pack("=Q", 5), 5),
        (MetadataType.UNKNOWN, b"raw", b"raw"),
        (MetadataType.SHORT, b"", None),
    ],
)
def test_values(value_type, buffer, value):
    assert value_of(value_type, buffer) == value


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_blocks_of_a_file(file_format, decoder, rgb, pillow_bytes, profile, exif):
    data = pillow_bytes(rgb, file_format, icc_profile=profile, exif=exif)
    blocks = {block.kind: block for block in decoder.get_metadata(data)}
    icc = blocks[MetadataKind.ICC_PROFILE]
    assert icc.buffer == icc.value == profile
    assert icc.format is MetadataFormat.RAW
    assert icc.value_type is MetadataType.BYTE
    assert icc.value_count == icc.buffer_size == len(profile)
    stored = blocks[MetadataKind.EXIF].buffer
    assert stored[:2] in (b"II", b"MM")
    assert b"a description" in stored
    read_back = PillowImage.Exif()
    read_back.load(b"Exif\0\0" + stored)
    assert read_back[0x0112] == 6
    (only,) = decoder.get_metadata(CodeStream(data), kind=MetadataKind.ICC_PROFILE)
    assert only.buffer == profile
    assert CodeStream(data).orientation == 6


def test_xmp(decoder, rgb, pillow_bytes):
    (block,) = decoder.get_metadata(pillow_bytes(rgb, "WEBP", xmp=XMP), kind=MetadataKind.XMP)
    assert block.buffer == XMP
    assert block.format is MetadataFormat.XMP
    assert block.value == XMP.decode()


def test_nothing_to_tell(decoder, png, tmp_path):
    assert decoder.get_metadata(png) == []
    assert decoder.get_metadata(png, kind=MetadataKind.EXIF) == []
    assert decoder.get_metadata(png, kind=MetadataKind.TIFF_TAG) == []
    assert decoder.get_metadata(png, kind=MetadataKind.TIFF_TAG_LIST) is None
    assert decoder.get_metadata(png, id=270) is None
    assert decoder.get_metadata(code_stream=png, id=270, kind=MetadataKind.TIFF_TAG) is None
    path = tmp_path / "image.png"
    path.write_bytes(png)
    assert decoder.get_metadata(path) == []
    assert decoder.get_metadata(io.BytesIO(png)) == []


def test_refusals(decoder, png, tmp_path):
    for wrong in (-1, 65536):
        with pytest.raises(ValueError, match=str(wrong)):
            decoder.get_metadata(png, id=wrong)
    with pytest.raises(RuntimeError):
        decoder.get_metadata(b"this is no image")
    with pytest.raises(glimt.FileMissing):
        decoder.get_metadata(tmp_path / "missing.png")
    for wrong in (3, None):
        with pytest.raises((TypeError, RuntimeError)):
            decoder.get_metadata(wrong)
    with pytest.raises(TypeError):
        decoder.get_metadata(png, MetadataKind.EXIF)
