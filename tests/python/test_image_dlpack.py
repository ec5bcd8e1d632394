# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""DLPack capsules as no library would make them, and as many as they can be asked for."""

import ctypes

import numpy as np
import pytest
from glimt import ColorSpec, SampleFormat, as_image, as_images, from_dlpack

CPU, CUDA, CUDA_HOST, CUDA_MANAGED, ROCM = 1, 2, 3, 13, 10
INT, UINT, FLOAT, BFLOAT, COMPLEX, BOOL = 0, 1, 2, 4, 5, 6


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Managed(ctypes.Structure):
    _fields_ = [("tensor", Tensor), ("context", ctypes.c_void_p), ("deleter", Deleter)]


class Versioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", Deleter),
        ("flags", ctypes.c_uint64),
        ("tensor", Tensor),
    ]


new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
name_of_capsule = ctypes.pythonapi.PyCapsule_GetName
name_of_capsule.restype, name_of_capsule.argtypes = ctypes.c_char_p, [ctypes.py_object]


class Capsule:
    """A capsule over an array, and how often its deleter was called."""

    def __init__(self, array, version=None, flags=0, **fields):
        self.array, self.deleted = array, 0
        self.deleter = Deleter(self.count)
        self.shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
        self.strides = (ctypes.c_int64 * max(array.ndim, 1))(
            *(stride // array.itemsize for stride in array.strides)
        )
        kinds = {"u": UINT, "i": INT, "f": FLOAT, "b": BOOL, "c": COMPLEX}
        tensor = {
            "data": array.ctypes.data,
            "device_type": CPU,
            "device_id": 0,
            "ndim": array.ndim,
            "code": kinds[array.dtype.kind],
            "bits": 8 * array.itemsize,
            "lanes": 1,
            "shape": self.shape,
            "strides": self.strides,
            "byte_offset": 0,
        }
        tensor.update(fields)
        if version is None:
            self.managed = Managed(Tensor(**tensor), None, self.deleter)
        else:
            self.managed = Versioned(*version, None, self.deleter, flags, Tensor(**tensor))
        self.name = b"dltensor" if version is None else b"dltensor_versioned"
        self.object = new_capsule(ctypes.addressof(self.managed), self.name, None)

    def count(self, _):
        self.deleted += 1

    @property
    def taken(self):
        return name_of_capsule(self.object) == b"used_" + self.name


def ramp(shape, dtype="u1"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


VERSIONS = [None, (1, 0), (1, 3)]
DTYPES = "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split()


@pytest.mark.parametrize("take", [as_image, from_dlpack, lambda c: as_images([c])[0]])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_capsules(take, version, dtype):
    capsule = Capsule(ramp((5, 6, 3), dtype), version)
    image = take(capsule.object)
    assert capsule.taken
    assert image.shape == (5, 6, 3)
    assert np.shares_memory(np.asarray(image), capsule.array)
    assert (np.asarray(image) == capsule.array).all()
    assert capsule.deleted == 0
    view = np.asarray(image)
    del image
    assert capsule.deleted == 0
    del view
    assert capsule.deleted == 1
    with pytest.raises(RuntimeError, match="taken"):
        take(capsule.object)
    assert capsule.deleted == 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a,
        lambda a: a[:, :4],
        lambda a: a[::-1],
        lambda a: a[:, ::-2],
        lambda a: a[..., ::-1],
        lambda a: a.transpose(1, 0, 2),
        lambda a: a[..., 1],
        lambda a: a[:1],
    ],
)
def test_strides(version, view):
    capsule = Capsule(view(ramp((5, 6, 3), "u2")), version)
    pixels = np.asarray(from_dlpack(capsule.object))
    assert np.shares_memory(pixels, capsule.array)
    assert (pixels.reshape(capsule.array.shape) == capsule.array).all()


def test_packed_tensors_need_no_strides():
    capsule = Capsule(ramp((5, 6, 3), "u2"), strides=None)
    assert (np.asarray(from_dlpack(capsule.object)) == capsule.array).all()


def test_byte_offset():
    array = ramp((5, 6, 3))
    capsule = Capsule(array, shape=(ctypes.c_int64 * 3)(4, 6, 3), byte_offset=18)
    assert (np.asarray(from_dlpack(capsule.object)) == array[1:]).all()


def test_shape_of_one_axis_may_have_any_stride():
    capsule = Capsule(ramp((5, 6, 1)), strides=(ctypes.c_int64 * 3)(6, 1, 12345))
    assert (np.asarray(from_dlpack(capsule.object)) == capsule.array).all()


COPIED = {
    "bool": lambda: Capsule(ramp((5, 6)) % 2 == 1),
    "broadcast": lambda: Capsule(np.broadcast_to(ramp((1, 6, 3)), (5, 6, 3))),
    "odd address": lambda: Capsule(
        np.frombuffer(bytes(range(121)), np.uint8).copy()[1:].view("<u2").reshape(5, 12)
    ),
}


@pytest.mark.parametrize("name", COPIED)
def test_copied_tensors_are_given_back_at_once(name):
    capsule = COPIED[name]()
    image = from_dlpack(capsule.object)
    assert capsule.taken
    assert capsule.deleted == 1
    assert not np.shares_memory(np.asarray(image), capsule.array)
    assert (np.asarray(image).reshape(capsule.array.shape) == capsule.array).all()


REFUSED = {
    "of one dimension": lambda: Capsule(ramp((5,))),
    "of four dimensions": lambda: Capsule(ramp((2, 3, 4, 5))),
    "scalar": lambda: Capsule(ramp(())),
    "empty": lambda: Capsule(ramp((0, 3, 3))),
    "without channels": lambda: Capsule(ramp((3, 3, 0))),
    "complex": lambda: Capsule(np.zeros((3, 3), complex)),
    "bfloat16": lambda: Capsule(ramp((3, 3, 3), "u2"), code=BFLOAT),
    "of vectors": lambda: Capsule(ramp((3, 3, 3)), lanes=4),
    "of 4 bits": lambda: Capsule(ramp((3, 3, 3)), bits=4),
    "of 128 bits": lambda: Capsule(ramp((3, 3, 3)), bits=128),
    "of 24 bits": lambda: Capsule(ramp((3, 3, 3)), bits=24),
    "float of 8 bits": lambda: Capsule(ramp((3, 3, 3)), code=FLOAT),
    "bool of 16 bits": lambda: Capsule(ramp((3, 3, 3), "u2"), code=BOOL),
    "of unknown code": lambda: Capsule(ramp((3, 3, 3)), code=77),
    "without memory": lambda: Capsule(ramp((3, 3, 3)), data=None),
    "without memory but an offset": lambda: Capsule(ramp((3, 3, 3)), data=None, byte_offset=64),
    "larger than memory": lambda: Capsule(
        ramp((3, 3, 3)), shape=(ctypes.c_int64 * 3)(1 << 40, 1 << 40, 3), strides=None
    ),
    "negative": lambda: Capsule(ramp((3, 3, 3)), shape=(ctypes.c_int64 * 3)(-3, 3, 3)),
    "without shape": lambda: Capsule(ramp((3, 3, 3)), shape=None),
    "of version 2": lambda: Capsule(ramp((3, 3, 3)), (2, 0)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_capsules_stay_untouched(name):
    capsule = REFUSED[name]()
    for take in (as_image, from_dlpack):
        with pytest.raises(RuntimeError):
            take(capsule.object)
    assert not capsule.taken
    assert capsule.deleted == 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("device", [CUDA, CUDA_MANAGED, ROCM, 99])
def test_device_memory_needs_a_gpu(device, version):
    capsule = Capsule(ramp((3, 3, 3)), version, device_type=device)
    for take in (as_image, from_dlpack):
        with pytest.raises(RuntimeError, match="GPU"):
            take(capsule.object)
    assert not capsule.taken


@pytest.mark.parametrize("version", VERSIONS)
def test_pinned_memory_is_host_memory(version):
    capsule = Capsule(ramp((3, 3, 3)), version, device_type=CUDA_HOST)
    assert (np.asarray(from_dlpack(capsule.object)) == capsule.array).all()


def test_a_capsule_that_does_not_fit_the_arguments_stays_untouched():
    capsule = Capsule(ramp((3, 3, 3)))
    with pytest.raises(ValueError):
        as_image(capsule.object, sample_format=SampleFormat.I_RGBA)
    with pytest.raises(ValueError):
        from_dlpack(capsule.object, precision=9)
    assert not capsule.taken
    image = from_dlpack(capsule.object, sample_format=SampleFormat.I_BGR, precision=7)
    assert (image.sample_format, image.precision) == (SampleFormat.I_BGR, 7)


def test_arguments_of_from_dlpack():
    image = from_dlpack(
        ramp((3, 4, 5)), 0, sample_format=SampleFormat.P_RGB, color_spec=ColorSpec.SYCC
    )
    assert (image.shape, image.num_channels) == ((3, 4, 5), 3)
    assert image.color_spec is ColorSpec.SYCC
    with pytest.raises(TypeError):
        from_dlpack(ramp((3, 4, 5)), 0, SampleFormat.P_RGB)
    with pytest.raises(TypeError):
        from_dlpack(ramp((3, 4, 5)), "stream")


def test_read_only_flag():
    image = from_dlpack(Capsule(ramp((3, 3, 3)), (1, 0), flags=1).object)
    assert not np.asarray(image).flags.writeable
    image = from_dlpack(Capsule(ramp((3, 3, 3)), (1, 0), flags=2).object)
    assert np.asarray(image).flags.writeable


@pytest.mark.parametrize("name", [b"nonsense", b"dltensor_nonsense", b"used_dltensor", None])
def test_other_capsules(name):
    memory = ctypes.create_string_buffer(200)
    capsule = new_capsule(ctypes.addressof(memory), name, None)
    for take in (as_image, from_dlpack):
        with pytest.raises(RuntimeError):
            take(capsule)


# Producers


class Producer:
    def __init__(self, array, device=(CPU, 0)):
        self.array, self.device, self.asked = array, device, []

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **keywords):
        self.asked.append(keywords)
        return self.array.__dlpack__()


class OldProducer(Producer):
    def __dlpack__(self, stream=None):
        return self.array.__dlpack__()


class ReadOnlyProducer(Producer):
    def __dlpack__(self, **keywords):
        raise BufferError("read only")


class BadProducer(Producer):
    def __dlpack__(self, **keywords):
        return "no capsule"


def test_producers():
    producer = Producer(ramp((3, 4, 3)))
    assert np.shares_memory(np.asarray(as_image(producer)), producer.array)
    assert producer.asked[0]["max_version"] >= (1, 0)
    assert producer.asked[0].get("stream") is None  # as the standard asks for on the host
    old = OldProducer(ramp((3, 4, 3)))
    assert np.shares_memory(np.asarray(from_dlpack(old)), old.array)
    with pytest.raises(BufferError):
        as_image(ReadOnlyProducer(ramp((3, 4, 3))))
    for bad in (BadProducer(ramp((3, 4, 3))), Producer(ramp((3, 4, 3)), 5), Producer(ramp(3), ())):
        with pytest.raises(RuntimeError):
            as_image(bad)


@pytest.mark.parametrize("device", [CUDA, CUDA_MANAGED, ROCM])
def test_producers_on_a_device_are_asked_for_nothing(device):
    producer = Producer(ramp((3, 4, 3)), (device, 0))
    for take in (as_image, from_dlpack):
        with pytest.raises(RuntimeError, match="GPU"):
            take(producer)
    assert producer.asked == []


@pytest.mark.parametrize("source", [None, 5, "text", b"bytes", [1], object(), ramp((3,))])
def test_from_dlpack_of_nothing(source):
    with pytest.raises(RuntimeError):
        from_dlpack(source)


# What we export


@pytest.fixture
def image():
    return as_image(ramp((5, 6, 3), "u2"))


@pytest.mark.parametrize("stream", [None, -1, 0, 1, 2, 123456789, np.int64(1)])
def test_streams_mean_nothing_to_the_host(stream, image):
    assert name_of_capsule(image.__dlpack__(stream=stream)) == b"dltensor"
    assert name_of_capsule(image.__dlpack__(stream)) == b"dltensor"
    assert name_of_capsule(image.to_dlpack(cuda_stream=stream)) == b"dltensor"
    assert name_of_capsule(image.to_dlpack(stream)) == b"dltensor"


@pytest.mark.parametrize("stream", ["1", 1.5, object(), (1,)])
def test_no_streams(stream, image):
    for export in (image.__dlpack__, image.to_dlpack):
        with pytest.raises(TypeError):
            export(stream)


@pytest.mark.parametrize("name", ["max_version", "dl_device"])
@pytest.mark.parametrize("value", [1, "ab", (1,), (1, 0, 0), ("a", "b"), [1, 0]])
def test_pairs(name, value, image):
    with pytest.raises(TypeError, match=name):
        image.__dlpack__(**{name: value})


@pytest.mark.parametrize(
    ("max_version", "name"),
    [
        (None, b"dltensor"),
        ((0, 0), b"dltensor"),
        ((0, 99), b"dltensor"),
        ((1, 0), b"dltensor_versioned"),
        ((1, 2), b"dltensor_versioned"),
        ((7, 0), b"dltensor_versioned"),
    ],
)
@pytest.mark.parametrize("copy", [None, False, True])
@pytest.mark.parametrize("dl_device", [None, (1, 0)])
def test_versions(max_version, name, copy, dl_device, image):
    capsule = image.__dlpack__(max_version=max_version, copy=copy, dl_device=dl_device)
    assert name_of_capsule(capsule) == name
    taken = np.asarray(from_dlpack(capsule))
    assert (taken == np.asarray(image)).all()
    assert np.shares_memory(taken, np.asarray(image)) is (copy is not True)


@pytest.mark.parametrize("device", [(2, 0), (2, 1), (13, 0), (10, 0)])
def test_no_other_device(device, image):
    for keywords in ({}, {"copy": True}, {"copy": False}):
        with pytest.raises(BufferError, match="host"):
            image.__dlpack__(dl_device=device, **keywords)


@pytest.mark.parametrize("dtype", DTYPES)
def test_fields_of_an_exported_tensor(dtype):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    array = ramp((5, 8, 3), dtype)
    for view, packed in ((array, True), (array[:, 1:-1], False), (array[::-1], False)):
        image = as_image(view)
        capsule = image.to_dlpack()
        tensor = Managed.from_address(get(capsule, b"dltensor")).tensor
        assert tensor.data == view.ctypes.data
        assert (tensor.device_type, tensor.device_id, tensor.ndim) == (CPU, 0, 3)
        assert (tensor.bits, tensor.lanes, tensor.byte_offset) == (8 * array.itemsize, 1, 0)
        assert tensor.code == {"u": UINT, "i": INT, "f": FLOAT}[array.dtype.kind]
        assert tuple(tensor.shape[:3]) == view.shape
        assert bool(tensor.strides) is not packed
        if not packed:
            assert [s * array.itemsize for s in tensor.strides[:3]] == list(view.strides)
        capsule = image.__dlpack__(max_version=(1, 0))
        versioned = Versioned.from_address(get(capsule, b"dltensor_versioned"))
        assert (versioned.major, versioned.flags) == (1, 0)
        assert [s * array.itemsize for s in versioned.tensor.strides[:3]] == list(view.strides)


def test_many_exports_of_one_image():
    array = ramp((5, 6, 3))
    image = as_image(array)
    capsules = [image.to_dlpack() for _ in range(50)]
    arrays = [np.from_dlpack(image) for _ in range(50)]
    del image
    assert all((np.asarray(from_dlpack(capsule)) == array).all() for capsule in capsules)
    assert all((taken == array).all() for taken in arrays)


def test_planar_images_are_exported_as_planes():
    planes = ramp((3, 5, 6))
    image = as_image(planes, sample_format=SampleFormat.P_RGB)
    assert np.from_dlpack(image).shape == (3, 5, 6)
    assert (np.from_dlpack(image) == planes).all()
    again = from_dlpack(image)
    assert (again.shape, again.sample_format) == ((3, 5, 6), SampleFormat.P_RGB)


# Frameworks


def test_torch():
    torch = pytest.importorskip("torch")
    array = ramp((5, 6, 3))
    image = as_image(array)
    for taken in (torch.from_dlpack(image), torch.utils.dlpack.from_dlpack(image.to_dlpack())):
        assert taken.shape == (5, 6, 3)
        assert (taken.numpy() == array).all()
        taken[0, 0, 0] = 99
        assert array[0, 0, 0] == 99
    tensor = torch.from_numpy(array.copy())
    for source in (tensor, tensor.permute(1, 0, 2), torch.utils.dlpack.to_dlpack(tensor)):
        image = as_image(source)
        assert image.num_channels == 3
    planes = tensor.permute(2, 0, 1)
    image = as_image(planes, sample_format=SampleFormat.P_RGB)
    assert (np.asarray(image) == array.transpose(2, 0, 1)).all()


def test_jax():
    jax = pytest.importorskip("jax")
    array = ramp((5, 6, 3))
    taken = jax.dlpack.from_dlpack(as_image(array))
    assert (np.asarray(taken) == array).all()
    assert (np.asarray(as_image(taken)) == array).all()
