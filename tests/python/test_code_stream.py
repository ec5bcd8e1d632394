# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import array
import io
import os
import pathlib

import glimt
import numpy as np
import pytest
from glimt import CodeStream, CodeStreamView, ColorSpec, Region, SampleFormat


@pytest.fixture
def png_path(tmp_path, png):
    path = tmp_path / "image.png"
    path.write_bytes(png)
    return path


SOURCES = {
    "bytes": lambda data: data,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "ndarray": lambda data: np.frombuffer(data, np.uint8),
    "strided ndarray": lambda data: np.repeat(np.frombuffer(data, np.uint8), 3)[::3],
    "reversed ndarray": lambda data: np.frombuffer(data[::-1], np.uint8)[::-1],
    "int64 ndarray": lambda data: np.frombuffer(data, np.uint8).astype(np.int64),
    "array.array": lambda data: array.array("B", data),
    "list": list,
    "tuple": tuple,
    "file object": io.BytesIO,
    "CodeStream": CodeStream,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_data(kind, png):
    stream = CodeStream(SOURCES[kind](png))
    assert (stream.width, stream.height, stream.num_channels) == (64, 48, 3)
    assert bytes(stream) == png
    assert stream.size == stream.capacity == len(png)
    assert stream.pin_memory is True
    assert stream.view is None


@pytest.mark.parametrize("convert", [str, pathlib.Path, lambda p: str(p).encode()])
def test_path(convert, png, png_path):
    path = convert(png_path)
    if isinstance(path, bytes):  # bytes are data, never a name
        with pytest.raises(RuntimeError):
            _ = CodeStream(path).width
        return
    stream = CodeStream(path)
    assert stream.codec_name == "png"
    assert bytes(stream) == png
    assert stream.size == stream.capacity == len(png)


def test_keywords(png, png_path):
    assert CodeStream(bytes=png).width == 64
    assert CodeStream(array=np.frombuffer(png, np.uint8)).width == 64
    assert CodeStream(filename=png_path).width == 64
    assert CodeStream(pre_allocated_size=10, pin_memory=False).pin_memory is False
    assert CodeStream(png, bitstream_offset=0, limit_images=1).num_images == 1


def test_large_file_is_mapped(tmp_path, encoder):
    pixels = np.random.default_rng(1).integers(0, 255, (900, 1200, 3), np.uint8)
    path = tmp_path / "large.bmp"
    encoder.write(str(path), pixels)
    stream = CodeStream(path)
    path.unlink()
    assert (np.asarray(glimt.Decoder().decode(stream)) == pixels).all()


def test_file_object_is_read_from_its_position(png):
    file = io.BytesIO(b"skipped" + png)
    file.seek(7)
    assert bytes(CodeStream(file)) == png


def test_text_file_object_is_refused(tmp_path):
    path = tmp_path / "text"
    path.write_text("text")
    with path.open() as file, pytest.raises(TypeError, match="binary"):
        CodeStream(file)


@pytest.mark.parametrize(
    "data", [np.zeros((4, 4), np.uint8), np.uint8(3) + np.zeros((), np.uint8), [[1, 2], [3, 4]]]
)
def test_data_has_one_dimension(data):
    with pytest.raises(ValueError):
        CodeStream(data)


@pytest.mark.parametrize(
    "arguments", [(None,), (1.5,), (object(),), (-1,), (b"x", -1), (b"x", 0, -1)]
)
def test_wrong_types(arguments):
    with pytest.raises(TypeError):
        CodeStream(*arguments)


def test_missing_file(tmp_path):
    path = str(tmp_path / "missing.png")
    for error in (glimt.FileMissing, FileNotFoundError, RuntimeError, TypeError, OSError):
        with pytest.raises(error) as caught:
            CodeStream(path)
        assert caught.value.filename == path
        assert path in str(caught.value)


def test_unreadable_files(tmp_path):
    empty = tmp_path / "empty.png"
    empty.touch()
    with pytest.raises(glimt.FileError, match="empty") as caught:
        CodeStream(empty)
    assert not isinstance(caught.value, glimt.FileMissing)
    with pytest.raises(RuntimeError) as caught:
        CodeStream(tmp_path)
    assert not isinstance(caught.value, glimt.FileMissing)
    with pytest.raises(ValueError):
        CodeStream("null\0byte")


def test_name_that_is_not_utf8(tmp_path, png):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    with open(path, "wb") as file:
        file.write(png)
    assert CodeStream(os.fsdecode(path)).width == 64


PROPERTIES = """width height num_channels dtype precision codec_name color_spec sample_format num_images
    chroma_subsampling num_tiles_x tile_width tile_offset_y next_bitstream_offset subifd_offsets
    ifd_offset next_ifd_offset orientation coding""".split()


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize("data", [b"", b"this is no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_damaged_data_raises_at_the_first_question(name, data):
    stream = CodeStream(data)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="failed to get image info"):
            getattr(stream, name)
    assert stream.size == len(data)
    with pytest.raises(RuntimeError):
        repr(stream)
    with pytest.raises(RuntimeError):
        stream.get_sub_code_stream(0)


def test_properties_of_single_images(files):
    expected = {
        "png": ("png", 3, ColorSpec.SRGB, SampleFormat.I_RGB),
        "bmp": ("bmp", 3, ColorSpec.SRGB, SampleFormat.P_RGB),
        "pnm": ("pnm", 3, ColorSpec.SRGB, SampleFormat.P_RGB),
        "webp": ("webp", 3, ColorSpec.SRGB, SampleFormat.I_RGB),
        "jpeg": ("jpeg", 3, ColorSpec.SYCC, SampleFormat.P_YCC),
        "gray.png": ("png", 1, ColorSpec.GRAY, SampleFormat.P_Y),
        "gray.jpeg": ("jpeg", 1, ColorSpec.GRAY, SampleFormat.P_Y),
        "rgba.png": ("png", 4, ColorSpec.SRGB, SampleFormat.I_RGBA),
    }
    for name, (codec, channels, color_spec, sample_format) in expected.items():
        stream = CodeStream(files[name])
        assert stream.codec_name == codec, name
        assert (stream.height, stream.width, stream.num_channels) == (48, 64, channels), name
        assert stream.color_spec is color_spec, name
        assert stream.sample_format is sample_format, name
        assert stream.dtype == np.uint8
        assert isinstance(stream.dtype, np.dtype)
        assert stream.precision == 8
        assert stream.num_images == 1
        assert stream.subifd_offsets == []
        for unknown in ("next_bitstream_offset", "ifd_offset", "next_ifd_offset"):
            assert getattr(stream, unknown) is None
        for tile in ("num_tiles_x", "num_tiles_y", "tile_width", "tile_height", "tile_offset_x"):
            assert getattr(stream, tile) is None
    assert CodeStream(files["jpeg"]).chroma_subsampling is glimt.ChromaSubsampling.CSS_444
    assert CodeStream(files["png"]).chroma_subsampling is None


def test_properties_of_jpeg2000(files):
    stream = CodeStream(files["jpeg2k"])
    assert stream.codec_name == "jpeg2k"
    assert stream.color_spec is ColorSpec.SRGB
    assert stream.sample_format is SampleFormat.P_RGB
    tiles = (
        "num_tiles_x",
        "num_tiles_y",
        "tile_width",
        "tile_height",
        "tile_offset_x",
        "tile_offset_y",
    )
    assert [getattr(stream, name) for name in tiles] == [1, 1, 64, 48, 0, 0]
    assert repr(stream).endswith("num_tiles_y=1 num_tiles_x=1 tile_height=48 tile_width=64 )")


def test_properties_are_read_only(png):
    stream = CodeStream(png)
    for name in (*PROPERTIES, "size", "capacity", "view", "pin_memory"):
        with pytest.raises(AttributeError):
            setattr(stream, name, 1)


def test_repr(png):
    assert repr(CodeStream(png)) == (
        "CodeStream( codec_name=png num_images=1 height=48 width=64 num_channels=3 dtype=uint8 "
        f"precision=8 color_spec=1 sample_format=8 size={len(png)} capacity={len(png)} )"
    )
    assert " view=CodeStreamView(image_idx=0 region=None) height=" in repr(
        CodeStream(png).get_sub_code_stream(0)
    )


def test_buffer_protocol(png, png_path, tmp_path):
    for stream in (CodeStream(png), CodeStream(png_path), CodeStream(png).get_sub_code_stream()):
        view = memoryview(stream)
        assert (view.ndim, view.format, view.itemsize, view.readonly) == (1, "B", 1, True)
        assert view == png
        assert (np.frombuffer(stream, np.uint8) == np.frombuffer(png, np.uint8)).all()
        with (tmp_path / "copy.png").open("wb") as file:
            file.write(stream)
        assert (tmp_path / "copy.png").read_bytes() == png


def test_sub_streams(png):
    stream = CodeStream(png)
    region = Region(3, 4, 20, 30)
    child = stream.get_sub_code_stream(0, region)
    assert child.view.image_idx == 0
    assert child.view.region.start == (3, 4)
    assert (child.width, child.height) == (64, 48)  # of the whole image
    assert child.size == len(png)
    by_view = stream.get_sub_code_stream(CodeStreamView(0, region))
    assert by_view.view.region.end == (20, 30)
    assert stream.get_sub_code_stream(view=CodeStreamView()).view.region is None
    assert child.get_sub_code_stream(0).view.region is None  # a region is not inherited
    assert stream.get_sub_code_stream(region=Region()).view.region is None
    with pytest.raises(RuntimeError, match="nested"):
        child.get_sub_code_stream(region=region)
    with pytest.raises(RuntimeError, match=r"image_idx 1 .*\[0, 1\)"):
        stream.get_sub_code_stream(1)
    with pytest.raises(TypeError):
        stream.get_sub_code_stream(-1)
    with pytest.raises(TypeError):
        stream.get_sub_code_stream(nonsense=1)


def test_offset_and_limit_show_in_the_view(png):
    stream = CodeStream(png, bitstream_offset=5, limit_images=2)
    assert (stream.view.bitstream_offset, stream.view.limit_images) == (5, 2)
    assert stream.width == 64  # no TIFF: kept, and otherwise ignored
    child = stream.get_sub_code_stream(0)
    assert (child.view.bitstream_offset, child.view.limit_images) == (5, 0)


def test_unused_output():
    stream = CodeStream(1000)
    assert stream.size == 1000
    assert stream.capacity >= 1000
    assert stream.pin_memory is True
    assert stream.view is None
    with pytest.raises(RuntimeError):
        _ = stream.width
    with pytest.raises(RuntimeError):
        stream.get_sub_code_stream()
    with pytest.raises(RuntimeError):
        bytes(stream)
    assert CodeStream().size == 0
    assert CodeStream().capacity == 0
