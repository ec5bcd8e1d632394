# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile
from PIL import Image

Y, X = np.mgrid[0:237, 0:301]
PHOTO = np.stack([X * 255 // 300, Y * 255 // 236, (X * 7 + Y * 3) % 256], -1).astype(np.uint8)


def halved(pixels):
    """The mean of two by two; at odd edges of what is there. Integers are rounded, halves up."""
    pixels = np.pad(pixels, [(0, side % 2) for side in pixels.shape[:2]] + [(0, 0)], mode="edge")
    if pixels.dtype.kind == "f":
        wide = pixels.astype(np.float64)
        rows = wide[::2] + wide[1::2]
        return ((rows[:, ::2] + rows[:, 1::2]) / 4).astype(pixels.dtype)
    wide = pixels.astype(object if pixels.dtype.itemsize == 8 else np.int64)
    sums = wide[::2, ::2] + wide[1::2, ::2] + wide[::2, 1::2] + wide[1::2, 1::2]
    return ((sums + 2) // 4).astype(pixels.dtype)


def levels_of(pixels, tile):
    levels = [pixels.reshape(*pixels.shape[:2], -1)]
    while max(levels[-1].shape[:2]) > tile:
        levels.append(halved(levels[-1]))
    return levels


def check(levels, expected):
    assert len(levels) == len(expected)
    for level, pixels in zip(levels, expected):
        np.testing.assert_array_equal(level.reshape(pixels.shape), pixels)


@pytest.mark.parametrize("dtype", "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split())
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_every_type_and_channel_count(glimt, tmp_path, dtype, channels):
    rng = np.random.default_rng(channels)
    if dtype[0] == "f":
        pixels = rng.normal(size=(70, 93, channels)).astype(dtype)
    else:
        limits = np.iinfo(dtype)
        pixels = rng.integers(
            limits.min, limits.max, (70, 93, channels), dtype=dtype, endpoint=True
        )
    options = {"photometric": "minisblack", "metadata": None}
    if channels == 1:
        pixels = pixels[..., 0]
    else:
        options["planarconfig"] = "contig"
    tifffile.imwrite(tmp_path / "in.tif", pixels, tile=(32, 48), **options)
    glimt("pyramid", tmp_path / "in.tif", tmp_path / "out.tif", "--tile", 32, "--threads", 2)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        check([page.asarray() for page in file.pages], levels_of(pixels, 32))
        assert [page.subfiletype for page in file.pages] == [0, 1, 1]


@pytest.mark.parametrize("compression", ["none", "deflate", "zstd", "lzw", "packbits", "lzma"])
@pytest.mark.parametrize("name", ["out.tif", "out.ome.tif"])
def test_lossless_compressions(glimt, tmp_path, compression, name):
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    done = glimt(
        "pyramid", tmp_path / "in.png", tmp_path / name, "--tile", 64, "--compression", compression
    )
    assert f"{name}: 4 levels, 301 x 237 to 38 x 30" in done.stdout
    with tifffile.TiffFile(tmp_path / name) as file:
        if name == "out.tif":
            levels = [page.asarray() for page in file.pages]
        else:
            assert file.is_ome
            assert len(file.pages) == 1
            assert file.series[0].axes == "YXS"
            levels = [level.asarray() for level in file.series[0].levels]
        assert file.pages[0].tilewidth == 64
    check(levels, levels_of(PHOTO, 64))


@pytest.mark.parametrize(("compression", "mean"), [("jpeg", 3), ("webp", 3), ("jpeg2k", 0)])
def test_tiles_that_are_images(glimt, tmp_path, compression, mean):
    photo = np.stack([X * 255 // 300, Y * 255 // 236, (X + Y) // 3], -1).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "in.png")
    out = tmp_path / "out.tif"
    quality = ["--quality", 90] if mean else []
    glimt(
        *("pyramid", tmp_path / "in.png", out, "--tile", 64, "--compression", compression), *quality
    )
    with tifffile.TiffFile(out) as file:
        expected = levels_of(photo, 64)
        assert len(file.pages) == len(expected)
        for page, pixels in zip(file.pages, expected):
            assert np.abs(page.asarray().astype(int) - pixels).mean() <= mean


def test_as_openslide_reads_it(glimt, tmp_path):
    openslide = pytest.importorskip("openslide")
    options = {"tile": (64, 64), "metadata": None, "resolution": (40000, 20000)}
    tifffile.imwrite(tmp_path / "in.tif", PHOTO, resolutionunit="CENTIMETER", **options)
    glimt("pyramid", tmp_path / "in.tif", tmp_path / "out.tif", "--tile", 64)
    slide = openslide.OpenSlide(str(tmp_path / "out.tif"))
    expected = levels_of(PHOTO, 64)
    assert slide.level_count == len(expected)
    assert float(slide.properties["openslide.mpp-x"]) == 0.25
    assert float(slide.properties["openslide.mpp-y"]) == 0.5
    for number, pixels in enumerate(expected):
        height, width = pixels.shape[:2]
        assert slide.level_dimensions[number] == (width, height)
        region = np.asarray(slide.read_region((0, 0), number, (width, height)))
        np.testing.assert_array_equal(region[..., :3], pixels)
        assert (region[..., 3] == 255).all()


def test_ome_facts(glimt, tmp_path):
    scale = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "Name": "a <scan> & more"}
    tifffile.imwrite(tmp_path / "in.ome.tif", PHOTO[..., 0], tile=(64, 64), metadata=scale)
    glimt("pyramid", tmp_path / "in.ome.tif", tmp_path / "o&1.ome.tif", "--tile", 64)
    with tifffile.TiffFile(tmp_path / "o&1.ome.tif") as file:
        assert file.series[0].axes == "YX"
        assert len(file.series[0].levels) == 4
        image = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
        pixels = image["Pixels"]
        assert image["Name"] == "in.ome.tif"
        assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeY"]) == (0.25, 0.5)
        assert (pixels["SizeX"], pixels["SizeY"], pixels["SizeC"]) == (301, 237, 1)
        resolutions = [level.pages[0].resolution[0] for level in file.series[0].levels]
        assert resolutions == pytest.approx([40000, 20000, 10000, 5000])


def test_subifds_and_levels(glimt, tmp_path):
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    glimt(
        *("pyramid", tmp_path / "in.png", tmp_path / "out.tif"),
        *("--tile", 64, "--subifds", "--levels", 2, "--bigtiff"),
    )
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.is_bigtiff
        check([level.asarray() for level in file.series[0].levels], levels_of(PHOTO, 64)[:2])
    glimt("pyramid", tmp_path / "in.png", tmp_path / "one.tif", "--tile", 512, "-q")
    with tifffile.TiffFile(tmp_path / "one.tif") as file:
        check([page.asarray() for page in file.pages], [PHOTO])


def test_profile_orientation_and_alpha(glimt, tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rgba = np.dstack([PHOTO, 255 - PHOTO[..., 0]])
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(rgba).save(tmp_path / "in.png", icc_profile=profile, exif=exif)
    glimt("pyramid", tmp_path / "in.png", tmp_path / "out.tif", "--tile", 128)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        check([page.asarray() for page in file.pages], levels_of(rgba, 128))
        assert all(page.iccprofile == profile for page in file.pages)
        assert file.pages[0].tags["Orientation"].value == 6
    done = glimt("pyramid", tmp_path / "in.png", tmp_path / "j.tif", "--compression", "jpeg")
    assert "dropped" in done.stderr
    (entry,) = json.loads(glimt("info", "--json", tmp_path / "j.tif").stdout)
    assert entry["channels"] == 3


def test_a_palette_becomes_rgb_and_bits_bytes(glimt, tmp_path):
    image = Image.fromarray(PHOTO).quantize(16)
    image.save(tmp_path / "in.png")
    glimt("pyramid", tmp_path / "in.png", tmp_path / "out.tif", "--tile", 64)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        check([p.asarray() for p in file.pages], levels_of(np.asarray(image.convert("RGB")), 64))
    bits = PHOTO[..., 2] > 100
    Image.fromarray(bits).save(tmp_path / "bits.png")
    glimt("pyramid", tmp_path / "bits.png", tmp_path / "bits.tif", "--tile", 64)
    with tifffile.TiffFile(tmp_path / "bits.tif") as file:
        check([p.asarray() for p in file.pages], levels_of(bits.astype(np.uint8) * 255, 64))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["out.png"], "is a TIFF file"),
        (["out.tif", "--subifds", "--pages"], "exclude each other"),
        (["out.ome.tif", "--pages"], "has its levels in SubIFDs"),
        (["out.tif", "--quality", "50"], "--quality is for"),
        (["out.tif", "--tile", "100"], "no multiple of 16"),
        (["out.tif", "--tile", "0"], "no multiple of 16"),
        (["out.tif", "--levels", "0"], "--levels"),
        (["out.tif", "--compression", "best"], "--compression"),
        (["in.tif"], "OUT is IN"),
        (["there.tif"], "there.tif exists"),
    ],
)
def test_requests_at_fault(glimt, tmp_path, arguments, reason):
    tifffile.imwrite(tmp_path / "in.tif", PHOTO)
    (tmp_path / "there.tif").write_text("kept")
    done = glimt("pyramid", "in.tif", *arguments, status=2, cwd=tmp_path)
    assert reason in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.tif", "there.tif"]
    assert (tmp_path / "there.tif").read_text() == "kept"


def test_failures_leave_no_file(glimt, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", PHOTO, tile=(64, 64), compression="zlib")
    with tifffile.TiffFile(tmp_path / "in.tif") as file:
        offset, count = file.pages[0].dataoffsets[-1], file.pages[0].databytecounts[-1]
    data = bytearray((tmp_path / "in.tif").read_bytes())
    data[offset : offset + count] = b"\xff" * count
    (tmp_path / "in.tif").write_bytes(data)
    done = glimt("pyramid", tmp_path / "in.tif", tmp_path / "out.tif", "--tile", 16, status=1)
    assert "tile" in done.stderr
    glimt("pyramid", tmp_path / "missing.tif", tmp_path / "out.tif", status=1)
    tifffile.imwrite(tmp_path / "long.tif", PHOTO.astype("i8"), photometric="rgb")
    done = glimt("pyramid", tmp_path / "long.tif", tmp_path / "out.ome.tif", status=1)
    assert "OME-TIFF has no pixels of type int64" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.tif", "long.tif"]


def test_memory_is_bounded_by_bands(program, tmp_path):
    """600 MB of pixels in tiles; the program takes a small part of that."""
    rows = np.broadcast_to(np.arange(512, dtype=np.uint8)[:, None, None], (512, 512, 3))
    tifffile.imwrite(
        tmp_path / "in.tif",
        (rows for _ in range(40 * 20)),
        shape=(20 * 512, 40 * 512, 3),
        dtype=np.uint8,
        tile=(512, 512),
        compression="zlib",
        photometric="rgb",
        metadata=None,
    )
    command = [program, "pyramid", tmp_path / "in.tif", tmp_path / "out.tif"]
    # By a small process in between: a child's figure begins with the memory of who started it.
    measure = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    starter = [sys.executable, "-c", measure, *map(str, command), "--threads", "2"]
    run = subprocess.run(starter, stdout=subprocess.PIPE, text=True, check=True)
    assert int(run.stdout.split()[-1]) < 350 * 1024  # KiB
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert [page.shape[:2] for page in file.pages] == [
            (10240 >> k, 20480 >> k) for k in range(7)
        ]
        expected = rows[:, :1]
        for page in list(file.pages)[3:5]:
            expected = halved(halved(halved(rows[:, :8]))) if page.index == 3 else halved(expected)
            expected = np.tile(expected[:, :1], (1, 2, 1))
            np.testing.assert_array_equal(page.asarray()[: len(expected), :2], expected)


def test_ctrl_c_leaves_no_file(program, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (2000, 2000, 3), np.uint8)
    tifffile.imwrite(tmp_path / "in.tif", noise, tile=(512, 512))
    command = [program, "pyramid", tmp_path / "in.tif", tmp_path / "out.tif"]
    command += ["--compression", "lzma", "--threads", "1"]
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "interrupted; nothing was written" in errors
    assert [p.name for p in tmp_path.iterdir()] == ["in.tif"]
