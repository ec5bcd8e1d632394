# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Time against the size of a batch, of an image, and against the number of GPUs; with plots."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import peers
from batches import SIZES, Photographs, make_batch

Point = dict[str, float]


def timed(run: Callable[[], Any], runs: int) -> float:
    """The median in ms, after two rounds that warm up."""
    wait = peers.waiter()
    times = []
    for _ in range(runs + 2):
        if wait:
            wait()
        start = time.perf_counter()
        kept = run()
        if wait:
            wait()
        times.append((time.perf_counter() - start) * 1e3)
        del kept
    return statistics.median(times[2:])


def curves(
    batches: list[tuple[float, list[bytes]]], runs: int
) -> tuple[dict[str, list[Point]], dict[str, str]]:
    """For each library the points (x, ms). A library that fails at one x ends there."""
    missing: dict[str, str] = {}
    found: dict[str, list[Point]] = {}
    for peer in peers.decoders(True, missing):
        points = found.setdefault(peer.name, [])
        for x, files in batches:
            try:
                batch = peer.prepare(files)
                points.append(
                    {"x": x, "ms": timed(lambda peer=peer, batch=batch: peer.run(batch), runs)}
                )
            except Exception as reason:  # named in the results
                missing[f"{peer.name} at {x}"] = f"{type(reason).__name__}: {reason}"[:200]
                break
    return found, missing


def plot(file: Any, found: dict[str, list[Point]], x_label: str, title: str) -> None:
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print("no matplotlib: the plots are left out", flush=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(figsize=(8, 5), dpi=120)
    for name, points in found.items():
        ours = name.startswith("glimt")
        axes.plot(
            [p["x"] for p in points],
            [p["ms"] for p in points],
            marker="o",
            markersize=3,
            linewidth=2.2 if ours else 1.2,
            label=name,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel(x_label)
    axes.set_ylabel("ms, from host buffers to images on the device")
    axes.set_title(title)
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(file)
    pyplot.close(figure)


def by_batch(photographs: Photographs, options: Any) -> dict[str, Any]:
    """Batches of 1, 2, 4 ... files of 500x375."""
    files = make_batch(photographs, options.most_images, SIZES["500x375"], options.threads)
    counts = [2**i for i in range(int(math.log2(options.most_images)) + 1)]
    found, missing = curves([(n, files[:n]) for n in counts], options.runs)
    plot(options.out / "batches.png", found, "images of 500x375", "Time against the batch's size")
    return {"curves": found, "missing": missing}


def by_size(photographs: Photographs, options: Any) -> dict[str, Any]:
    """One image of 0.1, 0.2, 0.4 ... megapixels, 4:3."""
    batches, size = [], 0.1
    while size <= options.most_megapixels * 1.0001:
        height = round(math.sqrt(size * 1e6 * 3 / 4))
        width = round(size * 1e6 / height)
        batches.append((size, make_batch(photographs, 1, (width, height), 1)))
        size = options.most_megapixels if size < options.most_megapixels < size * 2 else size * 2
    found, missing = curves(batches, options.runs)
    plot(
        options.out / "sizes.png", found, "megapixels of one image", "Time against an image's size"
    )
    return {"curves": found, "missing": missing}


def by_devices(photographs: Photographs, options: Any) -> dict[str, Any]:
    """A decoder and a thread for each of 1, 2, 4 ... GPUs, each with a batch of its own."""
    import glimt

    try:
        import torch

        devices = torch.cuda.device_count()
    except ImportError:
        devices = 0
    if devices == 0:
        return {"missing": {"devices": "no GPU"}}
    size = SIZES["1080p"]
    files = make_batch(photographs, 64, size, options.threads)
    work = 64 * size[0] * size[1] / 1e6
    decoders = [peers.decoder_of(glimt, "default", True, device) for device in range(devices)]
    points = []
    count = 1
    while count <= devices:

        def decode_on(device: int) -> None:
            images = peers.all_decoded(decoders[device].decode(files))
            torch.cuda.synchronize(device)
            del images

        def run(count: int = count) -> None:
            threads = [threading.Thread(target=decode_on, args=(d,)) for d in range(count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        elapsed = timed(run, options.runs)
        points.append({"devices": count, "ms": elapsed, "mp_per_s": count * work / elapsed * 1e3})
        count *= 2
    return {"64 x 1080p on each": points}


PARTS: dict[str, Callable[[Photographs, Any], dict[str, Any]]] = {
    "batches": by_batch,
    "sizes": by_size,
    "devices": by_devices,
}
