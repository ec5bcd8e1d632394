# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""bench/gpu/compare.py as far as a machine without a GPU can try it: glimt alone, on the CPU."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench" / "gpu"


@pytest.fixture(scope="module")
def batches():
    sys.path.insert(0, str(BENCH))
    try:
        import batches

        yield batches
    finally:
        sys.path.remove(str(BENCH))


def test_the_report_has_a_row_for_every_case(tmp_path):
    what = ["--only", "one 1080p", "--runs", "1", "--parts", "decode,encode,sizes"]
    what += ["--most-megapixels", "0.2"]
    run = subprocess.run(
        [sys.executable, BENCH / "compare.py", ROOT / "samples", "--out", tmp_path, *what],
        capture_output=True,
        text=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert run.returncode == 0, run.stderr
    results = json.loads((tmp_path / "compare.json").read_text())
    assert [r["upsampling"] for r in results["decode"]] == ["fancy", "default"]
    assert results["decode"][0]["equals_pillow"] is True
    assert results["decode"][0]["rows"]["glimt, fancy"]["median_ms"] > 0
    assert results["encode"] == []
    assert len(results["sizes"]["curves"]["glimt, fancy"]) == 2
    assert "| one 1080p |" in (tmp_path / "compare.md").read_text()


def test_no_two_files_of_a_batch_are_alike(batches):
    photographs = batches.Photographs(ROOT / "samples")
    files = batches.make_batch(photographs, 24, (96, 64), threads=2)
    assert len(set(files)) == 24
    assert all(batches.pixels_of(file).shape == (64, 96, 3) for file in files)
    assert batches.megapixels(files) == pytest.approx(24 * 96 * 64 / 1e6)


def test_crops_are_mirrored_at_the_edges(batches):
    pixels = np.arange(4)[:, None] * 10 + np.arange(3)
    assert batches.mirrored(pixels, 0, 2, 7)[:, 0].tolist() == [20, 30, 30, 20, 10, 0, 0]
    assert batches.mirrored(pixels, 1, 1, 4)[0].tolist() == [1, 2, 2, 1]
    assert batches.mirrored(pixels, 1, 0, 3).tolist() == pixels.tolist()
