# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Encoding on the device: files equal those of the CPU, whatever the image and its memory."""

from __future__ import annotations

from typing import Any

import glimt
import numpy as np
import pytest
from gpu_files import CPU, FILES, GPUS, jpeg, photo

SUBSAMPLINGS = ["CSS_444", "CSS_422", "CSS_420", "CSS_440", "CSS_411", "CSS_410", "CSS_GRAY"]


def params(quality: float = 90, subsampling: str = "CSS_420", **more: Any) -> glimt.EncodeParams:
    return glimt.EncodeParams(
        quality_type=glimt.QualityType.QUALITY,
        quality_value=quality,
        chroma_subsampling=getattr(glimt.ChromaSubsampling, subsampling),
        **more,
    )


def both(images: list[Any], codec: str = "jpeg", **how: Any) -> tuple[list[bytes], list[bytes]]:
    """The files of the GPU machine's encoder and of the CPU's."""
    wanted = params(**how)
    gpu = glimt.Encoder()
    found = [bytes(s) for s in gpu.encode(images, codec, params=wanted)]
    if codec == "jpeg":
        names = {status.attempts[-1][0] for status in gpu.last_status}
        assert names == {"glimt_jpeg_cuda_encoder"}, names
    host = [image.cpu() for image in images]
    expected = [bytes(s) for s in glimt.Encoder(backends=CPU).encode(host, codec, params=wanted)]
    return found, expected


def on_device(pixels: np.ndarray[Any, Any], **how: Any) -> glimt.Image:
    return glimt.as_image(pixels, **how).cuda()


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_files_are_the_cpus(subsampling: str) -> None:
    sizes = [(1, 1), (3, 5), (8, 8), (17, 33), (64, 48), (131, 77), (333, 250)]
    images = [on_device(photo(w, h, w)) for w, h in sizes]
    for quality in (1, 50, 90, 100):
        found, expected = both(images, quality=quality, subsampling=subsampling)
        assert found == expected, (quality, subsampling)


@pytest.mark.parametrize(
    "how", [{"optimized_huffman": True}, {"progressive": True}, {"restart_interval": 3}]
)
def test_jpeg_parameters(how: dict[str, Any]) -> None:
    images = [on_device(photo(200, 150, 1)), on_device(photo(65, 31, 2))]
    found, expected = both(images, jpeg_encode_params=glimt.JpegEncodeParams(**how))
    assert found == expected


def test_layouts_and_samples() -> None:
    torch = pytest.importorskip("torch")
    pixels = torch.from_numpy(photo(90, 70)).cuda()
    planes = pixels.permute(2, 0, 1).contiguous()
    images = [
        glimt.as_image(pixels),
        glimt.as_image(pixels[:, 3:80]),
        glimt.as_image(pixels.permute(1, 0, 2)),
        glimt.as_image(planes, sample_format=glimt.SampleFormat.P_RGB),
        glimt.as_image(pixels.flip(2).contiguous(), sample_format=glimt.SampleFormat.I_BGR),
        glimt.as_image(pixels[..., :1].contiguous()),
    ]
    found, expected = both(images)
    assert found == expected


@pytest.mark.parametrize("codec", ["png", "jpeg2k", "bmp", "pnm", "webp"])
def test_other_codecs_take_device_images(codec: str) -> None:
    image = glimt.Decoder().decode(FILES["420"])
    encoder = glimt.Encoder()
    wanted = glimt.EncodeParams(quality_type=glimt.QualityType.LOSSLESS)
    stream = encoder.encode(image, codec, params=wanted)
    again = glimt.Decoder().decode(bytes(stream))
    np.testing.assert_array_equal(np.asarray(again.cpu()), np.asarray(image.cpu()))


def test_host_images_and_arrays_are_encoded_too() -> None:
    pixels = photo(120, 90)
    found = bytes(glimt.Encoder().encode(pixels, "jpeg", params=params()))
    expected = bytes(glimt.Encoder(backends=CPU).encode(pixels, "jpeg", params=params()))
    assert found == expected


def test_pixels_under_way_are_waited_for() -> None:
    torch = pytest.importorskip("torch")
    stream = torch.cuda.Stream()
    pixels = torch.from_numpy(photo(300, 200)).cuda()
    expected = bytes(glimt.Encoder().encode(glimt.as_image(255 - pixels), "jpeg", params=params()))
    for _ in range(5):
        with torch.cuda.stream(stream):
            work = pixels.clone()
            torch.cuda._sleep(50_000_000)
            work = 255 - work
            image = glimt.as_image(work, cuda_stream=stream.cuda_stream)
        assert bytes(glimt.Encoder().encode(image, "jpeg", params=params())) == expected


def test_round_trip_from_decode_to_encode() -> None:
    images = glimt.Decoder().decode([jpeg(160, 120, seed) for seed in range(30)])
    found, expected = both(images)
    assert found == expected


def test_metadata_and_reused_streams() -> None:
    image = on_device(photo(64, 64))
    blocks = glimt.Decoder().get_metadata(FILES["turned"])
    wanted = params(metadata=blocks)
    stream = glimt.Encoder().encode(image, "jpeg", params=wanted)
    assert glimt.Decoder().get_metadata(stream)
    again = glimt.Encoder().encode(image, "jpeg", params=wanted, code_stream_s=stream)
    assert again is stream


def test_kinds() -> None:
    image = on_device(photo(32, 32))
    only = glimt.Encoder(backends=[glimt.Backend(glimt.GPU_ONLY)])
    assert only.encode(image, "jpeg") is not None
    assert only.encode(image, "png") is None
    with pytest.raises(RuntimeError):
        glimt.Encoder(backends=[glimt.Backend(glimt.HW_GPU_ONLY)])
    assert GPUS >= 1
