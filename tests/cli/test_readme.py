# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What the README shows works."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_python_block_runs(samples, tmp_path):
    pytest.importorskip("glimt")
    (code,) = blocks("python")
    (tmp_path / "samples").symlink_to(samples)
    check = """
assert pixels.shape == (427, 640, 3) and pixels.dtype == np.uint8
assert [np.asarray(i).shape for i in batch] == [(512, 512, 3), (213, 320, 3)]
assert np.asarray(corner).shape == (256, 256, 3)
"""
    command = [sys.executable, "-c", code + check]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rocket.webp").read_bytes()[8:12] == b"WEBP"


def test_the_cpp_block_is_the_example_that_the_build_compiles():
    (code,) = blocks("cpp")
    example = (ROOT / "examples/decode_one.cc").read_text()
    assert example.endswith(code)
    assert all(line.startswith("//") or not line for line in example[: -len(code)].splitlines())


def test_the_python_example_runs(samples):
    pytest.importorskip("glimt")
    example = ROOT / "examples/decode_batch.py"
    command = [sys.executable, example, samples / "rocket.jpg", samples / "rocket.bmp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "640 x 427, mean" in done.stdout


def test_the_command_lines_run(glimt, samples, tmp_path):
    (block,) = (b for b in blocks("sh") if "glimt info" in b)
    (tmp_path / "photos").mkdir()
    for name in ("rocket.jpg", "astronaut.png"):
        shutil.copy(samples / name, tmp_path / "photos" / name)
    shutil.copy(samples / "seeding_1080p.jpg", tmp_path / "photo.jpg")
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert len(lines) == 5
    for name, *arguments in lines:
        assert name == "glimt"
        glimt(*arguments, cwd=tmp_path)
    with Image.open(tmp_path / "crop.png") as crop:
        assert crop.size == (512, 512)
    assert sorted(p.name for p in (tmp_path / "web").iterdir()) == ["astronaut.webp", "rocket.webp"]


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)", text):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), target
