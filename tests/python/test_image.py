# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import ctypes

import glimt
import numpy as np
import pytest
from glimt import ColorSpec, SampleFormat, as_image, as_images, from_dlpack
from PIL import Image as PillowImage

DTYPES = "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split()

# Whose arrays know of DLPack 1.0; glimt itself runs with older ones.
NEEDS_NUMPY_2_1 = pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="numpy before 2.1 has no max_version"
)


def ramp(shape, dtype="u1"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


# Import


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 9), (1, 1), (1, 9, 4)])
def test_arrays(shape, dtype):
    array = ramp(shape, dtype)
    image = as_image(array)
    channels = shape[2] if len(shape) == 3 else 1
    assert image.shape == (*shape[:2], channels)
    assert image.ndim == 3
    assert image.dtype == array.dtype
    assert image.precision == 0
    assert image.size == image.capacity == array.nbytes
    assert image.num_channels == channels
    back = np.asarray(image)
    assert back.dtype == array.dtype
    assert (back == array.reshape(image.shape)).all()
    assert np.shares_memory(back, array)


def test_writes_are_seen_on_both_sides():
    array = ramp((4, 5, 3))
    image = as_image(array)
    array[1, 2] = 200
    assert (np.asarray(image)[1, 2] == 200).all()
    np.asarray(image)[0, 0] = 100
    assert (array[0, 0] == 100).all()


VIEWS = {
    "padded rows": lambda a: a[:, 2:-1],
    "every second row": lambda a: a[::2],
    "every third column": lambda a: a[:, ::3],
    "upside down": lambda a: a[::-1],
    "mirrored": lambda a: a[:, ::-1],
    "BGR by negative strides": lambda a: a[..., ::-1],
    "transposed": lambda a: a.transpose(1, 0, 2),
    "planes seen as HWC": lambda a: np.ascontiguousarray(a.transpose(2, 0, 1)).transpose(1, 2, 0),
    "one channel": lambda a: a[..., 1],
    "one channel kept": lambda a: a[..., 1:2],
    "all turned": lambda a: a[::-1, ::-2, ::-1],
    "Fortran order": np.asfortranarray,
}


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("name", VIEWS)
def test_strided_arrays_are_not_copied(name, dtype):
    array = VIEWS[name](ramp((12, 15, 4), dtype))
    image = as_image(array)
    back = np.asarray(image)
    assert np.shares_memory(back, array)
    assert (back.reshape(array.shape) == array).all()
    for axis in range(array.ndim):
        if array.shape[axis] > 1:
            assert image.strides[axis] == array.strides[axis]


COPIED = {
    "big endian": lambda: ramp((5, 6, 3), ">u2"),
    "big endian float": lambda: ramp((5, 6), ">f4"),
    "broadcast": lambda: np.broadcast_to(np.arange(6, dtype="u1"), (5, 6)),
    "broadcast channels": lambda: np.broadcast_to(ramp((5, 6, 1)), (5, 6, 3)),
    "odd address": lambda: np.frombuffer(bytes(range(121)), "<u2", offset=1).reshape(5, 12),
    "bool": lambda: ramp((5, 6)) % 2 == 1,
}


@pytest.mark.parametrize("name", COPIED)
def test_arrays_that_are_copied(name):
    array = COPIED[name]()
    back = np.asarray(as_image(array))
    assert not np.shares_memory(back, array)
    assert (back.reshape(array.shape) == array).all()
    assert back.dtype == (np.uint8 if array.dtype == bool else array.dtype.newbyteorder("="))
    assert back.flags.c_contiguous


@NEEDS_NUMPY_2_1
def test_read_only_arrays_stay_so():
    array = ramp((4, 5, 3))
    array.flags.writeable = False
    image = as_image(array)
    assert not np.asarray(image).flags.writeable
    assert image.__array_interface__["data"][1] is True
    assert image.capacity == array.nbytes
    with pytest.raises(BufferError):
        image.__dlpack__()
    assert not np.from_dlpack(image).flags.writeable


@pytest.mark.parametrize(
    ("channels", "sample_format", "color_spec"),
    [
        (1, SampleFormat.I_Y, ColorSpec.GRAY),
        (2, SampleFormat.I_YA, ColorSpec.GRAY),
        (3, SampleFormat.I_RGB, ColorSpec.SRGB),
        (4, SampleFormat.I_RGBA, ColorSpec.SRGB),
        (5, SampleFormat.UNKNOWN, ColorSpec.UNKNOWN),
    ],
)
def test_inferred_format(channels, sample_format, color_spec):
    image = as_image(ramp((3, 4, channels)))
    assert image.sample_format is sample_format
    assert image.color_spec is color_spec
    other = as_image(ramp((3, 4, channels)), sample_format=SampleFormat.I_UNCHANGED)
    assert other.sample_format is SampleFormat.I_UNCHANGED
    assert other.color_spec is color_spec
    other = as_image(ramp((3, 4, channels)), color_spec=ColorSpec.SYCC)
    assert other.sample_format is sample_format
    assert other.color_spec is ColorSpec.SYCC


NEEDED = {"Y": 1, "YA": 2, "RGB": 3, "BGR": 3, "YUV": 3, "RGBA": 4, "CMYK": 4, "YCCK": 4}


@pytest.mark.parametrize("name", NEEDED)
def test_sample_format_needs_channels(name):
    needed = NEEDED[name]
    interleaved, planar = SampleFormat[f"I_{name}"], SampleFormat[f"P_{name}"]
    for channels in range(1, 6):
        if channels < needed:
            with pytest.raises(ValueError, match=f"{needed} channels.* {channels}"):
                as_image(ramp((3, 4, channels)), sample_format=interleaved)
            with pytest.raises(ValueError):
                as_image(ramp((channels, 3, 4)), sample_format=planar)
        else:
            image = as_image(ramp((3, 4, channels)), sample_format=interleaved)
            assert image.shape == (3, 4, channels)
            image = as_image(ramp((channels, 3, 4)), sample_format=planar)
            assert image.shape == (channels, 3, 4)
            assert (image.height, image.width, image.num_channels) == (3, 4, channels)


def test_planar_arrays():
    planes = ramp((3, 8, 9), "u2")
    image = as_image(planes, sample_format=SampleFormat.P_RGB)
    assert image.strides == planes.strides
    assert np.shares_memory(np.asarray(image), planes)
    assert (np.asarray(image) == planes).all()
    flat = as_image(ramp((8, 9)), sample_format=SampleFormat.P_Y)
    assert flat.shape == (1, 8, 9)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(5, np.uint8),
        np.zeros((2, 3, 4, 5), np.uint8),
        np.zeros((), np.uint8),
        np.zeros((2, 3, 0), np.uint8),
        np.zeros((0, 3, 3), np.uint8),
        np.zeros((2, 3), complex),
        np.zeros((2, 3), [("a", "u1"), ("b", "u1")]),
        np.zeros((2, 3), object),
        np.zeros((2, 3), "M8[s]"),
        np.zeros((2, 3), "S4"),
        b"bytes have one dimension",
        "text",
        5,
        None,
        object(),
        [[1, 2], [3, 4]],
    ],
)
def test_no_images(array):
    with pytest.raises(RuntimeError):
        as_image(array)


def test_arrays_larger_than_memory():
    for shape in ((1 << 31, 1 << 31), (1 << 20, 1 << 20, 1 << 10)):
        with pytest.raises((RuntimeError, MemoryError)):
            as_image(np.broadcast_to(np.uint8(1), shape))


class WithInterface:
    def __init__(self, **changes):
        self.array = ramp((4, 5, 3))
        interface = {**self.array.__array_interface__, **changes}
        self.__array_interface__ = {k: v for k, v in interface.items() if v is not ...}


def test_array_interface():
    source = WithInterface()
    image = as_image(source)
    assert np.shares_memory(np.asarray(image), source.array)
    for missing in ("shape", "typestr", "data", "version"):
        with pytest.raises(RuntimeError):
            as_image(WithInterface(**{missing: ...}))
    with pytest.raises(RuntimeError):
        as_image(WithInterface(version=1))
    with pytest.raises(RuntimeError):
        as_image(WithInterface(shape="nonsense"))


def test_pillow_images(rgb):
    assert (np.asarray(as_image(PillowImage.fromarray(rgb))) == rgb).all()


def test_pillow_takes_images(decoder, png, rgb):
    taken = PillowImage.fromarray(decoder.decode(png))
    assert (np.asarray(taken) == rgb).all()


def test_images_of_images():
    array = ramp((4, 5, 3))
    image = as_image(array)
    again = as_image(image, color_spec=ColorSpec.SYCC, sample_format=SampleFormat.I_YUV)
    assert again is not image
    assert again.sample_format is SampleFormat.I_YUV
    assert image.sample_format is SampleFormat.I_RGB
    assert np.shares_memory(np.asarray(again), array)
    with pytest.raises(ValueError):
        as_image(image, sample_format=SampleFormat.I_RGBA)
    planar = as_image(ramp((3, 4, 5)), sample_format=SampleFormat.P_RGB)
    assert as_image(planar).shape == (3, 4, 5)


def test_as_images():
    arrays = [ramp((4, 5, 3)), ramp((6, 7))]
    images = as_images(arrays)
    assert [image.shape for image in images] == [(4, 5, 3), (6, 7, 1)]
    images = as_images(sources=arrays[:1], cuda_stream=0, sample_format=SampleFormat.I_BGR)
    assert images[0].sample_format is SampleFormat.I_BGR
    assert as_images([]) == []
    with pytest.raises(RuntimeError):
        as_images([arrays[0], None])
    with pytest.raises(TypeError):
        as_image(arrays[0], 0, SampleFormat.I_RGB)


# Export


def test_array_interface_of_an_image(decoder, png, rgb):
    image = decoder.decode(png)
    interface = image.__array_interface__
    assert interface["shape"] == (48, 64, 3)
    assert interface["strides"] is None
    assert interface["typestr"] == "|u1"
    assert interface["version"] == 3
    assert interface["data"][1] is False
    padded = as_image(np.zeros((4, 10, 3), np.uint16)[:, :7])
    assert padded.__array_interface__["strides"] == (60, 6, 2)
    assert padded.__array_interface__["typestr"] == "<u2"
    assert padded.size == 4 * 7 * 3 * 2


def test_array_method(decoder, png, rgb):
    image = decoder.decode(png)
    assert np.shares_memory(image.__array__(), np.asarray(image))
    assert np.shares_memory(image.__array__(copy=False), np.asarray(image))
    copied = image.__array__(copy=True)
    assert not np.shares_memory(copied, np.asarray(image))
    assert (copied == rgb).all()
    floats = image.__array__(np.float32)
    assert floats.dtype == np.float32
    assert (floats == rgb).all()
    assert image.__array__(dtype="f8").dtype == np.float64
    with pytest.raises(ValueError):
        image.__array__(np.float32, copy=False)
    assert np.array(image, dtype=np.int64).dtype == np.int64
    assert not np.shares_memory(np.array(image), np.asarray(image))


def test_buffer_protocol(decoder, png, rgb):
    image = decoder.decode(png)
    view = memoryview(image)
    assert (view.shape, view.format, view.readonly) == ((48, 64, 3), "B", False)
    assert bytes(view) == rgb.tobytes()
    assert bytes(image) == rgb.tobytes()


def test_host_memory_only(decoder, png):
    image = decoder.decode(png)
    assert image.cpu() is image
    with pytest.raises(RuntimeError, match="GPU"):
        image.cuda()
    with pytest.raises(RuntimeError, match="GPU"):
        image.cuda(synchronize=False)
    for error in (RuntimeError, AttributeError, glimt.MemoryKindError):
        with pytest.raises(error, match=r"\.cuda\(\)"):
            _ = image.__cuda_array_interface__
    assert not hasattr(image, "__cuda_array_interface__")
    assert image.device_id is None
    assert image.cuda_stream is None


def test_repr(decoder, png):
    assert repr(decoder.decode(png)) == (
        "Image(height=48 width=64 num_channels=3 dtype=uint8 precision=0 I_RGB SRGB)"
    )


# DLPack


def capsule_name(capsule):
    get = ctypes.pythonapi.PyCapsule_GetName
    get.restype, get.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return get(capsule)


def test_capsules_of_both_versions(decoder, png):
    image = decoder.decode(png)
    assert image.__dlpack_device__() == (1, 0)
    assert capsule_name(image.__dlpack__()) == b"dltensor"
    assert capsule_name(image.__dlpack__(stream=None)) == b"dltensor"
    assert capsule_name(image.__dlpack__(None)) == b"dltensor"
    assert capsule_name(image.__dlpack__(max_version=(0, 8))) == b"dltensor"
    assert capsule_name(image.__dlpack__(max_version=(1, 0))) == b"dltensor_versioned"
    assert capsule_name(image.__dlpack__(max_version=(2, 3))) == b"dltensor_versioned"
    assert capsule_name(image.to_dlpack()) == b"dltensor"
    assert capsule_name(image.to_dlpack(cuda_stream=0)) == b"dltensor"
    with pytest.raises(BufferError):
        image.__dlpack__(dl_device=(2, 0))
    image.__dlpack__(dl_device=(1, 0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_takes_our_tensors(dtype):
    array = ramp((5, 6, 3), dtype)
    taken = np.from_dlpack(as_image(array))
    assert taken.dtype == array.dtype
    assert np.shares_memory(taken, array)
    assert (taken == array).all()
    strided = array[::-1, ::2]
    taken = np.from_dlpack(as_image(strided))
    assert (taken == strided).all()
    assert np.shares_memory(taken, array)


@NEEDS_NUMPY_2_1
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("max_version", [None, (1, 0)])
def test_we_take_tensors_of_numpy(dtype, max_version):
    array = ramp((5, 6, 3), dtype)[::2]
    capsule = array.__dlpack__(max_version=max_version)
    image = from_dlpack(capsule)
    assert image.shape == (3, 6, 3)
    assert image.sample_format is SampleFormat.I_RGB
    assert np.shares_memory(np.asarray(image), array)
    assert (np.asarray(image) == array).all()
    assert capsule_name(capsule).startswith(b"used_dltensor")
    with pytest.raises(RuntimeError, match="taken"):
        from_dlpack(capsule)


def test_dlpack_sources():
    array = ramp((5, 6, 2))
    assert np.shares_memory(np.asarray(from_dlpack(array)), array)
    assert np.shares_memory(np.asarray(as_image(array.__dlpack__())), array)
    image = as_image(array.__dlpack__(), sample_format=SampleFormat.I_UNCHANGED)
    assert image.sample_format is SampleFormat.I_UNCHANGED
    assert np.shares_memory(np.asarray(from_dlpack(as_image(array))), array)
    assert from_dlpack(source=array, cuda_stream=0).shape == (5, 6, 2)

    class OldProducer:
        def __dlpack_device__(self):
            return (1, 0)

        def __dlpack__(self, stream=None):
            return array.__dlpack__()

    assert np.shares_memory(np.asarray(as_image(OldProducer())), array)

    class OnDevice(OldProducer):
        def __dlpack_device__(self):
            return (2, 0)

    for wrong in (OnDevice(), 3, np.zeros(3, np.uint8), np.zeros((2, 2), complex)):
        with pytest.raises(RuntimeError):
            from_dlpack(wrong)


@NEEDS_NUMPY_2_1
def test_read_only_tensors_stay_so():
    array = ramp((5, 6, 3))
    array.flags.writeable = False
    assert not np.asarray(from_dlpack(array)).flags.writeable


@NEEDS_NUMPY_2_1
def test_copies_of_tensors():
    array = ramp((5, 6, 3), "u2")
    for view in (array, array[:, ::-2], array[..., ::-1]):
        image = as_image(view)
        taken = np.from_dlpack(image, copy=True)
        assert not np.shares_memory(taken, array)
        assert (taken == view).all()


@NEEDS_NUMPY_2_1
def test_broadcast_tensors_are_copied():
    array = np.broadcast_to(ramp((1, 6, 3)), (5, 6, 3))
    image = from_dlpack(array)
    assert (np.asarray(image) == array).all()
    assert not np.shares_memory(np.asarray(image), array)
