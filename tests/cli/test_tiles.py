# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

import numpy as np
import pytest
import tifffile
from PIL import Image

HEIGHT, WIDTH = 300, 500
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
SCAN = np.stack([X % 251, Y % 241, (X * 3 + Y) % 256], -1).astype(np.uint8)
NAME = re.compile(r"(.+)-L(\d+)-x(\d+)-y(\d+)-(\d+)x(\d+)\.(\w+)")


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    path = tmp_path_factory.mktemp("slide") / "scan.tif"
    with tifffile.TiffWriter(path) as file:
        options = {"tile": (128, 128), "metadata": None, "resolution": (20000, 20000)}
        file.write(SCAN, subifds=1, resolutionunit="CENTIMETER", **options)
        file.write(SCAN[::2, ::2], subfiletype=1, **options)
    return path


def read(folder):
    """(x, y, width, height) of each file, and its pixels."""
    tiles = {}
    for path in sorted(folder.iterdir()):
        stem, _, *place, _ = NAME.fullmatch(path.name).groups()
        assert stem == "scan"
        with Image.open(path) as image:
            tiles[tuple(map(int, place))] = np.asarray(image)
    return tiles


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("threads", [1, 3])
def test_tiles_of_a_level_make_the_level(glimt, slide, tmp_path, level, threads):
    expected = SCAN[::2, ::2] if level else SCAN
    out = glimt("tiles", slide, "-o", tmp_path / "out", "--level", level, "--threads", threads)
    tiles = read(tmp_path / "out")
    assert f"{len(tiles)} of {len(tiles)} files of level {level}" in out.stdout
    canvas = np.zeros_like(expected)
    for (x, y, width, height), pixels in tiles.items():
        assert x % 128 == y % 128 == 0
        assert pixels.shape == (height, width, 3)
        canvas[y : y + height, x : x + width] = pixels
    np.testing.assert_array_equal(canvas, expected)
    assert len(tiles) == -(-expected.shape[0] // 128) * -(-expected.shape[1] // 128)


def test_size_and_overlap(glimt, slide, tmp_path):
    out = tmp_path / "out"
    glimt("tiles", slide, "-o", out, "--tile-size", "200,150", "--overlap", 7)
    tiles = read(out)
    assert sorted(tiles) == sorted(
        (max(0, x - 7), max(0, y - 7), w, h)
        for x, w in ((0, 207), (200, 214), (400, 107))
        for y, h in ((0, 157), (150, 157))
    )
    for (x, y, width, height), pixels in tiles.items():
        np.testing.assert_array_equal(pixels, SCAN[y : y + height, x : x + width])


def test_regions(glimt, slide, tmp_path):
    out = tmp_path / "whole"
    glimt("tiles", slide, "-o", out, "--region", "10,20,33,44", "--region", "467,256,33,44")
    assert list(read(out)) == [(10, 20, 33, 44), (467, 256, 33, 44)]
    out = tmp_path / "cut"
    done = glimt(
        "tiles", slide, "--level", 1, "--region", "10,20,90,60", "--tile-size", 64, "-o", out, "-q"
    )
    assert done.stdout == ""
    tiles = read(out)
    assert list(tiles) == [(10, 20, 64, 60), (74, 20, 26, 60)]
    for (x, y, width, height), pixels in tiles.items():
        np.testing.assert_array_equal(pixels, SCAN[::2, ::2][y : y + height, x : x + width])


def test_formats(glimt, slide, tmp_path):
    for extension, mean in (("jpg", 12), ("webp", 12), ("ppm", 0)):
        out = tmp_path / extension
        glimt("tiles", slide, "-o", out, "--region", "0,0,400,300", "--format", extension)
        (pixels,) = read(out).values()
        assert np.abs(pixels.astype(int) - SCAN[:300, :400]).mean() <= mean
        assert next(out.iterdir()).suffix == f".{extension}"
    small = tmp_path / "small"
    glimt("tiles", slide, "-o", small, "--region", "0,0,400,300", "--format", "jpg", "--quality", 5)
    size = next(small.iterdir()).stat().st_size
    assert size < next((tmp_path / "jpg").iterdir()).stat().st_size / 2


def test_depth_is_kept(glimt, tmp_path):
    pixels = (np.mgrid[0:40, 0:50][1] * 1300).astype(np.uint16)
    tifffile.imwrite(tmp_path / "scan.tif", pixels, metadata=None)
    glimt("tiles", tmp_path / "scan.tif", "-o", tmp_path / "out", "--tile-size", 32)
    assert len(read(tmp_path / "out")) == 4
    np.testing.assert_array_equal(read(tmp_path / "out")[(0, 0, 32, 32)], pixels[:32, :32])


def test_any_image_has_level_0(glimt, samples, tmp_path):
    glimt("tiles", samples / "rocket.jpg", "-o", tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 2  # 640 x 427 in tiles of 512


def test_list(glimt, slide, samples):
    head, _, _, first, second = glimt("tiles", slide, "--list").stdout.splitlines()
    assert head == "generic-tiff, 0.5 x 0.5 microns a pixel"
    assert first.split() == "0 500 x 300 1 128 x 128 page 0".split()
    assert second.split()[:8] == "1 250 x 150 2 128 x 128".split()
    assert "SubIFD at byte" in second
    assert "640 x 427" in glimt("tiles", samples / "rocket.jpg", "--list").stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "add -o FOLDER"),
        (["-o", "out", "--level", "2"], "has levels 0 to 1, not 2"),
        (["-o", "out", "--region", "0,0,501,10"], "does not lie within level 0"),
        (["-o", "out", "--region", "-1,0,5,10"], "does not lie within level 0"),
        (["-o", "out", "--region", "0,0,0,10"], "does not lie within level 0"),
        (["-o", "out", "--level", "1", "--region", "200,0,100,10"], "has 250 x 150 pixels"),
        (["-o", "out", "--region", "1,2,3"], "--region"),
        (["-o", "out", "--tile-size", "0"], "--tile-size"),
        (["-o", "out", "--overlap", "-1"], "--overlap"),
        (["-o", "out", "--format", "gif"], "no encoder for 'gif'"),
        (["-o", "out", "--quality", "50"], "--quality means nothing for png"),
    ],
)
def test_requests_at_fault(glimt, slide, tmp_path, arguments, reason):
    done = glimt("tiles", slide, *arguments, status=2, cwd=tmp_path)
    assert reason in done.stderr
    assert not (tmp_path / "out").exists()


def test_damaged_tiles_are_named_and_the_others_written(glimt, tmp_path):
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, SCAN, tile=(128, 128), compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        offset, count = page.dataoffsets[1], page.databytecounts[1]
    data = bytearray(path.read_bytes())
    data[offset : offset + count] = b"\xff" * count
    path.write_bytes(data)
    done = glimt("tiles", path, "-o", tmp_path / "out", status=1)
    assert "scan-L0-x128-y000-128x128.png: " in done.stderr
    assert "11 of 12 files" in done.stdout
    assert len(read(tmp_path / "out")) == 11


def test_what_cannot_be_opened(glimt, tmp_path):
    assert "missing.tif" in glimt("tiles", tmp_path / "missing.tif", "--list", status=1).stderr
    (tmp_path / "file").write_text("")
    tifffile.imwrite(tmp_path / "scan.tif", SCAN)
    done = glimt("tiles", tmp_path / "scan.tif", "-o", tmp_path / "file", status=1)
    assert "cannot make the folder" in done.stderr
