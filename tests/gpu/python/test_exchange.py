# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Device images to and from torch and CuPy, streams, and copies between host and device."""

from __future__ import annotations

import gc
import threading
from typing import Any

import glimt
import numpy as np
import pytest
from gpu_files import CPU, FILES, GPUS, jpeg, photo

if GPUS == 0:
    pytest.skip("there is no GPU", allow_module_level=True)
torch = pytest.importorskip("torch")
cupy = pytest.importorskip("cupy")


def host(data: bytes, **params: Any) -> np.ndarray[Any, Any]:
    return np.asarray(glimt.Decoder(backends=CPU).decode(data, params=glimt.DecodeParams(**params)))


def test_to_torch() -> None:
    image = glimt.Decoder().decode(FILES["420"])
    expected = host(FILES["420"])
    assert image.__dlpack_device__() == (2, 0)
    for tensor in (
        torch.from_dlpack(image),
        torch.as_tensor(image, device="cuda"),
        torch.from_dlpack(image.to_dlpack()),
    ):
        assert tensor.is_cuda
        assert tensor.data_ptr() == image.__cuda_array_interface__["data"][0]
        np.testing.assert_array_equal(tensor.cpu().numpy(), expected)


def test_to_cupy() -> None:
    image = glimt.Decoder().decode(FILES["420"])
    for array in (cupy.asarray(image), cupy.from_dlpack(image)):
        assert array.data.ptr == image.__cuda_array_interface__["data"][0]
        np.testing.assert_array_equal(cupy.asnumpy(array), host(FILES["420"]))


def test_planar_for_torch() -> None:
    params = glimt.DecodeParams(sample_format=glimt.SampleFormat.P_RGB)
    tensor = torch.from_dlpack(glimt.Decoder().decode(FILES["422"], params=params))
    assert tuple(tensor.shape) == (3, 61, 83)
    np.testing.assert_array_equal(tensor.cpu().numpy(), host(FILES["422"]).transpose(2, 0, 1))


def test_pixels_outlive_image_and_decoder() -> None:
    decoder = glimt.Decoder()
    image = decoder.decode(FILES["420"])
    tensor = torch.from_dlpack(image)
    del image, decoder
    gc.collect()
    others = [glimt.Decoder().decode(jpeg(83, 61, seed)) for seed in range(20)]
    np.testing.assert_array_equal(tensor.cpu().numpy(), host(FILES["420"]))
    assert len(others) == 20


def test_host_views_of_device_images_are_refused() -> None:
    image = glimt.Decoder().decode(FILES["420"])
    with pytest.raises(RuntimeError, match="cpu"):
        np.asarray(image)
    with pytest.raises(RuntimeError, match="cpu"):
        _ = image.__array_interface__
    with pytest.raises((BufferError, TypeError)):
        memoryview(image)
    with pytest.raises(RuntimeError, match="cuda"):
        _ = image.cpu().__cuda_array_interface__


def test_copies() -> None:
    image = glimt.Decoder().decode(FILES["420"])
    assert image.cuda() is image
    down = image.cpu()
    assert down.cpu() is down
    up = down.cuda()
    assert (up.device_id, up.shape, up.dtype) == (0, image.shape, image.dtype)
    assert (up.sample_format, up.color_spec) == (image.sample_format, image.color_spec)
    later = down.cuda(synchronize=False)
    for each in (up, later):
        np.testing.assert_array_equal(np.asarray(each.cpu()), np.asarray(down))
    array = photo(40, 30)
    for view in (
        array,
        array[:, ::-1],
        array[::2, ::3],
        array.transpose(1, 0, 2),
        array[..., ::-1],
    ):
        np.testing.assert_array_equal(np.asarray(glimt.as_image(view).cuda().cpu()), view)
    planar = glimt.as_image(
        np.ascontiguousarray(array.transpose(2, 0, 1)), sample_format=glimt.SampleFormat.P_RGB
    )
    np.testing.assert_array_equal(np.asarray(planar.cuda().cpu()), array.transpose(2, 0, 1))


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int32", "float16", "float32", "float64"]
)
def test_from_arrays(dtype: str) -> None:
    base = (np.arange(5 * 7 * 3) % 100).reshape(5, 7, 3).astype(dtype)
    for array in (cupy.asarray(base), cupy.asarray(base)[:, ::2], cupy.asarray(base)[1:4]):
        expected = cupy.asnumpy(array)
        image = glimt.as_image(array)
        assert image.device_id == 0
        assert image.__cuda_array_interface__["data"][0] == array.data.ptr
        np.testing.assert_array_equal(np.asarray(image.cpu()), expected)
        np.testing.assert_array_equal(np.asarray(glimt.from_dlpack(array).cpu()), expected)
    if dtype != "uint16":
        tensor = torch.from_numpy(base).cuda()
        for view in (tensor, tensor[:, 1:5], tensor.permute(1, 0, 2)):
            np.testing.assert_array_equal(
                np.asarray(glimt.as_image(view).cpu()), view.cpu().numpy()
            )


def test_arrays_that_would_have_to_be_copied() -> None:
    with pytest.raises(RuntimeError, match="contiguous"):
        glimt.as_image(torch.zeros((1, 5, 3), dtype=torch.uint8, device="cuda").expand(4, 5, 3))


def test_dlpack_on_request() -> None:
    image = glimt.Decoder().decode(FILES["420"])
    np.testing.assert_array_equal(np.from_dlpack(image.cpu()), host(FILES["420"]))
    capsule = image.__dlpack__(dl_device=(1, 0))
    np.testing.assert_array_equal(np.asarray(glimt.from_dlpack(capsule)), host(FILES["420"]))
    back = glimt.from_dlpack(image.cpu().__dlpack__(dl_device=(2, 0)))
    assert back.device_id == 0
    np.testing.assert_array_equal(np.asarray(back.cpu()), host(FILES["420"]))
    copy = glimt.from_dlpack(image.__dlpack__(copy=True))
    assert copy.__cuda_array_interface__["data"][0] != image.__cuda_array_interface__["data"][0]


def busy(stream: Any, milliseconds: int = 200) -> None:
    """Keeps a stream working."""
    with torch.cuda.stream(stream):
        torch.cuda._sleep(int(milliseconds * 1_900_000))


def test_the_callers_stream_is_not_waited_for() -> None:
    import time

    decoder = glimt.Decoder()
    data = [jpeg(640, 480, seed) for seed in range(8)]
    decoder.decode(data)  # memory and kernels are there
    stream = torch.cuda.Stream()
    busy(stream, 400)
    start = time.perf_counter()
    images = decoder.decode(data, cuda_stream=stream.cuda_stream)
    taken = time.perf_counter() - start
    still_busy = not stream.query()
    for image, one in zip(images, data, strict=True):
        assert image.cuda_stream == stream.cuda_stream
        assert image.__cuda_array_interface__["stream"] == stream.cuda_stream
        np.testing.assert_array_equal(np.asarray(image.cpu()), host(one))
    assert still_busy, f"decode waited {taken:.3f} s for the caller's work"


def test_reused_memory_waits_for_its_readers() -> None:
    decoder = glimt.Decoder()
    first, second = jpeg(256, 256, 1), jpeg(256, 256, 2)
    stream = torch.cuda.Stream()
    image = decoder.decode(first, cuda_stream=stream.cuda_stream)
    busy(stream)
    with torch.cuda.stream(stream):
        copy = torch.as_tensor(image, device="cuda").clone()
    decoder.decode(second, image=image, cuda_stream=stream.cuda_stream)
    stream.synchronize()
    np.testing.assert_array_equal(copy.cpu().numpy(), host(first))
    np.testing.assert_array_equal(np.asarray(image.cpu()), host(second))


def test_dropped_memory_waits_for_its_readers() -> None:
    decoder = glimt.Decoder()
    data = [jpeg(256, 256, seed) for seed in range(4)]
    expected = [host(one) for one in data]
    stream, other = torch.cuda.Stream(), torch.cuda.Stream()
    for reader in (stream, other):
        for round_ in range(6):
            image = decoder.decode(data[round_ % 4], cuda_stream=stream.cuda_stream)
            with torch.cuda.stream(reader):
                tensor = torch.from_dlpack(image)
                torch.cuda._sleep(40_000_000)
                copy = tensor.clone()
            del image, tensor
            for one in data:
                decoder.decode(one, cuda_stream=stream.cuda_stream)
            reader.synchronize()
            np.testing.assert_array_equal(copy.cpu().numpy(), expected[round_ % 4])


def test_consumers_on_another_stream_see_the_pixels() -> None:
    decoder = glimt.Decoder()
    png = FILES["png"]
    stream, other = torch.cuda.Stream(), torch.cuda.Stream()
    for _ in range(10):
        busy(stream, 20)
        image = decoder.decode(png, cuda_stream=stream.cuda_stream)
        with torch.cuda.stream(other):
            copy = torch.from_dlpack(image).clone()
        other.synchronize()
        np.testing.assert_array_equal(copy.cpu().numpy(), host(png))


def test_many_threads_and_decoders() -> None:
    data = [jpeg(200, 150, seed) for seed in range(8)] + [FILES["png"], FILES["jp2"]]
    expected = [host(one) for one in data]
    shared = glimt.Decoder()
    failures: list[str] = []

    def work(number: int) -> None:
        decoder = shared if number % 2 else glimt.Decoder()
        for _ in range(15):
            for image, pixels in zip(decoder.decode(data), expected, strict=True):
                if not np.array_equal(np.asarray(image.cpu()), pixels):
                    failures.append(f"thread {number}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_the_second_gpu() -> None:
    if GPUS < 2:
        pytest.skip("there is one GPU")
    image = glimt.Decoder(device_id=1).decode(FILES["420"])
    assert image.device_id == 1
    np.testing.assert_array_equal(np.asarray(image.cpu()), host(FILES["420"]))
    other = image.cpu().cuda(device_id=0)
    assert other.device_id == 0
    across = image.cuda(device_id=0)
    np.testing.assert_array_equal(np.asarray(across.cpu()), host(FILES["420"]))
    with pytest.raises(ValueError, match="GPU 1"):
        glimt.Decoder(device_id=0).decode(FILES["420"], image=image)
    encoded = glimt.Encoder(device_id=0).encode(image, "png")
    np.testing.assert_array_equal(host(bytes(encoded)), host(FILES["420"]))
