# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What borrows memory keeps it; what is dropped lets go."""

import gc
import sys
import weakref

import glimt
import numpy as np
import pytest


class Array(np.ndarray):
    """An ndarray that can be watched."""


def watched(shape=(20, 30, 3), dtype=np.uint8):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype).view(Array)
    return array, weakref.ref(array)


def alive(reference):
    gc.collect()
    return reference() is not None


def test_an_image_keeps_its_array():
    array, reference = watched()
    expected = array.copy()
    image = glimt.as_image(array)
    del array
    assert alive(reference)
    assert (np.asarray(image) == expected).all()
    del image
    assert not alive(reference)


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="numpy before 2.1 has no max_version"
)
@pytest.mark.parametrize("max_version", [None, (1, 0)])
def test_a_tensor_is_released_with_its_image(max_version):
    array, reference = watched()
    image = glimt.from_dlpack(array.__dlpack__(max_version=max_version))
    del array
    assert alive(reference)
    del image
    assert not alive(reference)


EXPORTS = {
    "asarray": np.asarray,
    "memoryview": memoryview,
    "__array__": lambda image: image.__array__(),
    "from_dlpack": np.from_dlpack,
    "capsule": lambda image: image.__dlpack__(),
    "versioned capsule": lambda image: image.__dlpack__(max_version=(1, 0)),
    "another image": glimt.as_image,
}


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_keep_the_memory(name):
    array, reference = watched()
    image = glimt.as_image(array)
    image_reference = weakref.ref(image)
    export = EXPORTS[name](image)
    del array, image
    assert alive(reference)
    if "capsule" in name or name == "another image":
        assert not alive(image_reference)
    del export
    assert not alive(reference)
    assert not alive(image_reference)


@pytest.mark.parametrize("name", ["asarray", "memoryview", "__array__", "from_dlpack"])
def test_arrays_outlive_a_reuse_that_reallocates(name, decoder, pillow_bytes, rgb):
    small = pillow_bytes(rgb[:8, :8], "BMP")
    large = pillow_bytes(np.tile(rgb, (20, 20, 1)), "BMP")
    image = decoder.decode(small)
    export = EXPORTS[name](image)
    decoder.decode(large, image=image)
    others = [decoder.decode(small) for _ in range(20)]
    for other in others:
        np.asarray(other)[:] = 0
    assert (np.asarray(export) == rgb[:8, :8]).all()


def test_an_interface_outlives_a_reuse_that_reallocates(decoder, pillow_bytes, rgb):
    small = pillow_bytes(rgb[:8, :8], "BMP")
    image = decoder.decode(small)

    class Borrowed:
        def __init__(self, image):
            self.image = image
            self.__array_interface__ = image.__array_interface__

    view = np.asarray(Borrowed(image))
    decoder.decode(pillow_bytes(np.tile(rgb, (20, 20, 1)), "BMP"), image=image)
    others = [decoder.decode(small) for _ in range(20)]
    for other in others:
        np.asarray(other)[:] = 0
    assert (view == rgb[:8, :8]).all()


def test_a_stream_keeps_its_data(png):
    data = np.frombuffer(png, np.uint8).copy().view(Array)
    reference = weakref.ref(data)
    stream = glimt.CodeStream(data)
    child = stream.get_sub_code_stream(0)
    view = memoryview(child)
    del data, stream
    assert alive(reference)
    assert child.width == 64
    del child
    assert alive(reference)
    assert view == png
    del view
    assert not alive(reference)


def test_a_bytearray_is_held_while_its_stream_lives(png):
    data = bytearray(png)
    stream = glimt.CodeStream(data)
    with pytest.raises(BufferError):
        data.append(0)
    del stream
    data.append(0)


def test_streams_of_a_generator_are_kept_while_they_are_written(encoder, rgb):
    streams = (glimt.CodeStream(10) for _ in range(2))
    results = encoder.encode([rgb, rgb], "bmp", code_stream_s=streams)
    assert all((np.asarray(glimt.Decoder().decode(stream)) == rgb).all() for stream in results)


def test_encoded_bytes_outlive_the_stream_and_its_reuse(encoder, rgb, gray):
    stream = encoder.encode(rgb, "bmp")
    view = memoryview(stream)
    child = stream.get_sub_code_stream(0)
    before = bytes(view)
    assert encoder.encode(gray, "bmp", code_stream_s=stream) is stream
    assert stream.num_channels == 1
    assert bytes(view) == before
    assert child.num_channels == 3
    del stream
    gc.collect()
    assert bytes(view) == before


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_keep_a_decoded_image_alive(name, decoder, png, rgb):
    image = decoder.decode(png)
    export = EXPORTS[name](image)
    del image
    others = [decoder.decode(png) for _ in range(10)]
    for other in others:
        np.asarray(other)[:] = 0
    gc.collect()
    if "capsule" in name:
        export = glimt.from_dlpack(export)
    assert (np.asarray(export) == rgb).all()


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_of_exports(name):
    array, reference = watched()
    expected = array.copy()
    export = EXPORTS[name](glimt.as_image(glimt.as_image(glimt.as_image(array))))
    del array
    assert alive(reference)
    if "capsule" in name:
        export = glimt.from_dlpack(export)
    assert (np.asarray(export) == expected).all()
    del export
    assert not alive(reference)


SOURCES = {
    "array": lambda a: a,
    "view": lambda a: a[::-1, ::2],
    "2-D": lambda a: a[..., 0],
    "memoryview": memoryview,
    "capsule": lambda a: a.__dlpack__(),
    "planar": None,
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("use", [glimt.as_image, lambda s: glimt.as_images([s])[0]])
def test_images_keep_what_they_are_made_of(name, use):
    array, reference = watched()
    if name == "planar":
        image = glimt.as_image(array.transpose(2, 0, 1), sample_format=glimt.SampleFormat.P_RGB)
    else:
        image = use(SOURCES[name](array))
    del array
    assert alive(reference)
    again = glimt.as_image(image, sample_format=glimt.SampleFormat.UNKNOWN)
    del image
    assert alive(reference)
    del again
    assert not alive(reference)


def test_copies_keep_nothing():
    array, reference = watched(dtype=">u2")
    image = glimt.as_image(array)
    del array
    assert not alive(reference)
    assert image.shape == (20, 30, 3)


def test_a_failed_import_keeps_nothing():
    for use in (
        lambda a: glimt.as_image(a, sample_format=glimt.SampleFormat.I_RGBA),
        lambda a: glimt.as_image(a, precision=99),
        lambda a: glimt.as_image(a.reshape(1, 2, 2, 3)),
        lambda a: glimt.from_dlpack(a.reshape(-1)),
    ):
        array, reference = watched((2, 2, 3))
        with pytest.raises((RuntimeError, ValueError)):
            use(array)
        del array
        assert not alive(reference)


def test_an_image_decoded_into_an_array_keeps_it(decoder, png, rgb):
    array, reference = watched((48, 64, 3))
    image = decoder.decode(png, image=glimt.as_image(array))
    view = np.asarray(image)
    del array, image
    assert alive(reference)
    assert (view == rgb).all()
    del view
    assert not alive(reference)


def test_results_outlive_decoder_stream_and_data(png, rgb):
    data = bytearray(png)
    decoder = glimt.Decoder()
    stream = glimt.CodeStream(data)
    image = decoder.decode(stream)
    del decoder, stream
    gc.collect()
    data[:] = bytes(len(data))
    data.append(0)
    assert (np.asarray(image) == rgb).all()


def test_an_outcome_keeps_its_image(decoder, png, rgb):
    outcome = decoder.try_decode(png)
    image = outcome.image
    del outcome
    assert (np.asarray(image) == rgb).all()


@pytest.mark.parametrize("kind", ["bytes", "array", "memoryview", "slice"])
def test_sub_streams_keep_the_data_of_their_parent(kind, png, rgb):
    data = np.frombuffer(png, np.uint8).copy().view(Array)
    reference = weakref.ref(data)
    source = {"bytes": png, "array": data, "memoryview": memoryview(data), "slice": data[:]}[kind]
    child = glimt.CodeStream(source).get_sub_code_stream(region=glimt.Region(0, 0, 5, 5))
    grandchild = child.get_sub_code_stream(region=glimt.Region(1, 1, 3, 3), nested=True)
    del data, source, child
    gc.collect()
    assert (np.asarray(glimt.Decoder().decode(grandchild)) == rgb[1:3, 1:3]).all()
    if kind != "bytes":
        assert alive(reference)
        del grandchild
        assert not alive(reference)


def test_objects_can_be_watched(decoder, encoder, png):
    objects = [
        decoder.decode(png),
        glimt.CodeStream(png),
        glimt.CodeStreamView(),
        glimt.Region(),
        encoder.encode(np.zeros((4, 4, 3), np.uint8), "png"),
        glimt.Decoder(),
        glimt.Encoder(),
    ]
    references = [weakref.ref(each) for each in objects]
    assert all(alive(reference) for reference in references)
    objects.clear()
    assert not any(alive(reference) for reference in references)


# What is made and dropped ten thousand times


CYCLES = 10_000
TINY = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


class Tools:
    """What all cycles share: nobody may keep a reference to it."""

    def __init__(self, pillow_bytes, folder):
        self.decoder = glimt.Decoder(max_num_cpu_threads=2)
        self.encoder = glimt.Encoder(max_num_cpu_threads=2)
        self.png = pillow_bytes(TINY, "PNG")
        self.path = folder / "tiny.png"
        self.path.write_bytes(self.png)
        self.name = str(self.path)
        self.array = TINY.copy()
        self.big_endian = TINY.astype(">u2")
        self.image = self.decoder.decode(self.png)
        self.stream = glimt.CodeStream(self.png)
        self.output = glimt.CodeStream(1000)
        self.params = glimt.DecodeParams()
        self.region = glimt.Region(1, 1, 3, 3)
        self.view = glimt.CodeStreamView(0, self.region)


def refused(error, use, *arguments, **keywords):
    try:
        use(*arguments, **keywords)
    except error:
        return
    raise AssertionError("nothing was raised")


DROPPED = {
    "decode": lambda t: t.decoder.decode(t.png, params=t.params),
    "decode a path": lambda t: t.decoder.read(t.name),
    "decode a Path": lambda t: t.decoder.read([t.path]),
    "decode a batch": lambda t: t.decoder.decode([t.png, t.stream, None]),
    "decode into an image": lambda t: t.decoder.decode(t.png, image=t.image),
    "decode into an array": lambda t: t.decoder.decode(t.png, image=glimt.as_image(t.array)),
    "decode nothing": lambda t: t.decoder.decode(b"nothing"),
    "decode no source": lambda t: refused(TypeError, t.decoder.decode, 5),
    "decode a missing path": lambda t: refused(OSError, t.decoder.decode, "/no/such/file"),
    "decode into too small an array": lambda t: refused(
        ValueError, t.decoder.decode, t.png, image=glimt.as_image(t.array[:1])
    ),
    "try_decode": lambda t: t.decoder.try_decode([t.png, b"nothing"]),
    "encode": lambda t: t.encoder.encode(t.array, "png"),
    "encode a batch": lambda t: t.encoder.encode([t.image, t.array, None], "bmp"),
    "encode into a stream": lambda t: t.encoder.encode(t.array, "bmp", code_stream_s=t.output),
    "encode nothing": lambda t: t.encoder.encode(5, "png"),
    "stream of bytes": lambda t: glimt.CodeStream(t.png).width,
    "stream of an array": lambda t: glimt.CodeStream(np.frombuffer(t.png, np.uint8)).dtype,
    "stream of a list": lambda t: glimt.CodeStream(list(t.png)).size,
    "stream of a file": lambda t: repr(glimt.CodeStream(t.path)),
    "stream of nothing": lambda t: refused(RuntimeError, repr, glimt.CodeStream(b"nothing")),
    "output": lambda t: glimt.CodeStream(100).capacity,
    "sub streams": lambda t: t.stream.get_sub_code_stream(0, t.region).get_sub_code_stream(0),
    "nested": lambda t: t.stream.get_sub_code_stream(t.view, nested=True).view.region.start,
    "region refused": lambda t: refused(
        RuntimeError, t.stream.get_sub_code_stream(t.view).get_sub_code_stream, t.view
    ),
    "bytes of a stream": lambda t: bytes(memoryview(t.stream)),
    "as_image": lambda t: glimt.as_image(t.array),
    "as_image of an image": lambda t: glimt.as_image(t.image, precision=7),
    "as_image, copied": lambda t: glimt.as_image(t.big_endian),
    "as_image refused": lambda t: refused(RuntimeError, glimt.as_image, "text"),
    "as_images": lambda t: glimt.as_images([t.array, t.image]),
    "interface": lambda t: t.image.__array_interface__,
    "asarray": lambda t: np.asarray(t.image),
    "converted": lambda t: np.asarray(t.image, np.float32),
    "memoryview": lambda t: memoryview(t.image),
    "capsule dropped": lambda t: t.image.__dlpack__(),
    "versioned capsule dropped": lambda t: t.image.__dlpack__(max_version=(1, 0), copy=True),
    "capsule taken": lambda t: glimt.from_dlpack(t.image.to_dlpack()),
    "numpy takes": lambda t: np.from_dlpack(t.image),
    "of numpy": lambda t: glimt.from_dlpack(t.array),
    "repr": lambda t: (repr(t.image), repr(t.stream), repr(t.view)),
    "properties": lambda t: (t.image.dtype, t.image.shape, t.image.sample_format, t.image.cpu()),
}


@pytest.mark.parametrize("name", DROPPED)
def test_nothing_grows(name, pillow_bytes, tmp_path, caplog):
    caplog.set_level("CRITICAL", logger="glimt")  # pytest keeps every record
    tools = Tools(pillow_bytes, tmp_path)
    work = DROPPED[name]
    watched = [*vars(tools).values(), None, glimt.SampleFormat.I_RGB, np.dtype("u1"), glimt.Image]

    def facts():
        gc.collect()
        return [sys.getrefcount(each) for each in watched], sys.getallocatedblocks()

    for _ in range(100):
        work(tools)
    counts, blocks = facts()
    resident = resident_bytes()
    for _ in range(CYCLES):
        work(tools)
    after, blocks_after = facts()
    grown = {i: (a, b) for i, (a, b) in enumerate(zip(counts, after)) if b - a > CYCLES // 100}
    assert not grown
    assert blocks_after - blocks < CYCLES // 100
    assert resident_bytes() - resident < 8 << 20


def test_showing_does_not_grow(decoder, png):
    image = decoder.decode(png)
    for _ in range(20):
        image._repr_html_()
    gc.collect()
    blocks, resident = sys.getallocatedblocks(), resident_bytes()
    for _ in range(300):
        image._repr_png_()
        image._repr_html_()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 100
    assert resident_bytes() - resident < 8 << 20


def test_maps_of_files_are_dropped(tmp_path, encoder):
    path = tmp_path / "large.bmp"
    encoder.write(path, np.zeros((1000, 1000, 3), np.uint8))

    def mapped():
        with open("/proc/self/maps") as maps:
            return sum(str(path) in line for line in maps)

    streams = [glimt.CodeStream(path) for _ in range(20)]
    child = streams[0].get_sub_code_stream(0)
    assert mapped() == 1
    del streams
    gc.collect()
    assert mapped() == 1
    assert child.width == 1000
    view = memoryview(child)
    del child
    gc.collect()
    assert view[:2].tolist() == [ord("B"), ord("M")]
    assert mapped() == 1
    del view
    gc.collect()
    assert mapped() == 0


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
