# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""EncodeParams.metadata: what glimt writes, glimt and Pillow read; and DecodeParams.dtype."""

import copy
import io
import pickle

import glimt
import numpy as np
import pytest
from glimt import DecodeParams, EncodeParams, Metadata, MetadataFormat, MetadataKind
from PIL import Image, ImageCms

# A TIFF header and an IFD with one entry: orientation 6.
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>\xc3\xa4</a></x:xmpmeta>'
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
BLOCKS = [
    Metadata(MetadataKind.EXIF, MetadataFormat.RAW, EXIF),
    Metadata(MetadataKind.XMP, MetadataFormat.XMP, XMP),
    Metadata(MetadataKind.ICC_PROFILE, MetadataFormat.RAW, ICC),
]
PIXELS = np.arange(24 * 32 * 3, dtype=np.uint32).reshape(24, 32, 3).astype(np.uint8)


def written(codec, **params):
    return bytes(
        glimt.Encoder().encode(PIXELS, codec, params=EncodeParams(metadata=BLOCKS, **params))
    )


@pytest.mark.parametrize("codec", ["jpeg", "png", "webp", "jpeg2k"])
def test_what_is_written_is_read_back(codec):
    blocks = {block.kind: block for block in glimt.Decoder().get_metadata(written(codec))}
    assert {kind: block.buffer for kind, block in blocks.items()} == {
        b.kind: b.buffer for b in BLOCKS
    }


@pytest.mark.parametrize("codec", ["jpeg", "png", "webp"])
def test_pillow_reads_it(codec):
    image = Image.open(io.BytesIO(written(codec)))
    image.load()
    assert image.info["icc_profile"] == ICC
    assert image.getexif()[0x0112] == 6
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    assert (xmp if isinstance(xmp, bytes) else xmp.encode()) == XMP


@pytest.mark.parametrize("codec", ["jpeg", "png", "webp"])
def test_a_written_orientation_turns_the_image(codec):
    assert glimt.Decoder().decode(written(codec)).shape == (32, 24, 3)


def test_pillow_opens_a_jp2_with_metadata():
    image = Image.open(io.BytesIO(written("jpeg2k")))
    assert np.array_equal(np.asarray(image), PIXELS)


@pytest.mark.parametrize("codec", ["bmp", "pnm"])
def test_formats_without_metadata_say_so(codec):
    encoder = glimt.Encoder()
    assert encoder.encode(PIXELS, codec, params=EncodeParams(metadata=BLOCKS)) is not None
    assert "EXIF" in encoder.last_status[0].note


def test_damaged_blocks_are_refused_with_a_reason():
    bad = Metadata(MetadataKind.EXIF, MetadataFormat.RAW, b"no TIFF header")
    encoder = glimt.Encoder()
    assert encoder.encode(PIXELS, "png", params=EncodeParams(metadata=[bad])) is None
    assert "TIFF header" in encoder.last_status[0].message


def test_params_with_metadata_pickle_and_copy():
    params = EncodeParams(metadata=BLOCKS)
    for twin in (pickle.loads(pickle.dumps(params)), copy.deepcopy(params)):
        assert [block.buffer for block in twin.metadata] == [block.buffer for block in BLOCKS]
        assert [block.kind for block in twin.metadata] == [block.kind for block in BLOCKS]
    params.metadata = None
    assert params.metadata == []
    with pytest.raises(TypeError):
        EncodeParams(metadata=[b"bytes"])


PNG = bytes(glimt.Encoder().encode(PIXELS, "png"))
PNG16 = bytes(glimt.Encoder().encode(PIXELS.astype(np.uint16) * 257, "png"))


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize(
    "dtype,scale", [("uint8", 1), ("uint16", 257), (np.float32, 1 / 255), (np.float64, 1 / 255)]
)
def test_the_dtype_asked_for_takes_its_whole_range(dtype, scale, planar):
    layout = glimt.SampleFormat.P_RGB if planar else glimt.SampleFormat.I_RGB
    params = DecodeParams(dtype=dtype, sample_format=layout)
    for source in (PNG, PNG16):
        pixels = np.asarray(glimt.Decoder().decode(source, params=params).cpu())
        assert pixels.dtype == np.dtype(dtype)
        expected = PIXELS.transpose(2, 0, 1) if planar else PIXELS
        assert np.allclose(pixels, expected.astype(float) * scale, rtol=1e-6, atol=0)


def test_half_precision():
    pixels = np.asarray(glimt.Decoder().decode(PNG, params=DecodeParams(dtype=np.float16)).cpu())
    assert np.array_equal(pixels, (PIXELS / 255).astype(np.float16))


@pytest.mark.parametrize("bad", ["complex64", "bool", ">u2", "U4", object])
def test_other_dtypes_are_type_errors(bad):
    with pytest.raises(TypeError):
        DecodeParams(dtype=bad)


def test_dtype_is_a_property():
    params = DecodeParams()
    assert params.dtype is None
    params.dtype = "float32"
    assert params.dtype == np.float32
    assert pickle.loads(pickle.dumps(params)).dtype == np.float32
    params.dtype = None
    assert params.dtype is None
