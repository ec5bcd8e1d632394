# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import shutil

import pytest
from PIL import Image

VERBS = ["info", "decode", "convert", "sheet", "bench"]


def test_help_lists_the_verbs_and_examples(glimt):
    text = glimt("--help").stdout
    for verb in VERBS:
        assert re.search(rf"^  {verb} +\S", text, re.MULTILINE), verb
    assert "Examples:" in text
    assert "demo" not in text


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_has_examples_and_fits_a_terminal(glimt, verb):
    text = glimt(verb, "--help").stdout
    assert f"glimt {verb} " in text.split("Examples:")[1]
    assert max(map(len, text.splitlines())) <= 120


def test_version_names_program_and_backends(glimt):
    text = glimt("--version").stdout
    assert re.match(r"glimt \d+\.\d+\.\d+\n", text)
    assert "(jpeg)" in text
    assert "(png)" in text


@pytest.mark.parametrize("arguments", [[], ["fly"], ["info"], ["info", "--fast", "a.png"]])
def test_a_request_at_fault_exits_with_2_and_names_help(glimt, arguments):
    assert "--help" in glimt(*arguments, status=2).stderr


def test_bench_tells_speed(glimt, samples):
    files = [samples / "rocket.bmp", samples / "gravel.pgm"]
    lines = glimt("bench", *files, "--rounds", 3, "--threads", 2).stdout.splitlines()
    assert lines[0].split() == ["file", "pixels", "backend", "ms", "MP/s"]
    for path, line in zip(files, lines[2:]):
        assert line.startswith(str(path))
        assert float(line.split()[-1]) > 0
    assert lines[-1].startswith("2 files as a batch over 2 threads")


def test_bench_names_a_bad_file(glimt, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert str(bad) in glimt("bench", bad, status=1).stderr


def test_demo_leaves_files_table_and_sheet_twice(glimt, samples, tmp_path):
    source, out = tmp_path / "samples", tmp_path / "out"
    source.mkdir()
    for name in ("rocket.bmp", "camera_gray.jpg"):
        shutil.copy(samples / name, source / name)
    for _ in range(2):
        printed = glimt("demo", source, out).stdout
        table = (out / "table.txt").read_text()
        assert table in printed
    rows = table.splitlines()[2:]
    assert [r.split()[0] for r in rows if r.split()[1] == "decode"] == [
        "camera_gray.jpg",
        "rocket.bmp",
    ]
    encoded = [r.split() for r in rows if r.split()[1] == "encode"]
    assert len(encoded) == len(rows) - 2
    for file, _, _, size, *rest in encoded:
        assert (out / file).stat().st_size == int(size)
        lossless = "_q90." not in file
        assert rest[-1] == "exact" if lossless else 30 < float(rest[-1]) < 60, file
    with Image.open(out / "contact-sheet.png") as sheet:
        assert 600 < sheet.width < 700  # two of five columns
