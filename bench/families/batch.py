# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Batches over several threads, against threads that only spin, measured in the same rounds."""

import concurrent.futures
import hashlib
import os

import corpus
import driver
import libraries

BATCHES = (("jpeg-500x375", 64), ("jpeg-1080p", 16), ("jpeg-12mp", 16))
SPIN_BYTES = 1 << 26


def thread_counts() -> list[int]:
    cores = len(os.sched_getaffinity(0))
    return sorted({1, cores, *(k for k in (2, 4, 8) if k < cores)})


def batch_run(module_name: str, files, thread_count: int) -> libraries.Run:
    decode = libraries.decoder(module_name, libraries.FANCY, thread_count).decode

    def run() -> int:
        if any(image is None for image in decode(files)):
            raise ValueError("not decoded")
        return 0

    return run


def pool_run(function, files, thread_count: int) -> libraries.Run:
    pool = concurrent.futures.ThreadPoolExecutor(thread_count)
    pooled = sorted(files, key=len, reverse=True)

    def run() -> int:
        list(pool.map(function, pooled))
        return 0

    return run


def spinning_run(thread_count: int) -> libraries.Run:
    """`thread_count` threads share a fixed amount of hashing: no memory traffic, no page, no lock."""
    pool = concurrent.futures.ThreadPoolExecutor(thread_count)
    piece = bytes(1 << 14)
    turns = SPIN_BYTES // len(piece)

    def spin(count: int) -> None:
        for _ in range(count):
            hashlib.sha256(piece)

    def run() -> int:
        list(pool.map(spin, [turns // thread_count] * thread_count))
        return 0

    return run


def makers_for(files, thread_count: int) -> dict:
    def simplejpeg_makers() -> libraries.Run:
        return pool_run(libraries.api("simplejpeg").decode_jpeg, files, thread_count)

    def imagecodecs_makers() -> libraries.Run:
        return pool_run(libraries.api("imagecodecs").jpeg8_decode, files, thread_count)

    return {
        "glimt": lambda: batch_run("glimt", files, thread_count),
        "nvimgcodec": lambda: batch_run("nvidia.nvimgcodec", files, thread_count),
        "simplejpeg in a pool": simplejpeg_makers,
        "imagecodecs in a pool": imagecodecs_makers,
        "spinning threads": lambda: spinning_run(thread_count),
    }


def scaling_makers(files) -> dict:
    makers = {}
    for k in thread_counts():
        makers[f"glimt, {k} threads"] = lambda k=k: batch_run("glimt", files, k)
        makers[f"spinning, {k} threads"] = lambda k=k: spinning_run(k)
    return makers


def benchmarks():
    columns = [
        (driver.Column(folder, corpus.pixel_count(folder, count) / 1e6, whole_process=True),
         scaling_makers(corpus.files(folder, count)))
        for folder, count in BATCHES
    ]  # fmt: skip
    yield {
        "name": "scaling of a JPEG batch",
        "note": "One call for all files. The spinning rows hash a fixed amount with as many threads in the same rounds: "
        "what they gain over one thread is what the machine had to give. Holding the batch keeps all its results alive.",
        "columns": columns,
    }
    for k in thread_counts()[1:]:
        columns = [
            (driver.Column(folder, corpus.pixel_count(folder, count) / 1e6, whole_process=True),
             makers_for(corpus.files(folder, count), k))
            for folder, count in BATCHES
        ]  # fmt: skip
        yield {
            "name": f"JPEG batch, {k} threads",
            "note": "nvImageCodec starts at most cores - 1 workers.",
            "columns": columns,
        }
