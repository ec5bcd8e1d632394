# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Images land on the device, equal to what the CPU decodes, whatever the format and the parameters."""

from __future__ import annotations

import itertools
from typing import Any

import glimt
import numpy as np
import pytest
from gpu_files import CPU, FILES, encoded, jpeg, photo

PARAMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "gray": {"color_spec": glimt.ColorSpec.GRAY},
    "unchanged": {"color_spec": glimt.ColorSpec.UNCHANGED, "allow_any_depth": True},
    "planar": {"sample_format": glimt.SampleFormat.P_RGB},
    "bgr": {"sample_format": glimt.SampleFormat.I_BGR},
    "float": {"dtype": np.float32},
    "stored": {"apply_exif_orientation": False},
}


def same(found: glimt.Image | None, expected: glimt.Image | None) -> None:
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    assert found.buffer_kind is glimt.ImageBufferKind.STRIDED_DEVICE
    assert found.device_id == 0
    host = found.cpu()
    assert host.buffer_kind is glimt.ImageBufferKind.STRIDED_HOST
    facts = ("shape", "dtype", "sample_format", "color_spec", "precision")
    assert [getattr(host, f) for f in facts] == [getattr(expected, f) for f in facts]
    np.testing.assert_array_equal(np.asarray(host), np.asarray(expected))


@pytest.mark.parametrize("options", [":fancy_upsampling=0", ":fancy_upsampling=1"])
@pytest.mark.parametrize("name", PARAMS)
def test_every_format_and_parameter(name: str, options: str) -> None:
    params = glimt.DecodeParams(**PARAMS[name])
    sources = list(FILES.values())
    found = glimt.Decoder(options=options).decode(sources, params=params)
    expected = glimt.Decoder(options=options, backends=CPU).decode(sources, params=params)
    for kind, one, other in zip(FILES, found, expected, strict=True):
        try:
            same(one, other)
        except AssertionError as error:
            raise AssertionError(f"{kind}: {error}") from error
    assert sum(image is not None for image in found) > 0


@pytest.mark.parametrize(
    "region", [(5, 7, 40, 60), (-4, -3, 20, 30), (30, 50, 90, 120), (100, 200, 130, 260)]
)
def test_regions_with_fill(region: tuple[int, int, int, int]) -> None:
    y0, x0, y1, x1 = region
    wanted = glimt.Region([y0, x0], [y1, x1], [10, 200, 30, 40])
    streams = [glimt.CodeStream(data).get_sub_code_stream(region=wanted) for data in FILES.values()]
    found = glimt.Decoder().decode(streams)
    expected = glimt.Decoder(backends=CPU).decode(streams)
    for kind, one, other in zip(FILES, found, expected, strict=True):
        assert one is not None, kind
        same(one, other)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations(orientation: int) -> None:
    from PIL import Image as Pillow

    exif = Pillow.Exif()
    exif[0x0112] = orientation
    for subsampling in ("4:2:0", "4:4:4"):
        data = jpeg(45, 27, exif=exif, subsampling=subsampling)
        same(glimt.Decoder().decode(data), glimt.Decoder(backends=CPU).decode(data))


def test_kinds_choose_backends() -> None:
    gpu_only = glimt.Decoder(backends=[glimt.Backend(glimt.GPU_ONLY)])
    assert gpu_only.decode(FILES["420"]) is not None
    assert "cuda" in gpu_only.last_status[0].attempts[-1][0]
    assert gpu_only.decode(FILES["jp2"]) is not None
    for kind in ("png", "bmp", "pnm", "webp"):
        assert gpu_only.decode(FILES[kind]) is None
    hybrid = glimt.Decoder(backends=[glimt.Backend(glimt.HYBRID_CPU_GPU)])
    assert hybrid.decode(FILES["420"]) is not None
    host = glimt.Decoder(backends=CPU).decode(FILES["420"])
    assert host.device_id is None
    host = glimt.Decoder(device_id=-99999).decode(FILES["420"])
    assert host.device_id is None


def test_there_is_no_such_gpu() -> None:
    with pytest.raises(RuntimeError, match="GPU 77"):
        glimt.Decoder(device_id=77)


def test_memory_to_reuse_stays_where_it_is() -> None:
    decoder, cpu = glimt.Decoder(), glimt.Decoder(backends=CPU)
    first, second = jpeg(64, 48, 1), jpeg(64, 48, 2)
    device = decoder.decode(first)
    address = device.__cuda_array_interface__["data"][0]
    assert decoder.decode(second, image=device) is device
    assert device.__cuda_array_interface__["data"][0] == address
    same(device, cpu.decode(second))
    smaller = jpeg(31, 17, 3)
    assert decoder.decode(smaller, image=device) is device
    same(device, cpu.decode(smaller))
    larger = jpeg(640, 480, 4)
    assert decoder.decode(larger, image=device) is device
    same(device, cpu.decode(larger))
    # Host memory stays the host's, and a CPU-only decoder fills device memory.
    host = cpu.decode(first)
    assert decoder.decode(second, image=host) is host
    assert host.device_id is None
    np.testing.assert_array_equal(np.asarray(host), np.asarray(cpu.decode(second)))
    assert cpu.decode(second, image=device) is device
    same(device, cpu.decode(second))
    png = FILES["png"]
    assert decoder.decode(png, image=device) is device
    same(device, cpu.decode(png))


def test_borrowed_device_memory_with_padding() -> None:
    torch = pytest.importorskip("torch")
    data = jpeg(50, 40)
    expected = np.asarray(glimt.Decoder(backends=CPU).decode(data))
    backing = torch.full((60, 80, 3), 9, dtype=torch.uint8, device="cuda")
    into = glimt.as_image(backing[10:50, 20:70])
    for source in (data, encoded(photo(50, 40, 5), "PNG")):
        expected = np.asarray(glimt.Decoder(backends=CPU).decode(source))
        assert glimt.Decoder().decode(source, image=into) is into
        torch.cuda.synchronize()
        whole = backing.cpu().numpy()
        np.testing.assert_array_equal(whole[10:50, 20:70], expected)
        whole[10:50, 20:70] = 9
        assert (whole == 9).all()
    small = glimt.as_image(torch.zeros((8, 8, 3), dtype=torch.uint8, device="cuda"))
    with pytest.raises(ValueError, match="too small"):
        glimt.Decoder().decode(data, image=small)


def test_damaged_files_in_a_batch() -> None:
    good = [jpeg(120, 80, seed) for seed in range(6)]
    batch: list[bytes] = []
    for data in good:
        broken = bytearray(data)
        for at in range(len(data) // 2, len(data) - 10, 37):
            broken[at] ^= 0x5A
        batch += [data, bytes(broken), data[: len(data) // 2], b"not an image"]
    for errors in ("strict", "partial"):
        params = glimt.DecodeParams(errors=errors)
        found = glimt.Decoder().decode(batch, params=params)
        expected = glimt.Decoder(backends=CPU).decode(batch, params=params)
        for one, other in zip(found, expected, strict=True):
            same(one, other)


def test_many_sizes_in_one_batch() -> None:
    sizes = list(itertools.product((1, 2, 7, 8, 15, 16, 17, 33, 64, 130), (1, 3, 16, 31, 48)))
    for options in ({"subsampling": "4:2:0"}, {"subsampling": "4:4:4"}, {"subsampling": "4:2:2"}):
        batch = [jpeg(w, h, w + h, **options) for w, h in sizes]
        found = glimt.Decoder(options=":fancy_upsampling=1").decode(batch)
        expected = glimt.Decoder(options=":fancy_upsampling=1", backends=CPU).decode(batch)
        for one, other in zip(found, expected, strict=True):
            same(one, other)


def test_shares_between_kinds() -> None:
    batch = [jpeg(64, 64, seed) for seed in range(40)]
    for policy in glimt.LoadHintPolicy:
        decoder = glimt.Decoder(
            backends=[
                glimt.Backend(glimt.HYBRID_CPU_GPU, 0.5, policy),
                glimt.Backend(glimt.CPU_ONLY),
            ]
        )
        for _ in range(3):
            images = decoder.decode(batch)
            kinds = {status.attempts[-1][0] for status in decoder.last_status}
            assert len(kinds) == (1 if policy is glimt.LoadHintPolicy.IGNORE else 2), kinds
            for image, data in zip(images, batch, strict=True):
                same(image, glimt.Decoder(backends=CPU).decode(data))


def test_pictures_in_a_notebook() -> None:
    assert glimt.Decoder().decode(FILES["420"])._repr_png_().startswith(b"\x89PNG")


def test_imap() -> None:
    sources = [jpeg(60, 40, seed) for seed in range(70)]
    images = list(glimt.Decoder().imap(sources, batch_size=16))
    for image, data in zip(images, sources, strict=True):
        same(image, glimt.Decoder(backends=CPU).decode(data))


def test_shares_between_kernels_and_engine() -> None:
    try:
        glimt.Decoder(backends=[glimt.Backend(glimt.HW_GPU_ONLY)])
    except RuntimeError as reason:
        pytest.skip(f"no engine: {reason}")
    batch = [jpeg(640, 480, seed) for seed in range(40)]
    kinds = [
        glimt.Backend(glimt.HYBRID_CPU_GPU, 0.75, glimt.LoadHintPolicy.ADAPTIVE_MINIMIZE_IDLE_TIME),
        glimt.Backend(glimt.HW_GPU_ONLY),
    ]
    decoder = glimt.Decoder(backends=kinds)
    for _ in range(4):
        images = decoder.decode(batch)
        assert len({status.attempts[-1][0] for status in decoder.last_status}) == 2
        for image, data in zip(images, batch, strict=True):
            same(image, glimt.Decoder(backends=CPU).decode(data))
