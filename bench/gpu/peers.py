# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The libraries that are compared, each as functions from a batch to finished images.

A library that is not installed, or a mode that it lacks on this machine, is left out and named.
torchvision has no choice of upsampling: it takes nvJPEG's plain one, beside the others' fancy one.
Its encoder writes 4:4:4, beside the others' 4:2:0.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass
class Peer:
    """One row of a table. `prepare` is not timed; `run` is, together with the wait for the GPU."""

    name: str
    prepare: Callable[[list[Any]], Any]
    run: Callable[[Any], list[Any]]
    to_numpy: Callable[[Any], np.ndarray] | None = None


def preload_nvjpeg() -> None:
    """The wheel's nvJPEG, where there is one, rather than an older one of the system."""
    for folder in sys.path:
        file = Path(folder) / "nvidia/cu13/lib/libnvjpeg.so.13"
        if file.exists():
            ctypes.CDLL(str(file))
            return


def waiter() -> Callable[[], None] | None:
    """What waits for the current device; None without a GPU."""
    try:
        import torch

        if torch.cuda.is_available():
            return torch.cuda.synchronize
    except ImportError:
        pass
    try:
        import cupy

        cupy.cuda.runtime.getDeviceCount()
    except Exception:  # no CuPy, no driver, no GPU: all the same here
        return None
    return cupy.cuda.runtime.deviceSynchronize


def all_decoded(images: list[Any]) -> list[Any]:
    if any(image is None for image in images):
        failed = sum(image is None for image in images)
        raise RuntimeError(f"{failed} of {len(images)} images are None")
    return images


def host_array(image: Any) -> np.ndarray:
    return np.asarray(image.cpu())


# What the two libraries of this API call their backends; None is every one.
MODES: dict[str, tuple[str, ...] | None] = {
    "default": None,
    "hybrid": ("HYBRID_CPU_GPU",),
    "hardware": ("HW_GPU_ONLY",),
}


def backends_of(module: Any, kinds: tuple[str, ...] | None) -> Any:
    if kinds is None:
        return None
    return [module.Backend(getattr(module.BackendKind, kind)) for kind in kinds]


def decoder_of(module: Any, mode: str, fancy: bool, device: int = 0) -> Any:
    arguments: dict[str, Any] = {"options": f":fancy_upsampling={int(fancy)}"}
    if waiter() is not None:
        arguments["device_id"] = device
    backends = backends_of(module, MODES[mode])
    if backends is not None:
        arguments["backends"] = backends
    return module.Decoder(**arguments)


def same_api_decoder(name: str, module: Any, mode: str, fancy: bool) -> Peer:
    decoder = decoder_of(module, mode, fancy)
    return Peer(name, lambda files: files, lambda f: all_decoded(decoder.decode(f)), host_array)


def torchvision_decoder(name: str) -> Peer:
    import torch
    from torchvision.io import decode_jpeg

    def prepare(files: list[bytes]) -> list[Any]:
        return [torch.frombuffer(bytearray(file), dtype=torch.uint8) for file in files]

    def planes(image: Any) -> np.ndarray:
        return image.permute(1, 2, 0).cpu().numpy()

    return Peer(name, prepare, lambda t: decode_jpeg(t, device="cuda"), planes)


def tried(name: str, make: Callable[[], Peer], missing: dict[str, str]) -> list[Peer]:
    try:
        return [make()]
    except Exception as reason:  # whatever keeps a library from being measured is its row's text
        missing[name] = f"{type(reason).__name__}: {reason}"[:200]
        return []


def nvimgcodec() -> Any:
    module = importlib.import_module("nvidia.nvimgcodec")
    logging.getLogger("nvimgcodec").setLevel(logging.ERROR)
    return module


def decoders(fancy: bool, missing: dict[str, str]) -> list[Peer]:
    import glimt

    label = "fancy" if fancy else "default upsampling"
    peers = tried(
        f"glimt, {label}",
        lambda: same_api_decoder(f"glimt, {label}", glimt, "default", fancy),
        missing,
    )
    if waiter() is None:
        return peers
    for mode in MODES:
        name = f"nvImageCodec {mode}, {label}"
        peers += tried(
            name,
            lambda name=name, mode=mode: same_api_decoder(name, nvimgcodec(), mode, fancy),
            missing,
        )
    if fancy:
        peers += tried("torchvision", lambda: torchvision_decoder("torchvision"), missing)
    return peers


def same_api_encoder(name: str, module: Any) -> Peer:
    params = module.EncodeParams(
        quality_type=module.QualityType.QUALITY,
        quality_value=90,
        chroma_subsampling=module.ChromaSubsampling.CSS_420,
    )
    encoder = module.Encoder()

    def prepare(arrays: list[Any]) -> list[Any]:
        return [module.as_image(array) for array in arrays]

    return Peer(
        name, prepare, lambda images: all_decoded(encoder.encode(images, "jpeg", params=params))
    )


def torchvision_encoder(name: str) -> Peer:
    import torch
    from torchvision.io import encode_jpeg

    def prepare(arrays: list[Any]) -> list[Any]:
        return [torch.as_tensor(a, device="cuda").permute(2, 0, 1).contiguous() for a in arrays]

    return Peer(name, prepare, lambda t: [e.cpu().numpy() for e in encode_jpeg(t, quality=90)])


def encoders(missing: dict[str, str]) -> list[Peer]:
    import glimt

    peers = tried("glimt", lambda: same_api_encoder("glimt", glimt), missing)
    if waiter() is None:
        return peers
    peers += tried("nvImageCodec", lambda: same_api_encoder("nvImageCodec", nvimgcodec()), missing)
    return peers + tried("torchvision", lambda: torchvision_encoder("torchvision"), missing)
