# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""TIFF files that glimt writes, read back by tifffile, Pillow and glimt."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
import tifffile
from glimt import (
    ChromaSubsampling,
    CodeStream,
    ColorSpec,
    DecodeParams,
    Decoder,
    EncodeParams,
    Encoder,
    Jpeg2kEncodeParams,
    JpegEncodeParams,
    Metadata,
    MetadataFormat,
    MetadataKind,
    MetadataType,
    QualityType,
    SampleFormat,
    TiffEncodeParams,
    as_image,
)
from PIL import Image as PillowImage
from PIL import ImageCms

RAW = DecodeParams(allow_any_depth=True, color_spec=ColorSpec.UNCHANGED)
TYPES = "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64".split()
PREDICTING = ("lzw", "deflate", "zstd", "lzma")


@pytest.fixture(scope="module")
def encoder():
    return Encoder(max_num_cpu_threads=2)


@pytest.fixture(scope="module")
def decoder():
    return Decoder(max_num_cpu_threads=2)


def picture(dtype, channels, height=45, width=53):
    """Ramps with a little noise, over the type's range."""
    y, x = np.mgrid[0:height, 0:width]
    ramps = [(x * (k + 1) * 3 + y * 5 + k * 7) % 200 for k in range(channels)]
    values = np.stack(ramps, -1) + np.random.default_rng(1).integers(
        0, 9, (height, width, channels)
    )
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (values / 100 - 1).astype(dtype)
    most = np.iinfo(dtype).max
    return (values * (most // 220) - (most // 3 if dtype.kind == "i" else 0)).astype(dtype)


def encoded(encoder, array, tile=None, **tiff):
    params = EncodeParams(tiff_encode_params=TiffEncodeParams(**tiff))
    if tile:
        params.tile_width, params.tile_height = tile
    stream = encoder.encode(as_image(array), "tiff", params=params)
    return None if stream is None else bytes(stream)


def by_tifffile(data, channels):
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        array = page.asarray()
        if page.planarconfig == 2 and channels > 1:
            array = np.moveaxis(array, 0, -1)
    return array[..., None] if array.ndim == 2 else array


def by_glimt(decoder, data):
    image = decoder.decode(data, params=RAW)
    assert image is not None, decoder.last_status[0].message
    array = np.asarray(image.cpu())
    return np.moveaxis(array, 0, -1) if "P_" in str(image.sample_format) else array


def check(decoder, data, array):
    expected = array if array.ndim == 3 else array[..., None]
    for found in (by_tifffile(data, expected.shape[2]), by_glimt(decoder, data)):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dtype", TYPES)
def test_matrix(encoder, decoder, dtype, channels, compression):
    array = picture(dtype, channels)
    predictors = [None]
    if compression in PREDICTING:
        predictors += [1, 2, 3] if dtype.startswith("float") else [1, 2]
    for predictor in predictors:
        for planar in (False, True):
            for tile in (None, (16, 32)):
                big = (channels + planar) % 2 == 0 or None
                rows = 0 if tile else 10
                data = encoded(
                    encoder,
                    array,
                    tile,
                    compression=compression,
                    predictor=predictor,
                    bigtiff=big,
                    rows_per_strip=rows,
                    planar=planar,
                )
                assert data is not None, encoder.last_status[0].message
                assert data[2] == (43 if big else 42)
                check(decoder, data, array)


# Lossy and inner formats, colours, depths.

Y, X = np.mgrid[0:150, 0:203]
PHOTO = np.stack([X * 255 // 202, Y * 255 // 149, (X + Y) // 2], -1).astype(np.uint8)
GRAY = PHOTO[..., :1].copy()
INKS = np.concatenate([PHOTO, 255 - GRAY], -1)
TILES = [None, (64, 48)]


def written(encoder, image, tile=None, params=None, **tiff):
    params = params or EncodeParams()
    params.tiff_params = TiffEncodeParams(**tiff)
    if tile:
        params.tile_width, params.tile_height = tile
    stream = encoder.encode(image, "tiff", params=params)
    assert stream is not None, encoder.last_status[0].message
    return bytes(stream)


def by_pillow(data):
    with PillowImage.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def difference(a, b):
    return int(np.abs(a.astype(int).squeeze() - b.astype(int).squeeze()).max())


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize(
    "subsampling",
    ["CSS_444", "CSS_422", "CSS_420", "CSS_440", "CSS_411"],
)
def test_jpeg_is_as_good_as_jpeg_alone(encoder, decoder, subsampling, tile):
    params = EncodeParams(
        quality_type=QualityType.QUALITY,
        quality_value=90,
        chroma_subsampling=getattr(ChromaSubsampling, subsampling),
    )
    alone = difference(
        by_pillow(bytes(encoder.encode(as_image(PHOTO), "jpeg", params=params))), PHOTO
    )
    data = written(encoder, as_image(PHOTO), tile, params, compression="jpeg")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        assert page.photometric.name == "YCBCR"
        assert page.compression.name == "JPEG"
        assert page.jpegtables.startswith(b"\xff\xd8\xff\xdb")
        assert difference(page.asarray(), PHOTO) <= alone + 2
    assert difference(by_pillow(data), PHOTO) <= alone + 2
    image = decoder.decode(data)
    assert difference(np.asarray(image.cpu()), PHOTO) <= alone + 2


@pytest.mark.parametrize("tile", TILES)
def test_jpeg_of_one_and_four_channels_and_in_planes(encoder, decoder, tile):
    params = EncodeParams(quality_type=QualityType.QUALITY, quality_value=95)
    gray = written(encoder, as_image(GRAY), tile, params, compression="jpeg")
    assert difference(by_pillow(gray), GRAY) <= 4
    assert difference(by_tifffile(gray, 1), GRAY) <= 4
    image = as_image(INKS, sample_format=SampleFormat.I_CMYK, color_spec=ColorSpec.CMYK)
    inks = written(encoder, image, tile, params, compression="jpeg")
    for found in (by_pillow(inks), by_tifffile(inks, 4), by_glimt(decoder, inks)):
        assert difference(found, INKS) <= 6
    planes = written(encoder, as_image(PHOTO), tile, params, compression="jpeg", planar=True)
    for found in (by_pillow(planes), by_glimt(decoder, planes)):
        assert difference(found, PHOTO) <= 6


def test_jpeg_tables_are_left_in_the_tiles_that_need_their_own(encoder):
    params = EncodeParams(jpeg_params=JpegEncodeParams(optimized_huffman=True))
    data = written(encoder, as_image(PHOTO), (64, 64), params, compression="jpeg")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.pages[0].jpegtables is None
    assert difference(by_pillow(data), PHOTO) <= 24


EXACT = {
    "jpeg, lossless": (
        {"compression": "jpeg"},
        {"jpeg_params": JpegEncodeParams(lossless=True)},
        (np.uint8, np.uint16),
        (1, 3),
    ),
    "webp": ({"compression": "webp"}, {"quality_type": QualityType.LOSSLESS}, (np.uint8,), (3, 4)),
    "jpeg2k": ({"compression": "jpeg2k"}, {}, (np.uint8, np.uint16), (1, 2, 3, 4, 5)),
    "htj2k": (
        {"compression": "jpeg2k"},
        {"jpeg2k_params": Jpeg2kEncodeParams(ht=True)},
        (np.uint8, np.uint16),
        (1, 3, 4),
    ),
    "jpeg2k, transformed": (
        {"compression": "jpeg2k"},
        {"jpeg2k_params": Jpeg2kEncodeParams(mct_mode=1)},
        (np.uint8, np.uint16),
        (3,),
    ),
    "jpeg2k, planes": ({"compression": "jpeg2k", "planar": True}, {}, (np.uint8,), (3, 5)),
    "lerc": (
        {"compression": "lerc"},
        {},
        (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.float32, np.float64),
        (1, 3, 5),
    ),
}


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("name", EXACT)
def test_inner_formats_without_loss(encoder, decoder, name, tile):
    tiff, more, types, channel_counts = EXACT[name]
    for dtype in types:
        for channels in channel_counts:
            array = picture(dtype, channels, 150, 203)
            data = written(encoder, as_image(array), tile, EncodeParams(**more), **tiff)
            check(decoder, data, array)


def test_lerc_keeps_to_its_error(encoder, decoder):
    array = picture("float32", 1, 100, 130)
    data = written(encoder, as_image(array), compression="lerc", max_error=0.05)
    for found in (by_tifffile(data, 1), by_glimt(decoder, data)):
        assert 0 < np.abs(found - array).max() <= 0.0501
    assert len(data) < len(written(encoder, as_image(array), compression="lerc"))


def test_quality_of_webp_and_jpeg2k(encoder):
    rough = EncodeParams(quality_type=QualityType.QUALITY, quality_value=20)
    fine = EncodeParams(quality_type=QualityType.QUALITY, quality_value=95)
    for compression in ("jpeg", "webp", "jpeg2k"):
        small = written(encoder, as_image(PHOTO), (64, 64), rough, compression=compression)
        large = written(encoder, as_image(PHOTO), (64, 64), fine, compression=compression)
        assert len(small) < len(large)
        assert difference(by_tifffile(large, 3), PHOTO) <= difference(by_tifffile(small, 3), PHOTO)
    size = EncodeParams(quality_type=QualityType.SIZE_RATIO, quality_value=0.02)
    assert len(written(encoder, as_image(PHOTO), None, size, compression="jpeg2k")) < 4000


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits", "zstd"])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 7, 10, 12, 14])
def test_precision_is_the_files_depth(encoder, decoder, bits, compression, tile):
    for channels in (1, 3):
        array = picture(np.uint8 if bits <= 8 else np.uint16, channels)
        array = array >> (8 * array.itemsize - bits)
        image = as_image(array, precision=bits)
        data = written(encoder, image, tile, compression=compression)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            assert file.pages[0].bitspersample == bits
            assert file.pages[0].predictor == 1
        np.testing.assert_array_equal(by_glimt(decoder, data), array)
        if bits in (1, 2, 4, 10, 12, 14):
            np.testing.assert_array_equal(by_tifffile(data, channels), array)
        if bits == 1 and channels == 1:
            np.testing.assert_array_equal(by_pillow(data), array[..., 0] != 0)


def test_colours(encoder, decoder):
    bgr = as_image(PHOTO[..., ::-1].copy(), sample_format=SampleFormat.I_BGR)
    check(decoder, written(encoder, bgr), PHOTO)
    gray = written(encoder, as_image(PHOTO), params=EncodeParams(color_spec=ColorSpec.GRAY))
    assert (
        difference(by_tifffile(gray, 1), np.asarray(PillowImage.fromarray(PHOTO).convert("L"))) <= 1
    )
    rgb = written(encoder, as_image(GRAY), params=EncodeParams(color_spec=ColorSpec.SRGB))
    np.testing.assert_array_equal(by_tifffile(rgb, 3), np.repeat(GRAY, 3, 2))
    for tile in TILES:
        sycc = written(encoder, as_image(PHOTO), tile, EncodeParams(color_spec=ColorSpec.SYCC))
        assert difference(by_pillow(sycc), PHOTO) <= 2
        assert difference(np.asarray(decoder.decode(sycc).cpu()), PHOTO) <= 2
    image = as_image(INKS, sample_format=SampleFormat.I_CMYK, color_spec=ColorSpec.CMYK)
    inks = written(encoder, image)
    check(decoder, inks, INKS)
    np.testing.assert_array_equal(by_pillow(inks), INKS)


def test_alpha_and_channels_of_no_name_are_extra_samples(encoder):
    for channels, photometric, extra in [
        (1, "MINISBLACK", ()),
        (2, "MINISBLACK", (2,)),
        (3, "RGB", ()),
        (4, "RGB", (2,)),
        (6, "MINISBLACK", (0,) * 5),
    ]:
        data = encoded(encoder, picture(np.uint8, channels))
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages[0]
            assert page.photometric.name == photometric
            assert tuple(int(sample) for sample in page.extrasamples) == extra


def test_pixels_in_planes_and_with_strides(encoder, decoder):
    planes = decoder.decode(
        encoded(encoder, PHOTO),
        params=DecodeParams(sample_format=SampleFormat.P_RGB, allow_any_depth=True),
    )
    for planar in (False, True):
        check(decoder, written(encoder, planes, planar=planar), PHOTO)
    for view in (PHOTO[::-1], PHOTO[:, ::2], PHOTO[5:90, 11:150], PHOTO.transpose(1, 0, 2)):
        for planar in (False, True):
            for compression in ("none", "deflate"):
                image = as_image(view)
                check(
                    decoder, written(encoder, image, planar=planar, compression=compression), view
                )
                data = written(encoder, image, (32, 32), planar=planar, compression=compression)
                check(decoder, data, view)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("colors", "bits"), [(1, 1), (2, 1), (3, 2), (16, 4), (17, 8), (256, 8)])
def test_palette(encoder, decoder, colors, bits, dtype):
    random = np.random.default_rng(colors)
    table = random.integers(0, np.iinfo(dtype).max + 1, (colors, 3)).astype(dtype)
    numbers = np.concatenate([np.arange(colors), random.integers(0, colors, 60 * 70 - colors)])
    array = table[numbers.reshape(60, 70)]
    for tile in (None, (16, 32)):
        data = written(encoder, as_image(array), tile, palette=True)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages[0]
            assert page.photometric.name == "PALETTE"
            assert page.bitspersample == bits
            found = page.colormap.T[page.asarray().astype(np.uint8)]
        expected = array if dtype is np.uint16 else array * np.uint16(257)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(by_glimt(decoder, data), expected)
        if dtype is np.uint8:
            with PillowImage.open(io.BytesIO(data)) as image:
                np.testing.assert_array_equal(np.asarray(image.convert("RGB")), array)


def test_no_palette_where_there_are_more_colours(encoder, decoder):
    data = written(encoder, as_image(PHOTO), palette=True)
    assert "256" in encoder.last_status[0].note
    check(decoder, data, PHOTO)
    check(decoder, written(encoder, as_image(GRAY), palette=True), GRAY)
    assert "palette" in encoder.last_status[0].note


# What else a page holds.

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif_block():
    exif = PillowImage.Exif()
    exif[271] = "a maker"
    exif[274] = 6
    exif[282] = 72.0
    exif[283] = 72.0
    exif[296] = 2
    exif[256] = 9999  # says how pixels lie: not the page's to take
    exif.get_ifd(34665)[36867] = "2026:01:02 03:04:05"
    exif.get_ifd(34665)[37386] = 50.0
    exif.get_ifd(34853)[1] = "N"
    exif.get_ifd(34853)[2] = (52.0, 31.0, 12.5)
    return exif.tobytes()[6:]


def test_metadata(encoder, decoder):
    blocks = [
        Metadata(MetadataKind.ICC_PROFILE, MetadataFormat.RAW, ICC),
        Metadata(MetadataKind.XMP, MetadataFormat.XMP, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
        Metadata(MetadataKind.IPTC, MetadataFormat.RAW, b"\x1c\x02\x05\0\x05title"),
        Metadata(MetadataKind.EXIF, MetadataFormat.RAW, exif_block()),
        Metadata.tiff_tag(270, "a description"),
        Metadata.tiff_tag(305, "a program"),
        Metadata.tiff_tag(65000, [1.5, -2.25]),
        Metadata.tiff_tag(65001, (1, 3)),
        Metadata.tiff_tag(65002, -5),
        Metadata.tiff_tag(65003, b"\1\2\3"),
        Metadata.tiff_tag(65004, [1, 2, 70000]),
        Metadata.tiff_tag(65005, 7, MetadataType.BYTE),
    ]
    params = EncodeParams(metadata=blocks)
    for big in (False, True):
        data = written(encoder, as_image(PHOTO), None, params, bigtiff=big)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            tags = file.pages[0].tags
            assert tags[34675].value == ICC
            assert tags[700].value == b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
            assert tags[33723].value == b"\x1c\x02\x05\0\x05title"
            assert (tags[270].value, tags[305].value) == ("a description", "a program")
            assert tags[65000].value == (1.5, -2.25)
            assert tags[65001].value == (1, 3)
            assert tags[65002].value == -5
            assert tags[65003].value == b"\1\2\3"
            assert tags[65004].value == (1, 2, 70000)
            assert (tags[65005].value, tags[65005].dtype) == (b"\7", 1)
            assert (tags[256].value, tags[271].value, tags[274].value) == (203, "a maker", 6)
            assert tags[282].value == (72, 1)
            assert tags[34665].value["DateTimeOriginal"] == "2026:01:02 03:04:05"
            assert tags[34853].value["GPSLatitude"] == (52, 1, 31, 1, 25, 2)
            found = [tag.code for tag in file.pages[0].tags]
            assert found == sorted(found)
        with PillowImage.open(io.BytesIO(data)) as image:
            assert image.info["icc_profile"] == ICC
            assert image.getexif().get_ifd(34665)[37386] == 50.0
            assert image.getexif().get_ifd(34853)[1] == "N"
        stream = CodeStream(data)
        (icc,) = decoder.get_metadata(stream, kind=MetadataKind.ICC_PROFILE)
        assert icc.buffer == ICC
        (iptc,) = decoder.get_metadata(stream, kind=MetadataKind.IPTC)
        assert iptc.buffer == b"\x1c\x02\x05\0\x05title"
        for block in blocks[4:]:
            tag = decoder.get_metadata(stream, id=block.id)
            assert (tag.value, tag.value_type) == (block.value, block.value_type)
        np.testing.assert_array_equal(by_tifffile(data, 3), PHOTO)


def test_tags_are_carried_over(encoder, decoder):
    first = written(
        encoder, as_image(GRAY), None, EncodeParams(metadata=[Metadata.tiff_tag(65010, [3, 4])])
    )
    tag = decoder.get_metadata(CodeStream(first), id=65010)
    second = written(encoder, as_image(GRAY), None, EncodeParams(metadata=[tag]))
    assert decoder.get_metadata(CodeStream(second), id=65010).value == [3, 4]


def test_without_metadata_there_is_a_resolution(encoder):
    with tifffile.TiffFile(io.BytesIO(encoded(encoder, GRAY))) as file:
        tags = file.pages[0].tags
        assert (tags[282].value, tags[283].value, tags[296].value) == ((1, 1), (1, 1), 1)


@pytest.mark.parametrize("tag", [256, 273, 322, 330, 338, 34665])
def test_tags_of_the_pixels_are_refused(encoder, tag):
    params = EncodeParams(metadata=[Metadata.tiff_tag(tag, 1)])
    assert encoder.encode(as_image(GRAY), "tiff", params=params) is None
    assert str(tag) in encoder.last_status[0].message


def test_bad_blocks_are_refused(encoder):
    for block, word in [
        (Metadata(MetadataKind.TIFF_TAG, MetadataFormat.RAW, b"x"), "id"),
        (Metadata(MetadataKind.EXIF, MetadataFormat.RAW, b"II*\0\xff\xff\xff\xff"), "EXIF"),
        (Metadata(MetadataKind.ICC_PROFILE, MetadataFormat.RAW, b"x"), "acsp"),
    ]:
        params = EncodeParams(metadata=[block])
        assert encoder.encode(as_image(GRAY), "tiff", params=params) is None
        assert word in encoder.last_status[0].message


def test_values_of_tags():
    for value, kind, back in [
        ("text", MetadataType.ASCII, "text"),
        (b"ab", MetadataType.UNDEFINED, b"ab"),
        (65535, MetadataType.SHORT, 65535),
        (65536, MetadataType.LONG, 65536),
        (1 << 32, MetadataType.LONG8, 1 << 32),
        (-1, MetadataType.SLONG, -1),
        (-(1 << 40), MetadataType.SLONG8, -(1 << 40)),
        ([1, 2.5], MetadataType.DOUBLE, [1.0, 2.5]),
        ([(1, 2), (3, 4)], MetadataType.RATIONAL, [(1, 2), (3, 4)]),
        ((-1, 2), MetadataType.SRATIONAL, (-1, 2)),
    ]:
        tag = Metadata.tiff_tag(50000, value)
        assert (tag.value_type, tag.value, tag.id, tag.kind) == (
            kind,
            back,
            50000,
            MetadataKind.TIFF_TAG,
        )
    assert Metadata.tiff_tag(1, 5, MetadataType.FLOAT).value == 5.0
    for wrong in (0, 65536):
        with pytest.raises(ValueError):
            Metadata.tiff_tag(wrong, 1)
    for value, kind in [(70000, MetadataType.SHORT), ("x", MetadataType.LONG), ([], None)]:
        with pytest.raises(ValueError):
            Metadata.tiff_tag(1, value, kind)
    with pytest.raises(TypeError):
        Metadata.tiff_tag(1, [object()])


# What is asked for, and what cannot be.


def test_lossless_values_are_levels(encoder):
    def compression_of(value, **tiff):
        params = EncodeParams(quality_type=QualityType.LOSSLESS)
        if value is not None:
            params.quality_value = value
        data = written(encoder, as_image(PHOTO), None, params, **tiff)
        np.testing.assert_array_equal(by_tifffile(data, 3), PHOTO)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            return file.pages[0].compression.name, len(data)

    assert compression_of(None)[0] == "LZW"
    assert compression_of(0)[0] == "NONE"
    assert compression_of(1)[0] == "LZW"
    assert compression_of(6)[0] == "ADOBE_DEFLATE"
    assert compression_of(None, compression="deflate")[0] == "ADOBE_DEFLATE"
    stored, fast, small = (compression_of(v, compression="deflate")[1] for v in (0, 1, 9))
    assert stored > PHOTO.nbytes > fast > small
    assert compression_of(9, compression="zstd")[0] == "ZSTD"


REFUSED = {
    "JPEG of floats": ("float32", {"compression": "jpeg"}, {}, "uint8"),
    "JPEG of two bytes": ("uint16", {"compression": "jpeg"}, {}, "uint8"),
    "WebP of two bytes": ("uint16", {"compression": "webp"}, {}, "uint16"),
    "JPEG 2000 of floats": ("float32", {"compression": "jpeg2k"}, {}, "float32"),
    "LERC of 64 bits": ("uint64", {"compression": "lerc"}, {}, "uint64"),
    "predictor 3 of integers": ("uint8", {"predictor": 3}, {}, "floating"),
    "predictor 4": ("uint8", {"predictor": 4}, {}, "1, 2 or 3"),
    "predictor without compression": ("uint8", {"compression": "none", "predictor": 2}, {}, "lzw"),
    "tiles of 20": ("uint8", {}, {"tile_width": 20, "tile_height": 16}, "multiple of 16"),
    "strips in tiles": (
        "uint8",
        {"rows_per_strip": 4},
        {"tile_width": 16, "tile_height": 16},
        "rows_per_strip",
    ),
    "level of lzw": ("uint8", {"level": 3}, {}, "level"),
    "level of zstd": ("uint8", {"compression": "zstd", "level": 50}, {}, "50"),
    "error of deflate": ("uint8", {"compression": "deflate", "max_error": 1}, {}, "lerc"),
    "rows of half an MCU": ("uint8", {"compression": "jpeg", "rows_per_strip": 12}, {}, "MCU"),
    "quality of lzw": (
        "uint8",
        {},
        {"quality_type": QualityType.QUALITY, "quality_value": 50},
        "jpeg",
    ),
    "lossless JPEG by quality": (
        "uint8",
        {"compression": "jpeg"},
        {"quality_type": QualityType.LOSSLESS},
        "LOSSLESS",
    ),
    "level 10": (
        "uint8",
        {"compression": "deflate"},
        {"quality_type": QualityType.LOSSLESS, "quality_value": 10},
        "0..9",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_why(encoder, name):
    dtype, tiff, more, word = REFUSED[name]
    params = EncodeParams(tiff_encode_params=TiffEncodeParams(**tiff), **more)
    assert encoder.encode(as_image(picture(dtype, 3)), "tiff", params=params) is None
    assert word in encoder.last_status[0].message


def test_channels_that_a_compression_has_no_place_for(encoder):
    for channels, compression in [(2, "jpeg"), (4, "jpeg"), (6, "jpeg"), (1, "webp"), (2, "webp")]:
        params = EncodeParams(tiff_encode_params=TiffEncodeParams(compression))
        image = as_image(picture("uint8", channels))
        assert encoder.encode(image, "tiff", params=params) is None
        assert compression in encoder.last_status[0].message


def test_written_files(encoder, decoder, tmp_path):
    for extension in (".tif", ".TIFF"):
        path = tmp_path / f"x{extension}"
        assert encoder.write(str(path), as_image(PHOTO)) == str(path)
        np.testing.assert_array_equal(tifffile.imread(path), PHOTO)
        np.testing.assert_array_equal(np.asarray(decoder.read(str(path)).cpu()), PHOTO)
    bad = tmp_path / "bad.tif"
    params = EncodeParams(tiff_encode_params=TiffEncodeParams(predictor=3))
    assert encoder.write(str(bad), as_image(PHOTO), params=params) is None
    assert not bad.exists()


def test_sizes(encoder, decoder):
    """From one pixel to many strips, and rows longer than a strip."""
    for height, width in [(1, 1), (1, 5), (5, 1), (3000, 3), (2, 100_000), (17, 16), (1000, 700)]:
        array = picture("uint16", 3, height, width)
        check(decoder, encoded(encoder, array, compression="deflate", level=1), array)
        check(decoder, encoded(encoder, array, (16, 16) if width < 999 else (512, 16)), array)


def test_threads_write_the_same_bytes():
    array = picture("uint8", 3, 1000, 900)
    files = set()
    for threads in (1, 2, 4):
        encoder = Encoder(max_num_cpu_threads=threads)
        for _ in range(2):
            files.add(encoded(encoder, array, (64, 64), compression="zstd"))
    assert len(files) == 1


def test_libtiff_reads_what_is_written(encoder, tmp_path):
    """Through Pillow's libtiff: what it has a mode for."""
    for mode, array in {
        "L": GRAY[..., 0],
        "LA": np.concatenate([GRAY, 255 - GRAY], -1),
        "RGB": PHOTO,
        "RGBA": np.concatenate([PHOTO, GRAY], -1),
        "I;16": GRAY[..., 0].astype(np.uint16) * 250,
        "I": GRAY[..., 0].astype(np.int32) * 70000,
        "F": GRAY[..., 0].astype(np.float32) / 7,
    }.items():
        for compression in ("none", "lzw", "deflate", "packbits", "zstd", "lzma"):
            for planar in (False, True) if mode == "RGB" else (False,):
                for tile in TILES:
                    data = encoded(encoder, array, tile, compression=compression, planar=planar)
                    with PillowImage.open(io.BytesIO(data)) as image:
                        assert image.mode == mode
                        np.testing.assert_array_equal(np.asarray(image), array)


def test_a_classic_file_ends_at_4_gib(encoder):
    """Of zeros that take no memory: judged before anything is written."""
    image = as_image(np.zeros((66_000, 66_000), np.uint8))
    params = EncodeParams(tiff_encode_params=TiffEncodeParams("none", bigtiff=False))
    assert encoder.encode(image, "tiff", params=params) is None
    assert "bigtiff=False" in encoder.last_status[0].message


def test_a_file_that_might_grow_has_room_for_the_larger_header(encoder):
    zeros = np.zeros((50_000, 50_000), np.uint8)
    data = encoded(encoder, zeros, (2048, 2048), compression="zstd", level=1)
    assert data[:4] == b"II*\0"
    assert data[8:16] == bytes(8)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.pages[0].shape == zeros.shape
        assert min(file.pages[0].dataoffsets) == 16


@pytest.mark.skipif(shutil.which("tiffcp") is None, reason="libtiff's programs are not installed")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_tiffcp_copies_what_is_written(encoder, tmp_path, dtype):
    """libtiff's own programs, without a warning."""
    for channels in (1, 3, 4, 5):
        array = picture(dtype, channels)
        for compression in ("none", "lzw", "deflate", "packbits", "zstd", "lzma"):
            for big, planar, tile in [(None, True, None), (True, False, (16, 32))]:
                data = encoded(
                    encoder, array, tile, compression=compression, bigtiff=big, planar=planar
                )
                source, copy = tmp_path / "in.tif", tmp_path / "out.tif"
                source.write_bytes(data)
                command = ["tiffcp", "-c", "none", source, copy]
                run = subprocess.run(command, capture_output=True, text=True)
                assert (run.returncode, run.stderr) == (0, "")
                np.testing.assert_array_equal(by_tifffile(copy.read_bytes(), channels), array)
