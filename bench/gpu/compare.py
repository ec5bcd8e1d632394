# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""glimt beside other GPU libraries, through their Python APIs, in one interleaved run.

Decoding is timed from pageable host buffers (bytes) to finished images on the device, encoding from
device arrays to bytes. Every batch is of distinct files made of a few photographs; medians. glimt's
pixels are compared with Pillow's before anything is timed. On a machine without a GPU glimt runs
alone, which tries the program out and says nothing about speed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import growth
import numpy as np
import peers
from batches import SIZES, Photographs, jpeg_of, make_batch, megapixels, pixels_of

RUNS = 7


@dataclass(frozen=True)
class Case:
    name: str
    count: int
    size: str
    how: dict[str, Any] = field(default_factory=dict)
    both_upsamplings: bool = True


DECODE = [
    Case("256 x 500x375", 256, "500x375"),
    Case("64 x 1080p", 64, "1080p"),
    Case("16 x 12 MP", 16, "12 MP"),
    Case("64 x 12 MP", 64, "12 MP"),
    Case("one 1080p", 1, "1080p"),
    Case("one 12 MP", 1, "12 MP"),
    Case("4 x 12 MP 4:4:4", 4, "12 MP", {"sampling": "4:4:4"}, both_upsamplings=False),
    Case("4 x 12 MP 4:2:2", 4, "12 MP", {"sampling": "4:2:2"}),
    Case("4 x 12 MP restart intervals", 4, "12 MP", {"restart_rows": 1}),
    Case("4 x 12 MP progressive", 4, "12 MP", {"progressive": True}),
    Case("16 x 12 MP progressive", 16, "12 MP", {"progressive": True}),
    Case("64 x 12 MP progressive", 64, "12 MP", {"progressive": True}),
]
ENCODE = [
    Case("32 x 1080p", 32, "1080p"),
    Case("4 x 12 MP", 4, "12 MP"),
    Case("16 x 12 MP", 16, "12 MP"),
]


def milliseconds(run: Callable[[], Any], wait: Callable[[], None] | None) -> float:
    if wait:
        wait()
    start = time.perf_counter()
    kept = run()
    if wait:
        wait()
    elapsed = time.perf_counter() - start
    del kept
    return elapsed * 1e3


def interleaved(
    rows: list[tuple[str, Callable[[], Any]]], options: argparse.Namespace, missing: dict[str, str]
) -> dict[str, list[float]]:
    """Each row's times: one of every row, then the next round. A row that fails is left out, one
    that has used up its seconds sits out the rounds that are left.
    """
    wait = peers.waiter()
    times: dict[str, list[float]] = {name: [] for name, _ in rows}
    used = dict.fromkeys(times, 0.0)
    gc.collect()
    gc.disable()
    try:
        for round_number in range(-2, options.runs):
            for name, run in rows:
                spent = used[name] > options.row_seconds * 1e3
                if name in missing or (spent and (round_number < 0 or times[name])):
                    continue
                try:
                    elapsed = milliseconds(run, wait)
                except Exception as reason:  # named in the table; the others go on
                    missing[name] = f"{type(reason).__name__}: {reason}"[:200]
                    continue
                used[name] += elapsed
                if round_number >= 0:
                    times[name].append(elapsed)
    finally:
        gc.enable()
    return {name: found for name, found in times.items() if found and name not in missing}


def summary(times: list[float], work: float) -> dict[str, float]:
    median = statistics.median(times)
    return {
        "median_ms": round(median, 4),
        "least_ms": round(min(times), 4),
        "most_ms": round(max(times), 4),
        "runs": len(times),
        "mp_per_s": round(work / median * 1e3, 1),
    }


def first_difference(got: np.ndarray, want: np.ndarray) -> str:
    if got.shape != want.shape:
        return f"shape {got.shape} instead of {want.shape}"
    if np.array_equal(got, want):
        return ""
    place = tuple(int(i) for i in np.argwhere(got != want)[0])
    count = int((got != want).sum())
    return f"{count} samples differ, the first at {place}: {got[place]} instead of {want[place]}"


def check(peer: peers.Peer, files: list[bytes], threads: int) -> str:
    """Empty, or how the peer's pixels differ from Pillow's."""
    images = peer.run(peer.prepare(files))
    with ThreadPoolExecutor(threads) as pool:
        for number, want in enumerate(pool.map(pixels_of, files)):
            difference = first_difference(peer.to_numpy(images[number]), want)
            if difference:
                return f"image {number}: {difference}"
    return ""


def decode_case(case: Case, files: list[bytes], fancy: bool, options: Any) -> dict[str, Any]:
    work = megapixels(files)
    missing: dict[str, str] = {}
    found = peers.decoders(fancy, missing)
    result: dict[str, Any] = {
        "case": case.name,
        "upsampling": "fancy" if fancy else "default",
        "megapixels": round(work, 2),
        "file_megabytes": round(sum(map(len, files)) / 1e6, 2),
    }
    if fancy:
        ours = next((p for p in found if p.name.startswith("glimt")), None)
        result["equals_pillow"] = (
            (check(ours, files, options.threads) or True) if ours else "glimt is missing"
        )
    rows = []
    for peer in found:
        batch = peer.prepare(files)
        rows.append((peer.name, lambda peer=peer, batch=batch: peer.run(batch)))
    times = interleaved(rows, options, missing)
    result["rows"] = {name: summary(t, work) for name, t in times.items()}
    result["missing"] = missing
    return result


def device_arrays(pixels: list[np.ndarray]) -> list[Any]:
    if peers.waiter() is None:
        return pixels
    try:
        import cupy

        return [cupy.asarray(p) for p in pixels]
    except ImportError:
        import torch

        return [torch.as_tensor(p, device="cuda") for p in pixels]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = np.mean((a.astype(np.float32) - b.astype(np.float32)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))


def encode_case(case: Case, photographs: Photographs, options: Any) -> dict[str, Any]:
    width, height = SIZES[case.size]
    pixels = [photographs.crop(1000 + i, width, height) for i in range(case.count)]
    reference = jpeg_of(pixels[0], 90, "4:2:0")
    arrays = device_arrays(pixels)
    missing: dict[str, str] = {}
    rows, quality = [], {}
    for peer in peers.encoders(missing):
        try:
            batch = peer.prepare(arrays)
            first = bytes(peer.run(batch)[0])
        except Exception as reason:  # named in the table
            missing[peer.name] = f"{type(reason).__name__}: {reason}"[:200]
            continue
        loss = psnr(pixels[0], pixels_of(reference)) - psnr(pixels[0], pixels_of(first))
        quality[peer.name] = {
            "size_to_pillow": round(len(first) / len(reference), 5),
            "psnr_below_pillow_db": round(loss, 4),
            "identical_to_pillow": first == reference,
        }
        rows.append((peer.name, lambda peer=peer, batch=batch: peer.run(batch)))
    work = case.count * width * height / 1e6
    times = interleaved(rows, options, missing)
    return {
        "case": case.name,
        "megapixels": round(work, 2),
        "rows": {name: summary(t, work) for name, t in times.items()},
        "files": quality,
        "missing": missing,
    }


def version_of(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def machine() -> dict[str, Any]:
    import glimt

    query = ["nvidia-smi", "--query-gpu=name,driver_version,clocks.sm", "--format=csv,noheader"]
    try:
        gpus = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        gpus = []
    packages = ["nvidia-nvimgcodec-cu13", "nvidia-nvjpeg", "torch", "torchvision", "cupy-cuda13x"]
    return {
        "gpus": [gpu for gpu in gpus if gpu],
        "cores": len(os.sched_getaffinity(0)),
        "python": sys.version.split()[0],
        "glimt": f"{glimt.__version__} ({glimt.__git_sha__})",
        "pillow": version_of("pillow"),
        **{package: version_of(package) for package in packages if version_of(package)},
    }


def table(title: str, results: list[dict[str, Any]]) -> list[str]:
    """Markdown: rows are cases, columns libraries, cells ms (MP/s); then glimt to the best other."""
    names = list(dict.fromkeys(name for result in results for name in result["rows"]))
    lines = [f"## {title}", "", "| case | " + " | ".join(names) + " | glimt to the best other |"]
    lines.append("| --- " * (len(names) + 2) + "|")
    for result in results:
        rows = result["rows"]
        cells = []
        for name in names:
            row = rows.get(name)
            cells.append(f"{row['median_ms']:.2f} ({row['mp_per_s']:,.0f})" if row else "-")
        ours = [r["median_ms"] for n, r in rows.items() if n.startswith("glimt")]
        others = [r["median_ms"] for n, r in rows.items() if not n.startswith("glimt")]
        ratio = f"{min(others) / min(ours):.1f}x" if ours and others else "-"
        lines.append(f"| {result['case']} | " + " | ".join(cells) + f" | {ratio} |")
    return [*lines, ""]


def report(results: dict[str, Any]) -> str:
    lines = ["# GPU: glimt beside others", "", "Medians in ms (MP/s).", ""]
    lines += [f"- {key}: {value}" for key, value in results["machine"].items()] + [""]
    decoded = results["decode"]
    for upsampling in ("fancy", "default"):
        part = [result for result in decoded if result["upsampling"] == upsampling]
        if part:
            lines += table(f"Decoding, {upsampling} upsampling", part)
    if results["encode"]:
        lines += table("Encoding, quality 90, 4:2:0", results["encode"])
    notes = []
    for result in decoded + results["encode"]:
        for name, reason in result["missing"].items():
            notes.append(f"- {result['case']}, {name}: {reason}")
        if result.get("equals_pillow", True) is not True:
            notes.append(f"- {result['case']}: glimt is not Pillow's: {result['equals_pillow']}")
        for name, file in result.get("files", {}).items():
            notes.append(f"- {result['case']}, {name}: {file}")
    return "\n".join(lines + (["## Notes", "", *dict.fromkeys(notes), ""] if notes else []))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photographs", type=Path, help="a folder of JPEG photographs")
    parser.add_argument("--out", type=Path, default=Path("gpu-compare"), help="folder of results")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"timed rounds (default {RUNS})")
    parser.add_argument("--row-seconds", type=float, default=20, help="of a row, default 20")
    parser.add_argument(
        "--only", default="", help="cases with one of these, a,b,..., in their name"
    )
    parser.add_argument(
        "--parts",
        default="decode,encode",
        help="of decode, encode, batches, sizes, devices (default: decode,encode)",
    )
    parser.add_argument("--most-images", type=int, default=1024, help="of the growth by batch")
    parser.add_argument("--most-megapixels", type=float, default=200, help="of the growth by size")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


def measure(options: argparse.Namespace, results: dict[str, Any]) -> None:
    """Fills `results` part by part, written down after each: a run that is cut short keeps them."""

    def keep() -> None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "compare.json").write_text(json.dumps(results, indent=1, default=str))
        (options.out / "compare.md").write_text(report(results))

    def chosen(case: Case) -> bool:
        return any(part in case.name for part in options.only.split(","))

    photographs = Photographs(options.photographs, threads=options.threads)
    parts = set(options.parts.split(","))
    for case in DECODE if "decode" in parts else []:
        if not chosen(case):
            continue
        files = make_batch(photographs, case.count, SIZES[case.size], options.threads, **case.how)
        for fancy in (True, False) if case.both_upsamplings else (True,):
            result = decode_case(case, files, fancy, options)
            results["decode"].append(result)
            print(json.dumps(result, default=str), flush=True)
            keep()
    for case in ENCODE if "encode" in parts else []:
        if chosen(case):
            results["encode"].append(encode_case(case, photographs, options))
            print(json.dumps(results["encode"][-1], default=str), flush=True)
            keep()
    for name, part in growth.PARTS.items():
        if name in parts:
            results[name] = part(photographs, options)
            print(json.dumps({name: results[name]}, default=str), flush=True)
            keep()


def main() -> int:
    options = arguments()
    peers.preload_nvjpeg()
    results: dict[str, Any] = {"machine": machine(), "decode": [], "encode": []}
    measure(options, results)
    wrong = [r for r in results["decode"] if r.get("equals_pillow", True) is not True]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
