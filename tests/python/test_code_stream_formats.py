# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What a CodeStream says of each kind of file, before anything is decoded."""

import io
import struct
import zlib
from typing import NamedTuple

import numpy as np
import pytest
from glimt import (
    ChromaSubsampling,
    CodeStream,
    ColorSpec,
    EncodeParams,
    Encoder,
    Jpeg2kBitstreamType,
    Jpeg2kEncodeParams,
    QualityType,
    SampleFormat,
    as_image,
)
from PIL import Image as PillowImage

HEIGHT, WIDTH = 48, 64


def pixels(channels, dtype=np.uint8, bits=8):
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:channels]
    return ((x * 7 + y * 3 + c * 40) % (1 << bits)).astype(dtype)


def saved(array, file_format, mode=None, **options):
    image = PillowImage.fromarray(np.squeeze(array), mode)
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_file(array, color_type, depth, palette=b"", text=b""):
    """A PNG of samples as they are: Pillow writes no 16-bit colour."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    if depth < 8:
        per_byte = 8 // depth
        grouped = array.reshape(HEIGHT, -1, per_byte).astype(np.uint32)
        shifts = np.arange(per_byte)[::-1] * depth
        rows = (grouped << shifts).sum(-1).astype(np.uint8)
    else:
        rows = array.reshape(HEIGHT, -1).astype(">u2" if depth == 16 else "u1")
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + (chunk(b"PLTE", palette) if palette else b"")
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def jpeg2k(array, bitstream=Jpeg2kBitstreamType.JP2, precision=0, **params):
    image = as_image(array, precision=precision)
    parameters = EncodeParams(
        quality_type=QualityType.LOSSLESS,
        jpeg2k_encode_params=Jpeg2kEncodeParams(bitstream_type=bitstream),
        **params,
    )
    return bytes(Encoder().encode(image, "jpeg2k", params=parameters))


class Expected(NamedTuple):
    codec: str
    channels: int
    dtype: str
    precision: int
    color_spec: ColorSpec
    sample_format: SampleFormat
    subsampling: ChromaSubsampling | None = None
    tiles: tuple[int, ...] | None = None


J2K = Jpeg2kBitstreamType.J2K
ONE_TILE = (1, 1, 64, 48, 0, 0)
RGB, GRAY, SYCC = ColorSpec.SRGB, ColorSpec.GRAY, ColorSpec.SYCC
UNKNOWN, PALETTE, CMYK = ColorSpec.UNKNOWN, ColorSpec.PALETTE, ColorSpec.CMYK
S, C = SampleFormat, ChromaSubsampling


def of_jpeg(subsampling):
    return Expected("jpeg", 3, "uint8", 8, SYCC, S.P_YCC, subsampling)


# observed.md's table, but for TIFF
FILES = {
    "PNG RGB8": (lambda: saved(pixels(3), "PNG"), Expected("png", 3, "uint8", 8, RGB, S.I_RGB)),
    "PNG RGBA8": (lambda: saved(pixels(4), "PNG"), Expected("png", 4, "uint8", 8, RGB, S.I_RGBA)),
    "PNG gray8": (lambda: saved(pixels(1), "PNG"), Expected("png", 1, "uint8", 8, GRAY, S.P_Y)),
    "PNG gray+alpha8": (
        lambda: saved(pixels(2), "PNG", "LA"),
        Expected("png", 2, "uint8", 8, GRAY, S.I_YA),
    ),
    "PNG gray16": (
        lambda: png_file(pixels(1, np.uint16, 16), 0, 16),
        Expected("png", 1, "uint16", 16, GRAY, S.P_Y),
    ),
    "PNG RGB16": (
        lambda: png_file(pixels(3, np.uint16, 16), 2, 16),
        Expected("png", 3, "uint16", 16, RGB, S.I_RGB),
    ),
    "PNG gray+alpha16": (
        lambda: png_file(pixels(2, np.uint16, 16), 4, 16),
        Expected("png", 2, "uint16", 16, GRAY, S.I_YA),
    ),
    "PNG RGBA16": (
        lambda: png_file(pixels(4, np.uint16, 16), 6, 16),
        Expected("png", 4, "uint16", 16, RGB, S.I_RGBA),
    ),
    "PNG 1-bit": (
        lambda: png_file(pixels(1, bits=1), 0, 1),
        Expected("png", 1, "uint8", 1, GRAY, S.P_Y),
    ),
    "PNG 2-bit": (
        lambda: png_file(pixels(1, bits=2), 0, 2),
        Expected("png", 1, "uint8", 2, GRAY, S.P_Y),
    ),
    "PNG 4-bit": (
        lambda: png_file(pixels(1, bits=4), 0, 4),
        Expected("png", 1, "uint8", 4, GRAY, S.P_Y),
    ),
    "PNG palette4": (
        lambda: png_file(pixels(1, bits=4), 3, 4, bytes(range(48))),
        Expected("png", 3, "uint8", 4, PALETTE, S.I_RGB),
    ),
    "PNG palette8": (
        lambda: png_file(pixels(1), 3, 8, bytes(range(256)) * 3),
        Expected("png", 3, "uint8", 8, PALETTE, S.I_RGB),
    ),
    "JPEG 444": (lambda: saved(pixels(3), "JPEG", subsampling=0), of_jpeg(C.CSS_444)),
    "JPEG 422": (lambda: saved(pixels(3), "JPEG", subsampling=1), of_jpeg(C.CSS_422)),
    "JPEG 420": (lambda: saved(pixels(3), "JPEG", subsampling=2), of_jpeg(C.CSS_420)),
    "JPEG progressive": (
        lambda: saved(pixels(3), "JPEG", subsampling=2, progressive=True),
        of_jpeg(C.CSS_420),
    ),
    "JPEG gray": (
        lambda: saved(pixels(1), "JPEG"),
        Expected("jpeg", 1, "uint8", 8, GRAY, S.P_Y, C.CSS_GRAY),
    ),
    "JPEG CMYK": (
        lambda: saved(pixels(4), "JPEG", "CMYK", subsampling=0),
        Expected("jpeg", 4, "uint8", 8, CMYK, S.P_CMYK, C.CSS_444),
    ),
    "JP2 RGB8": (
        lambda: jpeg2k(pixels(3)),
        Expected("jpeg2k", 3, "uint8", 8, RGB, S.P_RGB, C.CSS_444, ONE_TILE),
    ),
    "JP2 gray8": (
        lambda: jpeg2k(pixels(1)),
        Expected("jpeg2k", 1, "uint8", 8, GRAY, S.P_Y, C.CSS_GRAY, ONE_TILE),
    ),
    "J2K gray8": (
        lambda: jpeg2k(pixels(1), J2K),
        Expected("jpeg2k", 1, "uint8", 8, UNKNOWN, S.P_Y, C.CSS_GRAY, ONE_TILE),
    ),
    "J2K RGB8": (
        lambda: jpeg2k(pixels(3), J2K),
        Expected("jpeg2k", 3, "uint8", 8, UNKNOWN, S.P_RGB, C.CSS_444, ONE_TILE),
    ),
    "JP2 RGB16": (
        lambda: jpeg2k(pixels(3, np.uint16, 16)),
        Expected("jpeg2k", 3, "uint16", 16, RGB, S.P_RGB, C.CSS_444, ONE_TILE),
    ),
    "J2K RGB 12-bit": (
        lambda: jpeg2k(pixels(3, np.uint16, 12), J2K, 12),
        Expected("jpeg2k", 3, "uint16", 12, UNKNOWN, S.P_RGB, C.CSS_444, ONE_TILE),
    ),
    "JP2 tiled": (
        lambda: jpeg2k(pixels(3), tile_width=32, tile_height=16),
        Expected("jpeg2k", 3, "uint8", 8, RGB, S.P_RGB, C.CSS_444, (2, 3, 32, 16, 0, 0)),
    ),
    "BMP RGB8": (lambda: saved(pixels(3), "BMP"), Expected("bmp", 3, "uint8", 8, RGB, S.P_RGB)),
    "BMP gray": (lambda: saved(pixels(1), "BMP"), Expected("bmp", 1, "uint8", 8, GRAY, S.P_Y)),
    "BMP palette": (
        lambda: saved(pixels(1), "BMP", "P"),
        Expected("bmp", 3, "uint8", 8, RGB, S.P_RGB),
    ),
    "PPM": (lambda: saved(pixels(3), "PPM"), Expected("pnm", 3, "uint8", 8, RGB, S.P_RGB)),
    "PGM": (lambda: saved(pixels(1), "PPM"), Expected("pnm", 1, "uint8", 8, GRAY, S.P_Y)),
    "PGM 16": (
        lambda: b"P5\n64 48\n65535\n" + bytes(2 * 64 * 48),
        Expected("pnm", 1, "uint16", 16, GRAY, S.P_Y),
    ),
    "WebP": (
        lambda: saved(pixels(3), "WEBP", lossless=True),
        Expected("webp", 3, "uint8", 8, RGB, S.I_RGB),
    ),
    "WebP alpha": (
        lambda: saved(pixels(4), "WEBP", lossless=True),
        Expected("webp", 4, "uint8", 8, RGB, S.I_RGBA),
    ),
}
TILES = "num_tiles_x num_tiles_y tile_width tile_height tile_offset_x tile_offset_y".split()


def palette_bmp():
    image = PillowImage.fromarray(pixels(3)).quantize(16)
    buffer = io.BytesIO()
    image.save(buffer, "BMP")
    return buffer.getvalue()


FILES["BMP palette"] = (palette_bmp, FILES["BMP palette"][1])


@pytest.fixture(scope="module", params=FILES)
def case(request, tmp_path_factory):
    make, expected = FILES[request.param]
    data = make()
    path = tmp_path_factory.mktemp("files") / "file"
    path.write_bytes(data)
    return data, path, expected


STREAMS = {
    "bytes": lambda data, path: CodeStream(data),
    "array": lambda data, path: CodeStream(np.frombuffer(data, np.uint8)),
    "file": lambda data, path: CodeStream(path),
    "sub stream": lambda data, path: CodeStream(data).get_sub_code_stream(0),
    "sub stream of a file": lambda data, path: CodeStream(path).get_sub_code_stream(0),
    "limited": lambda data, path: CodeStream(data, limit_images=1),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_properties(kind, case):
    data, path, expected = case
    stream = STREAMS[kind](data, path)
    assert stream.codec_name == expected.codec
    assert (stream.height, stream.width) == (HEIGHT, WIDTH)
    assert stream.num_channels == expected.channels
    assert isinstance(stream.dtype, np.dtype)
    assert stream.dtype == expected.dtype
    assert stream.precision == expected.precision
    assert stream.color_spec is expected.color_spec
    assert stream.sample_format is expected.sample_format
    assert stream.num_images == 1
    assert stream.size == stream.capacity == len(data)
    assert stream.pin_memory is True
    assert tuple(getattr(stream, name) for name in TILES) == (expected.tiles or (None,) * 6)
    assert stream.subifd_offsets == []
    assert stream.ifd_offset is stream.next_ifd_offset is stream.next_bitstream_offset is None
    if expected.codec == "jpeg":
        assert stream.chroma_subsampling is expected.subsampling
    assert bytes(stream) == data


def test_repr(case):
    data, _, expected = case
    words = (
        f"codec_name={expected.codec} num_images=1 height=48 width=64 "
        f"num_channels={expected.channels} dtype={expected.dtype} precision={expected.precision} "
        f"color_spec={int(expected.color_spec)} sample_format={int(expected.sample_format)} "
        f"size={len(data)} capacity={len(data)}"
    )
    if expected.tiles:
        x, y, width, height = expected.tiles[:4]
        words += f" num_tiles_y={y} num_tiles_x={x} tile_height={height} tile_width={width}"
    assert repr(CodeStream(data)) == f"CodeStream( {words})"
    viewed = words.replace(" height", " view=CodeStreamView(image_idx=0, region=None) height", 1)
    assert repr(CodeStream(data).get_sub_code_stream()) == f"CodeStream( {viewed})"


@pytest.mark.parametrize("offset", [None, 1, 2**63])
@pytest.mark.parametrize("limit", [0, 1, 2**40])
def test_offsets_and_limits_mean_nothing_to_single_images(offset, limit, case):
    data, path, _ = case
    for source in (data, np.frombuffer(data, np.uint8), path):
        stream = CodeStream(source, offset, limit)
        assert (stream.num_images, stream.width, stream.size) == (1, WIDTH, len(data))
        if not offset and not limit:
            assert stream.view is None
        else:
            assert (stream.view.image_idx, stream.view.region) == (0, None)
            assert (stream.view.bitstream_offset, stream.view.limit_images) == (offset or 0, limit)
        assert stream.get_sub_code_stream(0).view.bitstream_offset == (offset or 0)
        assert stream.get_sub_code_stream(bitstream_offset=5).view.bitstream_offset == 5
        assert stream.get_sub_code_stream(0).view.limit_images == 0


def test_a_cut_file_says_so_or_still_knows_its_header(case):
    data = case[0]
    for cut in (0, 1, 2, 4, 8, 11, 13, 20):
        stream = CodeStream(data[:cut])
        try:
            assert (stream.width, stream.height) == (WIDTH, HEIGHT)
        except RuntimeError as error:
            assert "failed to get image info" in str(error)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_orientation_does_not_swap_the_sides(orientation, file_format):
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    stream = CodeStream(saved(pixels(3), file_format, exif=exif))
    assert (stream.height, stream.width, stream.orientation) == (HEIGHT, WIDTH, orientation)


@pytest.mark.parametrize("codec", ["jpeg", "png", "bmp", "pnm", "webp", "jpeg2k"])
def test_encoder_output_says_what_its_bytes_say(codec):
    encoded = Encoder().encode(pixels(3), codec)
    again = CodeStream(bytes(encoded))
    for name in (
        *TILES,
        "width",
        "height",
        "num_channels",
        "dtype",
        "precision",
        "codec_name",
        "color_spec",
        "sample_format",
        "size",
        "num_images",
        "chroma_subsampling",
    ):
        assert getattr(encoded, name) == getattr(again, name), name
    assert (encoded.view.image_idx, encoded.view.region) == (0, None)
    assert encoded.next_bitstream_offset is None
    with pytest.raises(RuntimeError):
        encoded.get_sub_code_stream(1)
