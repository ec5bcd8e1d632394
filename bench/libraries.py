# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The libraries, each used at its best, one thread, from bytes in memory to a numpy array and back.

A maker takes the column's files and returns the function to be timed, or raises ImportError or OSError where the
library is missing. Plain names allocate a result per image in the library's ordinary way and drop it before the
next; names with ", reused buffer" decode into one array or image again and again.
"""

import functools
import importlib
import io
from collections.abc import Callable

import numpy as np

DEVICE_CPU_ONLY = -99999
FANCY = ":fancy_upsampling=1"

Files = list[bytes]
Run = Callable[[], int]


@functools.cache
def api(module_name: str):
    return importlib.import_module(module_name)


@functools.cache
def decoder(module_name: str, options: str, thread_count: int = 1):
    """glimt's or nvImageCodec's decoder: the same constructor."""
    module = api(module_name)
    backends = [module.Backend(module.BackendKind.CPU_ONLY)]
    return module.Decoder(
        device_id=DEVICE_CPU_ONLY,
        max_num_cpu_threads=thread_count,
        backends=backends,
        options=options,
    )


@functools.cache
def encoder(module_name: str, thread_count: int = 1):
    module = api(module_name)
    backends = [module.Backend(module.BackendKind.CPU_ONLY)]
    return module.Encoder(
        device_id=DEVICE_CPU_ONLY, max_num_cpu_threads=thread_count, backends=backends
    )


def decoded(image):
    """Fails where a library says that it cannot by giving None: that must not be timed."""
    if image is None:
        raise ValueError("not decoded")
    return image


def each(function: Callable[[bytes], object], files: Files) -> Run:
    def run() -> int:
        for data in files:
            function(data)
        return 0

    return run


def writing(function: Callable[[np.ndarray], object], arrays: list[np.ndarray]) -> Run:
    def run() -> int:
        return sum(len(function(array)) for array in arrays)

    return run


# --- glimt and nvImageCodec: one API ------------------------------------------------------------


def codec_decode(
    module_name: str, files: Files, options: str = FANCY, unchanged: bool = False
) -> Run:
    """`unchanged`: the file's own channels, as the peers give them for gray and RGBA files."""
    module = api(module_name)
    decode = decoder(module_name, options).decode
    spec = module.ColorSpec.UNCHANGED if unchanged else module.ColorSpec.SRGB
    params = module.DecodeParams(color_spec=spec)

    def one(data: bytes) -> np.ndarray:
        return np.asarray(decoded(decode(data, params=params)))

    return each(one, files)


def codec_decode_reused(module_name: str, files: Files, options: str = FANCY) -> Run:
    decode = decoder(module_name, options).decode
    image = decode(files[0])

    def one(data: bytes) -> None:
        decoded(decode(data, image=image))

    return each(one, files)


def codec_encode(module_name: str, arrays: list[np.ndarray], codec: str, params) -> Run:
    """From host arrays to encoded bytes, read through the buffer protocol as OpenCV's array is."""
    module = api(module_name)
    encode = encoder(module_name).encode
    images = [module.as_image(array) for array in arrays]

    def run() -> int:
        return sum(memoryview(encode(image, codec, params=params)).nbytes for image in images)

    return run


# --- the others -------------------------------------------------------------------------------


def opencv_decode(files: Files, unchanged: bool = False) -> Run:
    cv2 = api("cv2")
    cv2.setNumThreads(1)
    flag = cv2.IMREAD_UNCHANGED if unchanged else cv2.IMREAD_COLOR

    def one(data: bytes) -> np.ndarray:
        return decoded(cv2.imdecode(np.frombuffer(data, np.uint8), flag))

    return each(one, files)


def opencv_encode(arrays: list[np.ndarray], suffix: str, options: list[int]) -> Run:
    """The arrays are taken as BGR: no channel swap is timed."""
    cv2 = api("cv2")
    cv2.setNumThreads(1)

    def one(array: np.ndarray) -> np.ndarray:
        return cv2.imencode(suffix, array, options)[1]

    return writing(one, arrays)


def pillow_decode(files: Files) -> Run:
    image_module = api("PIL.Image")

    def one(data: bytes) -> np.ndarray:
        return np.asarray(image_module.open(io.BytesIO(data)))

    return each(one, files)


def pillow_encode(arrays: list[np.ndarray], format_name: str, **options) -> Run:
    image_module = api("PIL.Image")
    images = [image_module.fromarray(array) for array in arrays]

    def run() -> int:
        total = 0
        for image in images:
            buffer = io.BytesIO()
            image.save(buffer, format_name, **options)
            total += buffer.tell()
        return total

    return run


def imagecodecs_decode(files: Files, name: str, **options) -> Run:
    function = getattr(api("imagecodecs"), f"{name}_decode")
    return each(functools.partial(function, **options), files)


def imagecodecs_decode_reused(files: Files, name: str, **options) -> Run:
    function = getattr(api("imagecodecs"), f"{name}_decode")
    out = function(files[0], **options)
    return each(functools.partial(function, out=out, **options), files)


def imagecodecs_encode(arrays: list[np.ndarray], name: str, **options) -> Run:
    function = getattr(api("imagecodecs"), f"{name}_encode")
    return writing(functools.partial(function, **options), arrays)
