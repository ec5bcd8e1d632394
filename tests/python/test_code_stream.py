# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import array
import collections
import gzip
import io
import os
import pathlib
import tempfile

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


def test_files_of_several_kinds(png, png_path, decoder, rgb):
    with tempfile.NamedTemporaryFile() as wrapped, tempfile.SpooledTemporaryFile() as spooled:
        for file in (wrapped, spooled):
            file.write(png)
            for use in (CodeStream, decoder.decode, lambda f: decoder.decode([f])[0]):
                file.seek(0)
                assert use(file).width == 64
    with png_path.open("rb") as plain, png_path.open("rb", buffering=0) as raw:
        for file in (plain, raw):
            assert (np.asarray(decoder.decode(file)) == rgb).all()
    with gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(png))) as packed:
        assert CodeStream(packed).size == len(png)


def test_text_file_object_is_refused(tmp_path):
    path = tmp_path / "text"
    path.write_text("text")
    with path.open() as file, pytest.raises(TypeError, match="binary"):
        CodeStream(file)


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4), np.int64),
        np.zeros((4, 4, 4), np.uint8)[::2],
        np.uint8(3) + np.zeros((), np.uint8),
        np.int64(100),
        1.5,
        [[1, 2], [3, 4]],
        memoryview(bytes(16)).cast("B", (4, 4)),
    ],
)
def test_data_has_one_dimension(data):
    with pytest.raises(ValueError):
        CodeStream(data)


@pytest.mark.parametrize(
    "arguments",
    [
        (None,),
        (object(),),
        (-1,),
        (1 << 70,),
        (1j,),
        ({},),
        ({1, 2},),
        (["a"],),
        ([None],),
        (np.frombuffer(b"text", "S1"),),
        ("null\0byte",),
        (b"x", -1),
        (b"x", 1.5),
        (b"x", "1"),
        (b"x", 0, -1),
        (b"x", 0, None),
        (10, True, 1),
        (10, "yes"),
    ],
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
    with pytest.raises(glimt.FileError, match="failed to create code stream"):
        CodeStream("x" * 5000)
    with pytest.raises(glimt.FileMissing):
        CodeStream("")


def test_name_that_is_not_utf8(tmp_path, png):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    with open(path, "wb") as file:
        file.write(png)
    assert CodeStream(os.fsdecode(path)).width == 64


PROPERTIES = """width height num_channels dtype precision codec_name color_spec sample_format num_images
    chroma_subsampling num_tiles_x tile_width tile_offset_y next_bitstream_offset subifd_offsets
    ifd_offset next_ifd_offset orientation coding size num_tiles_y tile_height tile_offset_x""".split()
OF_THE_STREAM = (
    "num_images size next_bitstream_offset subifd_offsets ifd_offset next_ifd_offset".split()
)


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize("data", [b"", b"this is no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_damaged_data_raises_at_the_first_question(name, data):
    stream = CodeStream(data)
    what = "code stream" if name in OF_THE_STREAM else "image"
    for _ in range(2):
        with pytest.raises(RuntimeError, match=f"failed to get {what} info"):
            getattr(stream, name)
    assert stream.capacity == len(data)
    assert stream.pin_memory is True
    assert stream.view is None
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
    assert repr(stream).endswith("num_tiles_y=1 num_tiles_x=1 tile_height=48 tile_width=64)")


def test_properties_are_read_only(png):
    stream = CodeStream(png)
    for name in (*PROPERTIES, "size", "capacity", "view", "pin_memory"):
        with pytest.raises(AttributeError):
            setattr(stream, name, 1)


def test_repr(png):
    assert repr(CodeStream(png)) == (
        "CodeStream( codec_name=png num_images=1 height=48 width=64 num_channels=3 dtype=uint8 "
        f"precision=8 color_spec=1 sample_format=8 size={len(png)} capacity={len(png)})"
    )
    assert " view=CodeStreamView(image_idx=0, region=None) height=" in repr(
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


@pytest.mark.parametrize("region", [Region(0, 0, 5, 5), Region([0, 0], [9, 9]), Region([1], [2])])
def test_nested_regions_are_refused(region, png):
    child = CodeStream(png).get_sub_code_stream(region=Region(3, 4, 20, 30))
    for arguments in ({"region": region}, {"view": CodeStreamView(0, region)}):
        with pytest.raises(RuntimeError, match="nested"):
            child.get_sub_code_stream(**arguments)


@pytest.mark.parametrize("index", [1, 2, 1000, 2**32 - 1, 2**32, 2**40])
def test_there_is_one_image(index, png):
    stream = CodeStream(png)
    with pytest.raises(RuntimeError, match=r"image_idx \d+ .*\[0, 1\)"):
        stream.get_sub_code_stream(index)
    with pytest.raises(RuntimeError, match=r"image_idx \d+ .*\[0, 1\)"):
        stream.get_sub_code_stream(CodeStreamView(index))


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [
        ((-1,), {}),
        ((0.0,), {}),
        (("0",), {}),
        ((None,), {}),
        ((0, "region"), {}),
        ((0, (1, 2, 3, 4)), {}),
        ((0, None, -1), {}),
        ((0, None, 0, -1), {}),
        ((0, None, 0, 0, True), {}),
        ((), {"nonsense": 1}),
        ((), {"view": None}),
        ((CodeStreamView(), Region(1, 2, 3, 4)), {}),
    ],
)
def test_wrong_views(arguments, keywords, png):
    with pytest.raises(TypeError):
        CodeStream(png).get_sub_code_stream(*arguments, **keywords)


def test_views():
    view = CodeStreamView()
    assert (view.image_idx, view.region) == (0, None)
    assert (view.bitstream_offset, view.limit_images) == (0, 0)
    region = Region(1, 2, 3, 4)
    view = CodeStreamView(2, region, 8, 5)
    assert (view.image_idx, view.bitstream_offset, view.limit_images) == (2, 8, 5)
    assert (view.region.start, view.region.end) == ((1, 2), (3, 4))
    view = CodeStreamView(limit_images=5, bitstream_offset=None, region=Region(), image_idx=1)
    assert (view.image_idx, view.region, view.bitstream_offset) == (1, None, 0)
    for name in ("image_idx", "region", "bitstream_offset", "limit_images"):
        with pytest.raises(AttributeError):
            setattr(view, name, 0)


@pytest.mark.parametrize(
    "arguments", [(-1,), ("0",), (0.5,), (None,), (0, "x"), (0, None, -1), (0, None, 0, -1)]
)
def test_wrong_arguments_of_views(arguments):
    with pytest.raises(TypeError):
        CodeStreamView(*arguments)


def test_reprs_of_views():
    assert repr(CodeStreamView()) == "CodeStreamView(image_idx=0, region=None)"
    assert repr(CodeStreamView(3, None, 8, 2)) == (
        "CodeStreamView(image_idx=3, region=None, bitstream_offset=8, limit_images=2)"
    )
    region = Region(1, 2, 3, 4)
    assert repr(CodeStreamView(0, region)) == f"CodeStreamView(image_idx=0, region={region!r})"


# Regions of regions


def decoded(stream, **params):
    return np.asarray(glimt.Decoder().decode(stream, params=glimt.DecodeParams(**params)))


@pytest.mark.parametrize("name", ["png", "bmp", "pnm", "webp", "jpeg2k", "jpeg"])
def test_a_nested_region_counts_from_the_corner_of_the_outer_one(name, files):
    outer = CodeStream(files[name]).get_sub_code_stream(region=Region(7, 9, 40, 60))
    inner = outer.get_sub_code_stream(region=Region(2, 3, 20, 30), nested=True)
    assert (inner.view.region.start, inner.view.region.end) == ((9, 12), (27, 39))
    assert (decoded(inner) == decoded(outer)[2:20, 3:30]).all()
    third = inner.get_sub_code_stream(CodeStreamView(region=Region(1, 1, 5, 6)), nested=True)
    assert (decoded(third) == decoded(outer)[3:7, 4:9]).all()
    whole = outer.get_sub_code_stream(nested=True)
    assert whole.view.region.start == (7, 9)
    assert (decoded(whole) == decoded(outer)).all()


def test_nested_regions_outside_of_the_image_take_the_outer_fill(png):
    outer = CodeStream(png).get_sub_code_stream(region=Region(-10, -10, 30, 30, 77))
    inner = outer.get_sub_code_stream(region=Region(5, 5, 20, 20, 13), nested=True)
    assert (decoded(inner) == decoded(outer)[5:20, 5:20]).all()
    assert (decoded(inner)[0, 0] == 77).all()


def test_what_is_nested_lies_within(png):
    outer = CodeStream(png).get_sub_code_stream(region=Region(10, 10, 30, 30))
    for wrong in ((0, 0, 21, 20), (0, 0, 20, 21), (-1, 0, 5, 5), (0, -1, 5, 5), (30, 0, 31, 1)):
        with pytest.raises(RuntimeError, match="within"):
            outer.get_sub_code_stream(region=Region(*wrong), nested=True)
    with pytest.raises(RuntimeError, match="within"):
        outer.get_sub_code_stream(region=Region(0, 0, 2**31 - 1, 2**31 - 1), nested=True)
    with pytest.raises(RuntimeError, match="dimensions"):
        outer.get_sub_code_stream(region=Region([1], [2]), nested=True)
    with pytest.raises(RuntimeError, match="image_idx"):
        outer.get_sub_code_stream(1, nested=True)
    assert outer.get_sub_code_stream(region=Region(0, 0, 20, 20), nested=True).width == 64


def test_nesting_without_an_outer_region(png):
    stream = CodeStream(png)
    child = stream.get_sub_code_stream(region=Region(1, 2, 3, 4), nested=True)
    assert child.view.region.start == (1, 2)
    with pytest.raises(RuntimeError, match=r"\[0, 1\)"):
        stream.get_sub_code_stream(1, nested=True)


def test_offset_and_limit_show_in_the_view(png):
    stream = CodeStream(png, bitstream_offset=5, limit_images=2)
    assert (stream.view.bitstream_offset, stream.view.limit_images) == (5, 2)
    assert stream.width == 64  # no TIFF: kept, and otherwise ignored
    child = stream.get_sub_code_stream(0)
    assert (child.view.bitstream_offset, child.view.limit_images) == (5, 0)


@pytest.mark.parametrize("size", [0, 1, 10, 1000, 4096, 1 << 20])
@pytest.mark.parametrize("pin_memory", [True, False])
def test_unused_outputs(size, pin_memory):
    stream = CodeStream(size, pin_memory)
    assert stream.size == stream.capacity == size
    assert stream.pin_memory is pin_memory
    assert stream.view is None
    for name in set(PROPERTIES) - {"size"}:
        with pytest.raises(RuntimeError):
            getattr(stream, name)
    for use in (repr, bytes, memoryview, CodeStream.get_sub_code_stream):
        with pytest.raises(RuntimeError):
            use(stream)


def test_outputs_by_keyword():
    assert CodeStream().size == CodeStream().capacity == 0
    assert CodeStream().pin_memory is True
    assert CodeStream(pin_memory=False).capacity == 0
    assert CodeStream(pre_allocated_size=7).capacity == 7


def test_a_size_that_memory_cannot_hold():
    with pytest.raises((MemoryError, RuntimeError)):
        CodeStream(1 << 62)


# Encoding into a stream


CODECS = ["png", "bmp", "pnm", "webp", "jpeg", "jpeg2k"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size", [0, 1, 100, 200_000])
def test_encoding_into_a_stream(codec, size, encoder, rgb):
    fresh = encoder.encode(rgb, codec)
    assert fresh.capacity == fresh.size == len(bytes(fresh))
    stream = CodeStream(size, pin_memory=False)
    assert encoder.encode(rgb, codec, code_stream_s=stream) is stream
    assert bytes(stream) == bytes(fresh)
    assert stream.size == fresh.size
    assert stream.capacity == max(size, stream.size)
    assert stream.pin_memory is False
    assert stream.codec_name == codec
    assert (stream.width, stream.height) == (64, 48)
    assert (stream.view.image_idx, stream.view.region) == (0, None)


def test_capacity_grows_and_stays(encoder, rgb):
    stream = encoder.encode(rgb[:8, :8], "bmp")
    small = stream.capacity
    assert encoder.encode(rgb, "bmp", code_stream_s=stream) is stream
    large = stream.capacity
    assert large == stream.size > small
    for codec in CODECS:
        assert encoder.encode(rgb[:9, :9], codec, code_stream_s=stream) is stream
        assert (stream.codec_name, stream.width) == (codec, 9)
        assert stream.size < stream.capacity == large


def test_a_stream_that_is_looked_at_gets_other_memory(encoder, rgb):
    stream = CodeStream(100_000)
    encoder.encode(rgb, "bmp", code_stream_s=stream)
    view = memoryview(stream)
    before = bytes(view)
    encoder.encode(rgb[:8, :8], "bmp", code_stream_s=stream)
    assert bytes(view) == before
    assert stream.capacity >= stream.size == len(bytes(stream))


def test_streams_of_a_batch(encoder, decoder, rgb):
    streams = [CodeStream(10), CodeStream(), encoder.encode(rgb[:2, :2], "png"), None]
    results = encoder.encode([rgb[:i] for i in (8, 16, 24, 32)], "png", code_stream_s=streams)
    assert [a is b for a, b in zip(results, streams)] == [True, True, True, False]
    for height, image in zip((8, 16, 24, 32), decoder.decode(results)):
        assert (np.asarray(image) == rgb[:height]).all()


@pytest.mark.parametrize(
    "streams", [CodeStream(10), 5, "name", [], [CodeStream()], [1, 2], object()]
)
def test_wrong_streams_for_a_batch(streams, encoder, rgb):
    with pytest.raises(ValueError):
        encoder.encode([rgb, rgb], "png", code_stream_s=streams)


@pytest.mark.parametrize("stream", [5, "name", [], [CodeStream()], (CodeStream(),), object()])
def test_wrong_streams_for_one_image(stream, encoder, rgb):
    with pytest.raises(ValueError):
        encoder.encode(rgb, "png", code_stream_s=stream)


def test_a_stream_holds_one_image(encoder, rgb, warnings):
    stream, other = CodeStream(10), CodeStream(10)
    results = encoder.encode([rgb, rgb[:8], rgb[:9]], "png", code_stream_s=[stream, stream, other])
    assert results[0] is stream
    assert results[1] is None
    assert results[2] is other
    assert (decoded(stream) == rgb).all()
    assert (decoded(other) == rgb[:9]).all()
    assert len(warnings()) == 1


def test_streams_to_decode_are_no_outputs(encoder, rgb, png, png_path):
    for stream in (CodeStream(png), CodeStream(png_path), CodeStream(png).get_sub_code_stream()):
        with pytest.raises(ValueError, match="pre_allocated_size"):
            encoder.encode(rgb, "png", code_stream_s=stream)
        assert bytes(stream) == png


def test_a_failed_encode_leaves_a_stream_that_can_be_used(encoder, rgb):
    stream = CodeStream(50_000)
    assert encoder.encode(np.zeros((4, 4, 3), "f8"), "jpeg", code_stream_s=stream) is None
    assert encoder.encode(rgb, "png", code_stream_s=stream) is stream
    assert stream.capacity == 50_000
    assert (decoded(stream) == rgb).all()


# What the decoder takes for a stream


BATCHES = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict values": lambda items: dict(enumerate(items)).values(),
    "dict keys": lambda items: dict.fromkeys(items).keys(),
    "generator": lambda items: (item for item in items),
    "deque": collections.deque,
    "array of objects": lambda items: np.array([*items, None], object)[:-1],
}


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("method", ["decode", "read"])
@pytest.mark.parametrize("of", ["names", "data", "streams"])
def test_batches(kind, method, of, decoder, files, tmp_path, rgb):
    names = [tmp_path / f"{name}.x" for name in ("png", "bmp", "pnm")]
    for path in names:
        path.write_bytes(files[path.stem])
    items = {
        "names": [str(path) for path in names],
        "data": [path.read_bytes() for path in names],
        "streams": [CodeStream(path) for path in names],
    }[of]
    images = getattr(decoder, method)(BATCHES[kind](items))
    assert isinstance(images, list)
    assert len(images) == 3
    for image in images:
        assert (np.asarray(image) == rgb).all()


SINGLES = {kind: SOURCES[kind] for kind in SOURCES if kind not in ("list",)}


@pytest.mark.parametrize("kind", SINGLES)
@pytest.mark.parametrize("method", ["decode", "read"])
def test_single_sources(kind, method, decoder, png, rgb):
    image = getattr(decoder, method)(SINGLES[kind](png))
    assert (np.asarray(image) == rgb).all()


@pytest.mark.parametrize("convert", [str, pathlib.Path, np.str_])
@pytest.mark.parametrize("method", ["decode", "read"])
def test_paths(convert, method, decoder, png_path, rgb):
    decode = getattr(decoder, method)
    assert (np.asarray(decode(convert(png_path))) == rgb).all()
    for batch in ([convert(png_path)] * 2, (convert(png_path),) * 2, np.array([str(png_path)] * 2)):
        images = decode(batch)
        assert [(np.asarray(image) == rgb).all() for image in images] == [True, True]


def test_a_tuple_of_ints_is_one_stream_and_a_list_is_none(decoder, png, rgb):
    assert (np.asarray(decoder.decode(tuple(png))) == rgb).all()
    with pytest.raises(TypeError):
        decoder.decode(list(png))


@pytest.mark.parametrize(
    "source",
    [
        5,
        1.5,
        1j,
        object(),
        {},
        {"a": 1},
        [5],
        [[b"x"]],
        [object()],
        np.uint8(3),
        np.zeros((), np.uint8),
        memoryview(bytes(16)).cast("B", (4, 4)),
        "null\0byte",
        ["null\0byte"],
        glimt.DecodeParams(),
        glimt.as_image(np.zeros((4, 4, 3), np.uint8)),
        [glimt.as_image(np.zeros((4, 4, 3), np.uint8))],
    ],
)
@pytest.mark.parametrize("method", ["decode", "read", "try_decode"])
def test_no_sources(source, method, decoder):
    with pytest.raises(TypeError):
        getattr(decoder, method)(source)


@pytest.mark.parametrize("method", ["decode", "read", "try_decode"])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: (x,), pathlib.Path])
def test_missing_paths(method, wrap, decoder, tmp_path):
    for error in (FileNotFoundError, RuntimeError, TypeError, glimt.FileMissing):
        with pytest.raises(error):
            getattr(decoder, method)(wrap(str(tmp_path / "missing.png")))
    if wrap is not pathlib.Path:
        with pytest.raises(glimt.FileMissing):
            getattr(decoder, method)(wrap(""))


def test_rows_of_an_array_are_a_batch(decoder, png, rgb):
    rows = np.stack([np.frombuffer(png, np.uint8)] * 2)
    assert [(np.asarray(image) == rgb).all() for image in decoder.decode(rows)] == [True, True]


# Files that change


@pytest.mark.parametrize("size", [(48, 64), (700, 900)])  # read whole; mapped
def test_a_replaced_file_is_read_anew(size, tmp_path, encoder, decoder):
    path = tmp_path / "image.bmp"
    pixels = [np.full((*size, 3), value, np.uint8) for value in (10, 20)]
    encoder.write(path, pixels[0])
    old = CodeStream(path)
    assert (decoded(old) == 10).all()
    encoder.write(path, pixels[1])  # by renaming: another inode
    assert (decoded(CodeStream(path)) == 20).all()
    assert (np.asarray(decoder.read(path)) == 20).all()
    assert (decoded(old) == 10).all()
    encoder.write(path, np.zeros((900, 900, 3), np.uint8))
    new = CodeStream(path)
    assert (new.height, new.size) == (900, path.stat().st_size)


@pytest.mark.parametrize("height", [8, 3000])
def test_a_file_written_over_is_read_anew(height, tmp_path, encoder):
    path = tmp_path / "image.bmp"
    path.write_bytes(bytes(encoder.encode(np.full((height, 500, 3), 10, np.uint8), "bmp")))
    first = CodeStream(path)
    assert first.height == height
    larger = bytes(encoder.encode(np.full((height + 7, 500, 3), 20, np.uint8), "bmp"))
    with path.open("r+b") as file:  # the same inode
        file.write(larger)
    stream = CodeStream(path)
    assert (stream.height, stream.size) == (height + 7, len(larger))
    assert (decoded(stream) == 20).all()
    assert bytes(stream) == larger


def test_many_streams_of_one_large_file(tmp_path, encoder, decoder):
    path = tmp_path / "image.bmp"
    pixels = np.random.default_rng(1).integers(0, 255, (900, 1200, 3), np.uint8)
    encoder.write(path, pixels)
    streams = [CodeStream(path) for _ in range(200)]
    regions = [Region(i, i, i + 50, i + 60) for i in range(200)]
    children = [s.get_sub_code_stream(region=r) for s, r in zip(streams, regions)]
    del streams
    for i, image in enumerate(decoder.decode(children)):
        assert (np.asarray(image) == pixels[i : i + 50, i : i + 60]).all()


# One stream, many regions


@pytest.mark.parametrize("name", ["png", "bmp", "pnm", "webp", "jpeg2k", "jpeg"])
@pytest.mark.parametrize("kind", ["bytes", "file", "mixed"])
def test_sub_streams_in_one_batch(name, kind, files, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(files[name])
    parent = CodeStream(files[name] if kind == "bytes" else path)
    whole = decoded(parent)
    rng = np.random.default_rng(5)
    windows = []
    for _ in range(64):
        y, x = rng.integers(0, 40), rng.integers(0, 50)
        windows.append((int(y), int(x), int(rng.integers(y + 1, 49)), int(rng.integers(x + 1, 65))))
    children = [parent.get_sub_code_stream(region=Region(*window)) for window in windows]
    batch = [parent, *children] if kind != "mixed" else [parent, *children, path, files[name]]
    images = glimt.Decoder(max_num_cpu_threads=8).decode(batch)
    assert (np.asarray(images[0]) == whole).all()
    for (y0, x0, y1, x1), image in zip(windows, images[1:]):
        assert (np.asarray(image) == whole[y0:y1, x0:x1]).all()
    for image in images[len(windows) + 1 :]:
        assert (np.asarray(image) == whole).all()
