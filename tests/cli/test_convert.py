# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
import tifffile
from PIL import Image


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def folder(samples, tmp_path):
    """Two good files, one of them in a folder below, one bad one, and one that is no image."""
    source = tmp_path / "in"
    (source / "below").mkdir(parents=True)
    shutil.copy(samples / "astronaut.png", source / "astronaut.png")
    shutil.copy(samples / "rocket.jpg", source / "below/rocket.jpg")
    (source / "bad.jpg").write_bytes(b"\xff\xd8 not a JPEG")
    (source / "notes.txt").write_text("not an image")
    return source


def test_a_folder_with_a_bad_file(glimt, folder, tmp_path):
    out = tmp_path / "out"
    done = glimt("convert", folder, out, "--to", "webp", "--lossless", status=1)
    written = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert written == ["astronaut.webp", "below/rocket.webp"]
    assert np.array_equal(pixels(out / "astronaut.webp"), pixels(folder / "astronaut.png"))
    assert f"{folder / 'bad.jpg'}: " in done.stderr
    assert "converted 2 of 3 files" in done.stdout
    assert "1 failed" in done.stdout
    assert "1 of other types passed over" in done.stdout


def test_table_tells_sizes(glimt, samples, tmp_path):
    source, out = samples / "astronaut.png", tmp_path / "a.bmp"
    lines = glimt("convert", source, out).stdout.splitlines()
    assert lines[0].split() == ["file", "output", "pixels", "in", "out", "ratio", "ms", "lost"]
    assert "512 x 512" in lines[2]
    assert f"{out.stat().st_size / source.stat().st_size:.2f}" in lines[2].split()


def test_quality_and_subsampling_reach_the_encoder(glimt, samples, tmp_path):
    sizes = []
    for quality in (30, 90):
        out = tmp_path / f"q{quality}.jpg"
        glimt("convert", samples / "astronaut.png", out, "--quality", quality)
        sizes.append(out.stat().st_size)
    assert sizes[0] < sizes[1] / 2
    glimt(
        "convert",
        samples / "astronaut.png",
        tmp_path / "s.jpg",
        "--subsampling",
        "420",
        "--progressive",
    )
    with Image.open(tmp_path / "s.jpg") as image:
        assert image.info.get("progressive")
        assert [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "zstd", "jpeg"])
def test_compression_and_tiles_of_tiff(glimt, samples, tmp_path, compression):
    source, out = samples / "astronaut.png", tmp_path / "a.tif"
    quality = ["--quality", 95] if compression == "jpeg" else []
    glimt("convert", source, out, "--compression", compression, "--tile", 128, *quality)
    page = tifffile.TiffFile(out).pages[0]
    assert page.compression.name.lower().endswith(compression)
    assert (page.tilewidth, page.tilelength) == (128, 128)
    difference = np.abs(page.asarray().astype(int) - pixels(source)).max()
    assert difference <= (60 if compression == "jpeg" else 0)


def test_depth_is_kept_where_it_fits(glimt, samples, tmp_path):
    source = samples / "hubble_gray16.png"
    for name in ("a.pgm", "a.jp2"):
        glimt("convert", source, tmp_path / name, *(["--lossless"] if name == "a.jp2" else []))
        glimt("convert", tmp_path / name, tmp_path / "back.png", "--overwrite")
        assert np.array_equal(pixels(tmp_path / "back.png"), pixels(source)), name
    done = glimt("convert", source, tmp_path / "a.jpg")
    assert "16 to 8 bits" in done.stdout
    assert pixels(tmp_path / "a.jpg").dtype == np.uint8


def test_single_bits_stay_single_bits(glimt, tmp_path):
    bits = np.arange(13 * 7).reshape(7, 13) % 3 == 0
    Image.fromarray(bits).save(tmp_path / "a.png", bits=1)
    glimt("convert", tmp_path / "a.png", tmp_path / "a.pbm")
    assert (tmp_path / "a.pbm").read_bytes().startswith(b"P4")
    assert np.array_equal(pixels(tmp_path / "a.pbm"), bits)


def test_alpha_is_kept_where_it_fits(glimt, samples, tmp_path):
    source = samples / "chelsea_rgba.png"
    for name in ("a.webp", "a.pam", "a.bmp"):
        lossless = ["--lossless"] if name == "a.webp" else []
        glimt("convert", source, tmp_path / name, *lossless)
        glimt("convert", tmp_path / name, tmp_path / "back.png", "--overwrite")
        assert np.array_equal(pixels(tmp_path / "back.png"), pixels(source)), name
    assert "alpha dropped" in glimt("convert", source, tmp_path / "a.jpg").stdout


def test_orientation_is_applied(glimt, samples, tmp_path):
    source = samples / "coffee_orientation_6.jpg"
    glimt("convert", source, tmp_path / "up.png")
    glimt("convert", source, tmp_path / "lying.png", "--no-orientation")
    upright, lying = pixels(tmp_path / "up.png"), pixels(tmp_path / "lying.png")
    assert np.array_equal(np.rot90(lying, -1), upright)


def test_ht_writes_a_file_that_decodes_exactly(glimt, samples, tmp_path):
    source, coded, back = samples / "astronaut.png", tmp_path / "a.j2c", tmp_path / "back.png"
    glimt("convert", source, coded, "--ht", "--lossless")
    assert "HT" in glimt("info", coded).stdout
    glimt("convert", coded, back)
    assert np.array_equal(pixels(back), pixels(source))


def test_existing_outputs_are_safe(glimt, samples, tmp_path):
    source, out = samples / "rocket.bmp", tmp_path / "a.png"
    out.write_bytes(b"precious")
    done = glimt("convert", source, out, status=1)
    assert "--overwrite" in done.stderr
    assert out.read_bytes() == b"precious"
    done = glimt("convert", source, out, "--skip-existing")
    assert "1 left as they were" in done.stdout
    assert out.read_bytes() == b"precious"
    glimt("convert", source, out, "--overwrite")
    assert np.array_equal(pixels(out), pixels(source))


def test_a_failed_conversion_leaves_nothing(glimt, samples, tmp_path):
    cut, out = tmp_path / "cut.png", tmp_path / "out"
    cut.write_bytes((samples / "astronaut.png").read_bytes()[:100000])
    glimt("convert", cut, f"{out}/", "--to", "bmp", status=1)
    assert not out.exists() or not any(out.iterdir())


def test_a_file_that_cannot_be_written_leaves_the_old_one(glimt, samples, tmp_path):
    # A folder with the name of the output: the rename must fail, and no temporary file may stay.
    out = tmp_path / "a.png"
    out.mkdir()
    (out / "a.txt").write_text("stays")
    done = glimt("convert", samples / "rocket.bmp", tmp_path / "x.png")
    before = sorted(p.name for p in tmp_path.iterdir())
    (tmp_path / "rocket.bmp").write_bytes((samples / "rocket.bmp").read_bytes())
    done = glimt(
        "convert", tmp_path / "rocket.bmp", tmp_path / "a.png" / "a.txt" / "b.png", status=1
    )
    assert "a.txt" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*before, "rocket.bmp"])


def test_outputs_of_one_name_are_detected(glimt, samples, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    shutil.copy(samples / "rocket.jpg", source / "rocket.jpg")
    shutil.copy(samples / "rocket.bmp", source / "rocket.bmp")
    done = glimt("convert", source, tmp_path / "out", "--to", "png", status=1)
    assert f"{source / 'rocket.jpg'}: " in done.stderr
    assert str(source / "rocket.bmp") in done.stderr
    assert np.array_equal(pixels(tmp_path / "out/rocket.png"), pixels(source / "rocket.bmp"))


def test_outputs_in_a_folder_below_the_inputs_are_no_inputs_again(glimt, folder):
    (folder / "bad.jpg").unlink()
    out = folder / "png"
    glimt("convert", folder, out, "--to", "png")
    done = glimt("convert", folder, out, "--to", "png", "--overwrite")
    assert "converted 2 of 2 files" in done.stdout


def test_globs_that_the_shell_left_alone(glimt, folder, tmp_path):
    done = glimt(
        "convert", f"{folder}/*.png", f"{folder}/below/*.jpg", tmp_path / "o", "--to", "bmp"
    )
    assert "converted 2 of 2 files" in done.stdout
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == ["astronaut.bmp", "rocket.bmp"]


def test_threads_give_the_same_files(glimt, samples, tmp_path):
    for threads in (1, 4):
        out = tmp_path / str(threads)
        glimt("convert", f"{samples}/*.png", out, "--to", "jpeg", "--threads", threads)
    one, four = sorted((tmp_path / "1").iterdir()), sorted((tmp_path / "4").iterdir())
    assert [p.name for p in one] == [p.name for p in four]
    assert len(one) >= 4
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in four]


def test_quiet_tells_failures_only(glimt, folder, tmp_path):
    done = glimt("convert", folder, tmp_path / "o", "--to", "bmp", "-q", status=1)
    assert done.stdout == ""
    assert "bad.jpg" in done.stderr


def test_no_progress_bar_without_a_terminal(glimt, samples, tmp_path):
    done = glimt("convert", f"{samples}/*.png", tmp_path / "o", "--to", "bmp")
    assert done.stderr == ""


def test_a_progress_bar_on_a_terminal(program, samples, tmp_path):
    main, terminal = os.openpty()
    command = [program, "convert", f"{samples}/*.png", tmp_path / "o", "--to", "bmp"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=terminal, check=True, timeout=120)
    os.close(terminal)
    shown = os.read(main, 65536).decode()
    os.close(main)
    assert "converting" in shown
    assert "100%" in shown
    assert shown.count("*") >= 50


def test_interrupt_finishes_the_file_in_work(program, samples, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for i in range(60):
        os.symlink(samples / "seeding_1080p.jpg", source / f"{i}.jpg")
    command = [program, "convert", source, tmp_path / "o", "--to", "jp2", "--threads", "1"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while not any((tmp_path / "o").glob("*.jp2")) and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    printed, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "not begun (interrupted)" in printed
    for written in (tmp_path / "o").iterdir():
        assert written.suffix == ".jp2"
        assert pixels(written).shape == (1080, 1920, 3)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["a.jpg"], "IN... OUT"),
        (["a.jpg", "b.xyz"], "xyz"),
        (["a.jpg", "out/"], "--to"),
        (["a.jpg", "b.png", "--progressive"], "--progressive"),
        (["a.jpg", "b.jpg", "--lossless"], "--lossless"),
        (["a.jpg", "b.webp", "--lossless", "--quality", "5"], "exclude"),
        (["a.jpg", "b.webp", "--quality", "500"], "--quality"),
        (["a.jpg", "b.webp", "--overwrite", "--skip-existing"], "exclude"),
        (["a.jpg", "b.jpg", "--subsampling", "999"], "--subsampling"),
        (["a.jpg", "b.jpg", "--to", "gif"], "gif"),
        (["a.jpg", "b.jpg", "--tile", "256"], "--tile"),
        (["a.jpg", "b.tif", "--tile", "100"], "16"),
        (["a.jpg", "b.tif", "--compression", "rar"], "--compression"),
        (["a.jpg", "b.tif", "--quality", "90"], "--quality"),
    ],
)
def test_requests_at_fault_exit_with_2_and_say_why(glimt, arguments, word, tmp_path):
    assert word in glimt("convert", *arguments, status=2, cwd=tmp_path).stderr
