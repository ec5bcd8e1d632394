# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What borrows memory keeps it; what is dropped lets go."""

import gc
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


def test_nothing_grows(decoder, encoder, png, rgb, caplog):
    caplog.set_level("ERROR", logger="glimt")  # pytest keeps every record

    def cycle():
        image = decoder.decode(png)
        array = np.asarray(image)
        np.from_dlpack(image)
        stream = encoder.encode(array, "bmp")
        decoder.decode([stream, b"nothing"], images=[image, None])
        glimt.as_image(rgb)
        try:
            glimt.CodeStream(b"nothing").width  # noqa: B018
        except RuntimeError:
            pass

    for _ in range(20):
        cycle()
    gc.collect()
    before = len(gc.get_objects())
    resident = resident_bytes()
    for _ in range(2000):
        cycle()
    gc.collect()
    assert len(gc.get_objects()) - before < 50
    assert resident_bytes() - resident < 8 << 20


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
