# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Many batches of mixed sizes, formats and damaged files: memory stays, pixels are the CPU's.

GLIMT_STRESS_BATCHES sets how many (default 60; the figure of docs/performance.md is for 1,000).
"""

from __future__ import annotations

import os
import random

import glimt
import numpy as np
import pytest
from gpu_files import CPU, FILES, jpeg

BATCHES = int(os.environ.get("GLIMT_STRESS_BATCHES", "60"))


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Cut, or with bytes overwritten behind the headers."""
    if dice.random() < 0.3:
        return data[: dice.randrange(len(data) // 3, len(data))]
    broken = bytearray(data)
    for _ in range(dice.randrange(1, 12)):
        broken[dice.randrange(len(data) // 3, len(data))] = dice.randrange(256)
    return bytes(broken)


def files(dice: random.Random) -> list[bytes]:
    ways = [{"subsampling": s} for s in ("4:2:0", "4:2:2", "4:4:4")]
    ways += [{"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}]
    sizes = [(17, 9), (64, 64), (200, 150), (333, 500), (640, 480), (1500, 1000)]
    found = list(FILES.values())
    found += [jpeg(*size, seed, **way) for seed, way in enumerate(ways) for size in sizes]
    found += [damaged(data, dice) for data in found for _ in range(3)]
    return found


def test_memory_stays_and_pixels_are_the_cpus() -> None:
    torch = pytest.importorskip("torch")
    dice = random.Random(5)
    sources = files(dice)
    cpu = glimt.Decoder(backends=CPU, options=":fancy_upsampling=1")
    expected = [None if i is None else np.asarray(i).copy() for i in cpu.decode(sources)]
    decoder = glimt.Decoder(options=":fancy_upsampling=1")
    for _ in range(3):  # larger than any later one
        decoder.decode(2 * sources)
    free = []
    for number in range(BATCHES):
        most = dice.choice((8, 40, 200))
        chosen = [dice.randrange(len(sources)) for _ in range(dice.randrange(1, most))]
        images = decoder.decode([sources[i] for i in chosen])
        for image, i in zip(images, chosen, strict=True):
            assert (image is None) == (expected[i] is None), (number, i)
            if image is not None:
                np.testing.assert_array_equal(
                    np.asarray(image.cpu()), expected[i], str((number, i))
                )
        del images
        torch.cuda.synchronize()
        free.append(torch.cuda.mem_get_info()[0])
    # Pools keep the largest of what batches needed, and chance finds larger ones, ever more rarely.
    went, late = (free[0] - free[-1]) >> 20, (free[BATCHES // 2] - free[-1]) >> 20
    assert went <= 256, f"{went} MiB of GPU memory went"
    assert late <= 32, f"{late} MiB of GPU memory went in the second half"
