# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from PIL import Image


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_png_decodes_exactly_into_every_kind_of_file(glimt, samples, tmp_path):
    source = samples / "astronaut.png"
    expected = pixels(source)
    for name in ["a.png", "a.ppm", "a.npy", "a.raw"]:
        glimt("decode", source, "-o", tmp_path / name)
    assert np.array_equal(pixels(tmp_path / "a.png"), expected)
    assert np.array_equal(pixels(tmp_path / "a.ppm"), expected)
    array = np.load(tmp_path / "a.npy")
    assert array.dtype == np.uint8
    assert np.array_equal(array, expected)
    assert (tmp_path / "a.raw").read_bytes() == expected.tobytes()


def test_pgm_is_gray(glimt, samples, tmp_path):
    glimt("decode", samples / "gravel.pgm", "-o", tmp_path / "a.pgm")
    assert np.array_equal(pixels(tmp_path / "a.pgm"), pixels(samples / "gravel.pgm"))


def test_any_depth_keeps_16_bits(glimt, samples, tmp_path):
    source = samples / "hubble_gray16.png"
    arguments = ["--any-depth", "--color", "unchanged"]
    glimt("decode", source, "-o", tmp_path / "a.npy", *arguments)
    array = np.load(tmp_path / "a.npy")
    assert array.dtype == np.uint16
    assert np.array_equal(array[..., 0], pixels(source))


def test_region_is_a_crop(glimt, samples, tmp_path):
    source = samples / "astronaut.png"
    glimt("decode", source, "-o", tmp_path / "a.npy", "--region", "10,20,110,170")
    assert np.array_equal(np.load(tmp_path / "a.npy"), pixels(source)[10:110, 20:170])


def test_region_across_the_border_is_filled(glimt, samples, tmp_path):
    source = samples / "astronaut.png"
    expected = pixels(source)
    region = f"-5,-7,{expected.shape[0]},{expected.shape[1] + 3}"
    glimt("decode", source, "-o", tmp_path / "a.npy", f"--region={region}", "--fill", "9,8,7")
    array = np.load(tmp_path / "a.npy")
    assert np.array_equal(array[5:, 7:-3], expected)
    assert (array[:5] == [9, 8, 7]).all()
    assert (array[:, -3:] == [9, 8, 7]).all()


def test_orientation_is_applied_unless_told_otherwise(glimt, samples, tmp_path):
    source = samples / "coffee_orientation_6.jpg"
    stored = pixels(source)
    glimt("decode", source, "-o", tmp_path / "up.npy")
    glimt("decode", source, "-o", tmp_path / "stored.npy", "--no-orientation")
    upright, lying = np.load(tmp_path / "up.npy"), np.load(tmp_path / "stored.npy")
    assert lying.shape == stored.shape
    assert np.array_equal(np.rot90(lying, -1), upright)


def test_fancy_is_the_default_and_equals_libjpegs_default_within_a_level(glimt, samples, tmp_path):
    source = samples / "chelsea_progressive.jpg"
    expected = pixels(source).astype(int)
    glimt("decode", source, "-o", tmp_path / "fancy.npy")
    glimt("decode", source, "-o", tmp_path / "plain.npy", "--no-fancy")
    fancy, plain = np.load(tmp_path / "fancy.npy"), np.load(tmp_path / "plain.npy")
    assert np.abs(fancy - expected).max() <= 1
    assert not np.array_equal(fancy, plain)


def test_ycc_goes_into_sample_files_only(glimt, samples, tmp_path):
    source = samples / "rocket.jpg"
    glimt("decode", source, "-o", tmp_path / "a.npy", "--color", "ycc")
    with Image.open(source) as image:
        image.draft("YCbCr", None)
        expected = np.asarray(image.convert("YCbCr") if image.mode == "RGB" else image)
    difference = np.abs(np.load(tmp_path / "a.npy").astype(int) - expected)
    assert difference.mean() < 1
    done = glimt("decode", source, "-o", tmp_path / "a.png", "--color", "ycc", status=2)
    assert ".npy" in done.stderr


def test_a_truncated_file_fails_unless_partial_is_accepted(glimt, samples, tmp_path):
    cut = tmp_path / "cut.jpg"
    cut.write_bytes((samples / "rocket.jpg").read_bytes()[:40000])
    out = tmp_path / "a.png"
    done = glimt("decode", cut, "-o", out, status=1)
    assert f"{cut}: " in done.stderr
    assert not out.exists()
    done = glimt("decode", cut, "-o", out, "--partial")
    assert f"{cut}: " in done.stderr
    assert pixels(out).shape == pixels(samples / "rocket.jpg").shape


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-o", "a.gif"], "convert"),
        (["-o", "a.png", "--region", "9,9,9,20"], "y1 > y0"),
        (["-o", "a.png", "--region", "1,2,3"], "--region"),
        (["-o", "a.png", "--color", "purple"], "--color"),
        ([], "--out"),
    ],
)
def test_requests_at_fault_exit_with_2_and_say_why(glimt, samples, arguments, word):
    done = glimt("decode", samples / "rocket.jpg", *arguments, status=2)
    assert word in done.stderr


def test_a_folder_that_is_not_there_is_named(glimt, samples, tmp_path):
    out = tmp_path / "nowhere/a.png"
    assert str(out) in glimt("decode", samples / "rocket.jpg", "-o", out, status=1).stderr
