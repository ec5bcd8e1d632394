# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Arrays of every kind as images, and what encoders make of them."""

import array as array_module
import copy
import ctypes
import gc
import mmap
import pickle

import glimt
import numpy as np
import pytest
from glimt import ColorSpec, ImageBufferKind, SampleFormat, as_image, as_images, from_dlpack

DTYPES = "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split()


def ramp(shape, dtype="u1"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


# Properties


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("planar", [False, True])
def test_properties(dtype, channels, planar):
    shape = (channels, 6, 7) if planar else (6, 7, channels)
    array = ramp(shape, dtype)
    image = as_image(array, sample_format=SampleFormat.P_UNCHANGED if planar else None)
    assert (image.height, image.width, image.num_channels) == (6, 7, channels)
    assert image.shape == shape
    assert image.strides == array.strides
    assert image.ndim == 3
    assert isinstance(image.dtype, np.dtype)
    assert image.dtype == array.dtype
    assert image.size == image.capacity == array.nbytes
    assert image.precision == 0
    assert image.buffer_kind is ImageBufferKind.STRIDED_HOST
    assert image.device_id is None
    assert image.cuda_stream is None
    for value in (image.height, image.size, image.shape[0], image.strides[0], image.precision):
        assert type(value) is int
    assert type(image.shape) is type(image.strides) is tuple


PROPERTIES = """shape ndim strides width height num_channels dtype precision sample_format color_spec
    buffer_kind size capacity device_id cuda_stream __array_interface__""".split()


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties_are_read_only(name):
    with pytest.raises(AttributeError):
        setattr(as_image(ramp((3, 4, 3))), name, 1)


def test_traits(decoder, png):
    image = decoder.decode(png)
    with pytest.raises(TypeError):
        glimt.Image()
    for use in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            use(image)
    assert image == image
    assert image != as_image(image)
    assert len({image, as_image(image)}) == 2
    for use in (len, iter, lambda i: i[0]):
        with pytest.raises(TypeError):
            use(image)


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [("u1", 0), ("u1", 1), ("u1", 8), ("u2", 12), ("u2", 16), ("i2", 15), ("u4", 20), ("u8", 64),
     ("f2", 16), ("f4", 0), ("f4", 32), ("f8", 64)],
)  # fmt: skip
def test_precision(dtype, precision):
    array = ramp((3, 4, 3), dtype)
    for image in (
        as_image(array, precision=precision),
        as_images([array], precision=precision)[0],
        from_dlpack(array, precision=precision),
        as_image(as_image(array), precision=precision),
        as_image(as_image(array, precision=precision)),
    ):
        assert image.precision == precision
    assert as_image(array, precision=None).precision == 0


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [("u1", 9), ("u1", -1), ("u2", 17), ("i4", 33), ("u8", 65), ("f4", 16), ("f8", 32), ("f2", 8)],
)
def test_precisions_that_do_not_fit(dtype, precision):
    array = ramp((3, 4, 3), dtype)
    for use in (as_image, from_dlpack, lambda a, **k: as_images([a], **k)):
        with pytest.raises(ValueError, match="precision"):
            use(array, precision=precision)


@pytest.mark.parametrize(
    "keywords",
    [
        {"sample_format": 8},
        {"sample_format": "I_RGB"},
        {"sample_format": ColorSpec.SRGB},
        {"color_spec": 1},
        {"color_spec": SampleFormat.I_RGB},
        {"precision": "8"},
        {"precision": 1.5},
        {"cuda_stream": None},
        {"cuda_stream": "0"},
        {"nonsense": 1},
    ],
)
def test_arguments_of_wrong_type(keywords):
    for use in (as_image, from_dlpack, lambda a, **k: as_images([a], **k)):
        with pytest.raises(TypeError):
            use(ramp((3, 4, 3)), **keywords)


@pytest.mark.parametrize("name", [f.name for f in SampleFormat])
@pytest.mark.parametrize("color_spec", [None, *ColorSpec])
def test_every_format_and_colour(name, color_spec):
    sample_format = SampleFormat[name]
    planar = name.startswith("P_")
    array = ramp((4, 6, 7) if planar else (6, 7, 4))
    if sample_format is SampleFormat.UNSUPPORTED:
        with pytest.raises(ValueError, match="UNSUPPORTED"):
            as_image(array, sample_format=sample_format)
        return
    image = as_image(array, sample_format=sample_format, color_spec=color_spec)
    assert image.sample_format is sample_format
    assert image.color_spec is (color_spec or ColorSpec.SRGB)
    assert image.shape == array.shape
    assert (image.height, image.width, image.num_channels) == (6, 7, 4)
    assert (np.asarray(image) == array).all()


def test_two_dimensions_are_one_channel():
    for sample_format in (None, SampleFormat.I_Y, SampleFormat.I_UNCHANGED, SampleFormat.UNKNOWN):
        assert as_image(ramp((6, 7)), sample_format=sample_format).shape == (6, 7, 1)
    for sample_format in (SampleFormat.P_Y, SampleFormat.P_UNCHANGED):
        assert as_image(ramp((6, 7)), sample_format=sample_format).shape == (1, 6, 7)
    for name in ("I_RGB", "P_RGB", "I_YA", "P_CMYK"):
        with pytest.raises(ValueError, match=rf"{name} needs \d channels.* 1:"):
            as_image(ramp((6, 7)), sample_format=SampleFormat[name])


def test_as_images_takes_what_can_be_listed():
    arrays = [ramp((3, 4, 3)), ramp((5, 6))]
    for batch in (arrays, tuple(arrays), (a for a in arrays), dict(enumerate(arrays)).values()):
        assert [image.shape for image in as_images(batch)] == [(3, 4, 3), (5, 6, 1)]
    assert [image.shape for image in as_images(np.zeros((2, 3, 4, 3), "u1"))] == [(3, 4, 3)] * 2
    for wrong in (None, 5, "text", b"bytes", object()):
        with pytest.raises(TypeError):
            as_images(wrong)


# Buffers


def shared(maker):
    data = bytearray(range(60))
    return data, maker(data)


BUFFERS = {
    "memoryview": lambda data: memoryview(data).cast("B", (4, 5, 3)),
    "memoryview of two dimensions": lambda data: memoryview(data).cast("B", (4, 15)),
    "memoryview of shorts": lambda data: memoryview(data).cast("H", (5, 2, 3)),
    "memoryview of signed bytes": lambda data: memoryview(data).cast("b", (4, 5, 3)),
    "ctypes": lambda data: ((ctypes.c_uint8 * 3) * 5 * 4).from_buffer(data),
    "ctypes of floats": lambda data: ((ctypes.c_float * 3) * 5).from_buffer(data),
}


@pytest.mark.parametrize("name", BUFFERS)
def test_buffers(name):
    data, buffer = shared(BUFFERS[name])
    image = as_image(buffer)
    view = np.asarray(buffer)
    assert image.dtype == view.dtype
    assert image.shape[:2] == view.shape[:2]
    assert (np.asarray(image).reshape(view.shape) == view).all()
    assert np.shares_memory(np.asarray(image), np.frombuffer(data, np.uint8))


def test_a_read_only_buffer():
    image = as_image(memoryview(bytes(60)).cast("B", (4, 5, 3)))
    assert image.__array_interface__["data"][1] is True
    assert not np.asarray(image).flags.writeable
    with pytest.raises(BufferError):
        image.to_dlpack()


@pytest.mark.parametrize(
    "source",
    [
        b"bytes",
        bytearray(60),
        memoryview(bytes(60)),
        memoryview(bytes(60)).cast("B", (2, 2, 3, 5)),
        memoryview(bytes(60)).cast("c", (4, 5, 3)),
        array_module.array("H", range(60)),
        np.uint8(5),
        np.zeros(60, np.uint8),
        np.zeros((2, 3), np.longdouble),
        np.zeros((2, 3), "c8"),
        np.zeros((2, 3), "U3"),
        np.zeros((2, 3), "m8[s]"),
        np.zeros((2, 3), "V3"),
        np.ma.masked,
        glimt.CodeStream(b"encoded"),
        mmap.mmap(-1, 60),
        {},
        range(5),
        int,
    ],
)
def test_no_images(source):
    for use in (as_image, lambda s: as_images([s])):
        with pytest.raises(RuntimeError):
            use(source)


def test_subclasses_of_ndarray(tmp_path):
    file = np.memmap(tmp_path / "file", np.uint8, "w+", shape=(4, 5, 3))
    image = as_image(file)
    np.asarray(image)[:] = 7
    assert (file == 7).all()
    assert as_image(ramp((4, 5, 3)).view(np.recarray)).shape == (4, 5, 3)


# numpy's interface


class Interface:
    def __init__(self, array, name="__array_interface__", **changes):
        self.array = array
        facts = {**array.__array_interface__, **changes}
        setattr(self, name, {key: value for key, value in facts.items() if value is not ...})


@pytest.mark.parametrize("dtype", [*DTYPES, ">u2", ">f4", ">i8", "?"])
@pytest.mark.parametrize(
    "view", [lambda a: a, lambda a: a[:, 1:-1], lambda a: a[::-1], lambda a: a[..., 0]]
)
def test_interfaces(dtype, view):
    array = view(ramp((4, 5, 3), dtype))
    source = Interface(array)
    image = as_image(source)
    assert image.dtype == (np.uint8 if dtype == "?" else array.dtype.newbyteorder("="))
    assert (np.asarray(image).reshape(array.shape) == array).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": 4},
        {"strides": None},
        {"strides": ...},
        {"strides": [15, 3, 1]},
        {"shape": [4, 5, 3]},
        {"shape": (2, 5, 3)},
        {"descr": ...},
        {"data": memoryview(bytes(60))},
    ],
)
def test_interfaces_that_work(changes):
    image = as_image(Interface(ramp((4, 5, 3)), **changes))
    assert image.shape[1:] == (5, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1},
        {"version": 0},
        {"version": "3"},
        {"version": None},
        {"version": ...},
        {"shape": ...},
        {"shape": 5},
        {"shape": "abc"},
        {"shape": (4, "5", 3)},
        {"shape": (60,)},
        {"shape": (2, 2, 5, 3)},
        {"shape": (4, 15, 0)},
        {"shape": (-4, 5, 3)},
        {"typestr": ...},
        {"typestr": "nonsense"},
        {"typestr": "<c8"},
        {"typestr": 5},
        {"data": ...},
        {"data": (0, False)},
        {"data": 5},
        {"data": ("address", False)},
        {"strides": (15, 3)},
        {"strides": "abc"},
    ],
)
def test_interfaces_that_do_not(changes):
    with pytest.raises(RuntimeError):
        as_image(Interface(ramp((4, 5, 3)), **changes))


@pytest.mark.parametrize("interface", [5, "text", None, [], ()])
def test_interfaces_that_are_no_dict(interface):
    class Source:
        __array_interface__ = interface

    with pytest.raises(RuntimeError):
        as_image(Source())


def test_an_interface_that_is_read_only():
    array = ramp((4, 5, 3))
    image = as_image(Interface(array, data=(array.ctypes.data, True)))
    assert not np.asarray(image).flags.writeable


def test_the_source_of_an_interface_lives_as_long_as_the_image():
    class Source(Interface):
        alive = 0

        def __init__(self, array):
            super().__init__(array)
            type(self).alive += 1

        def __del__(self):
            type(self).alive -= 1

    image = as_image(Source(ramp((4, 5, 3))))
    gc.collect()
    assert Source.alive == 1
    view = np.asarray(image)
    del image
    gc.collect()
    assert Source.alive == 1
    assert (view == ramp((4, 5, 3))).all()
    del view
    gc.collect()
    assert Source.alive == 0


@pytest.mark.parametrize("error", [RuntimeError, ValueError, KeyError, AttributeError, TypeError])
def test_an_interface_that_raises_is_none(error):
    class Both:
        array = ramp((4, 5, 3))
        __array_interface__ = array.__array_interface__

        @property
        def __cuda_array_interface__(self):
            raise error("not here")

    class Neither:
        @property
        def __array_interface__(self):
            raise error("not here")

    class Tensor(Neither):
        def __dlpack__(self, **_):
            return Both.array.__dlpack__()

        def __dlpack_device__(self):
            return (1, 0)

    assert np.shares_memory(np.asarray(as_image(Both())), Both.array)
    assert np.shares_memory(np.asarray(as_image(Tensor())), Both.array)
    with pytest.raises(RuntimeError, match="__dlpack__"):
        as_image(Neither())


# CUDA's interface, without a GPU


@pytest.mark.parametrize("changes", [{}, {"stream": 1}, {"stream": 0}, {"version": 2}])
def test_device_arrays_need_a_gpu(changes):
    source = Interface(ramp((4, 5, 3)), "__cuda_array_interface__", **changes)
    for use in (as_image, lambda s: as_images([s])):
        with pytest.raises(RuntimeError, match="GPU"):
            use(source)
    with pytest.raises(RuntimeError):
        from_dlpack(source)
    assert glimt.Encoder().encode(source, "png") is None


@pytest.mark.parametrize(
    "changes",
    [{"shape": ...}, {"typestr": ...}, {"data": ...}, {"version": 1}, {"data": (0, False)}],
)
def test_device_arrays_that_are_none(changes):
    source = Interface(ramp((4, 5, 3)), "__cuda_array_interface__", **changes)
    with pytest.raises(RuntimeError, match="__cuda_array_interface__"):
        as_image(source)


@pytest.mark.parametrize("synchronize", [(), (True,), (False,)])
def test_cuda_needs_a_gpu(synchronize, decoder, png):
    for image in (decoder.decode(png), as_image(ramp((3, 4, 3)))):
        with pytest.raises(RuntimeError, match="GPU"):
            image.cuda(*synchronize)
        assert image.cpu() is image
        with pytest.raises(TypeError):
            image.cpu(1)
        with pytest.raises(TypeError):
            image.cuda(stream=1)


# __array__ and the buffer protocol

VIEWS = {
    "packed": lambda a: a,
    "padded": lambda a: a[:, 1:-1],
    "mirrored": lambda a: a[::-1, ::-2],
    "reversed channels": lambda a: a[..., ::-1],
    "transposed": lambda a: a.transpose(1, 0, 2),
    "Fortran": np.asfortranarray,
    "one row": lambda a: a[:1],
    "one column": lambda a: a[:, :1],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", VIEWS)
def test_arrays_of_images(dtype, name):
    array = VIEWS[name](ramp((6, 8, 3), dtype))
    image = as_image(array)
    for view in (
        np.asarray(image),
        image.__array__(),
        image.__array__(None),
        image.__array__(array.dtype),
        image.__array__(copy=False),
        image.__array__(None, None),
        np.array(image, copy=False) if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else array,
    ):
        assert np.shares_memory(view, array)
        assert view.dtype == array.dtype
        assert (view == array).all()
    for copied in (np.array(image), image.__array__(copy=True), image.__array__(None, True)):
        assert not np.shares_memory(copied, array)
        assert (copied == array).all()
    other = np.float64 if dtype != "f8" else np.float32
    for converted in (
        np.asarray(image, other),
        image.__array__(other),
        image.__array__(dtype=other),
    ):
        assert converted.dtype == other
        assert (converted == array.astype(other)).all()
    with pytest.raises(ValueError):
        image.__array__(other, copy=False)
    with pytest.raises(ValueError):
        image.__array__(copy="yes")
    with pytest.raises(TypeError):
        image.__array__("nonsense")


@pytest.mark.parametrize("name", VIEWS)
def test_memoryviews(name):
    array = VIEWS[name](ramp((6, 8, 3), "u2"))
    view = memoryview(as_image(array))
    assert (view.ndim, view.format, view.itemsize) == (3, "H", 2)
    assert (view.shape, view.readonly, view.nbytes) == (array.shape, False, array.nbytes)
    assert bytes(view) == bytes(as_image(array)) == array.tobytes()
    assert view.tolist() == array.tolist()
    if array.flags.c_contiguous:
        assert view.cast("B")[:2].tolist() == list(array.tobytes()[:2])
    ours = np.asarray(view).flags
    assert (ours.c_contiguous, ours.f_contiguous) == (
        array.flags.c_contiguous,
        array.flags.f_contiguous,
    )


def test_consumers_of_contiguous_memory(tmp_path):
    packed, padded = ramp((6, 8, 3)), ramp((6, 8, 3))[:, 1:]
    with open(tmp_path / "file", "wb") as file:
        file.write(as_image(packed))
        with pytest.raises(BufferError):
            file.write(as_image(padded))
    assert (tmp_path / "file").read_bytes() == packed.tobytes()


@pytest.mark.parametrize("name", VIEWS)
def test_interfaces_of_images(name):
    array = VIEWS[name](ramp((6, 8, 3), "i4"))
    interface = as_image(array).__array_interface__
    assert set(interface) == {"version", "shape", "strides", "typestr", "data"}
    assert interface["version"] == 3
    assert interface["shape"] == array.shape
    assert interface["typestr"] == "<i4"
    assert interface["data"] == (array.ctypes.data, False)
    assert interface["strides"] == (None if array.flags.c_contiguous else array.strides)


# Encoding what was imported


@pytest.fixture(scope="module")
def lossless():
    return glimt.EncodeParams(quality_type=glimt.QualityType.LOSSLESS)


SOURCES = {
    "ndarray": lambda a: a,
    "read only": lambda a: memoryview(a.tobytes()).cast("B", a.shape),
    "Image": as_image,
    "interface": Interface,
    "capsule": lambda a: a.__dlpack__(),
    "padded": lambda a: np.pad(a, ((0, 0), (3, 4), (0, 0)))[:, 3:-4],
    "every second row": lambda a: np.repeat(a, 2, 0)[::2],
    "every second column": lambda a: np.repeat(a, 2, 1)[:, ::2],
    "upside down": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "mirrored": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "BGR reversed": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "three of four channels": lambda a: np.dstack([a, a])[..., :3],
    "transposed": lambda a: np.ascontiguousarray(a.transpose(1, 0, 2)).transpose(1, 0, 2),
    "planes seen as HWC": lambda a: np.ascontiguousarray(a.transpose(2, 0, 1)).transpose(1, 2, 0),
    "Fortran": np.asfortranarray,
    "BGR": lambda a: as_image(np.ascontiguousarray(a[..., ::-1]), sample_format=SampleFormat.I_BGR),
    "planar": lambda a: as_image(
        np.ascontiguousarray(a.transpose(2, 0, 1)), sample_format=SampleFormat.P_RGB
    ),
    "planar view": lambda a: as_image(a.transpose(2, 0, 1), sample_format=SampleFormat.P_RGB),
    "planar BGR": lambda a: as_image(
        np.ascontiguousarray(a.transpose(2, 0, 1)[::-1]), sample_format=SampleFormat.P_BGR
    ),
    "planar, padded": lambda a: as_image(
        np.pad(a.transpose(2, 0, 1), ((0, 1), (2, 3), (4, 5)))[:3, 2:-3, 4:-5],
        sample_format=SampleFormat.P_RGB,
    ),
    "planar, upside down": lambda a: as_image(
        np.ascontiguousarray(a.transpose(2, 0, 1)[:, ::-1])[:, ::-1],
        sample_format=SampleFormat.P_RGB,
    ),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("codec", ["png", "bmp", "pnm", "webp", "jpeg2k", "jpeg"])
def test_encoders_read_any_memory(name, codec, rgb, encoder, lossless):
    params = None if codec == "jpeg" else lossless
    expected = bytes(encoder.encode(rgb.copy(), codec, params=params))
    assert bytes(encoder.encode(SOURCES[name](rgb.copy()), codec, params=params)) == expected
    batch = encoder.encode([SOURCES[name](rgb.copy()), rgb.copy()], codec, params=params)
    assert [bytes(stream) == expected for stream in batch] == [True, True]


@pytest.mark.parametrize("codec", ["png", "pnm", "jpeg2k"])
@pytest.mark.parametrize("name", ["big endian", "planar", "BGR", "upside down"])
def test_encoders_read_16_bits(codec, name, encoder, decoder, lossless, unchanged):
    array = ramp((20, 30, 3), "u2") * 7
    source = {
        "big endian": lambda a: a.astype(">u2"),
        "planar": SOURCES["planar"],
        "BGR": SOURCES["BGR"],
        "upside down": SOURCES["upside down"],
    }[name](array)
    stream = encoder.encode(source, codec, params=lossless)
    assert (np.asarray(decoder.decode(stream, params=unchanged)) == array).all()


@pytest.mark.parametrize("codec", ["png", "bmp", "pnm", "webp", "jpeg2k", "jpeg"])
def test_encoders_read_gray_planes(codec, encoder, gray, lossless):
    params = None if codec == "jpeg" else lossless
    expected = bytes(encoder.encode(gray, codec, params=params))
    for source in (
        gray[..., None],
        as_image(gray, sample_format=SampleFormat.P_Y),
        as_image(gray[None], sample_format=SampleFormat.P_Y),
    ):
        assert bytes(encoder.encode(source, codec, params=params)) == expected


def test_bool_arrays_are_zero_and_one(encoder, decoder, unchanged):
    array = ramp((8, 9)) % 3 == 0
    image = as_image(array)
    assert (np.asarray(image)[..., 0] == array).all()
    assert image.dtype == np.uint8
    stream = encoder.encode(image, "png")
    assert (np.asarray(decoder.decode(stream, params=unchanged))[..., 0] == array).all()
