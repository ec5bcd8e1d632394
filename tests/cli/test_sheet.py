# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from PIL import Image


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_a_sheet_of_the_samples(glimt, samples, tmp_path):
    out = tmp_path / "sheet.png"
    done = glimt("sheet", samples, "-o", out)
    count = sum(p.suffix != ".md" for p in samples.iterdir())
    assert f"{count} of {count} files shown" in done.stdout
    sheet = pixels(out)
    assert 1590 <= sheet.shape[1] <= 1600
    # Five columns of pictures 4:3 with text below: rows of about 300 pixels.
    rows = -(-count // 5)
    assert 250 * rows < sheet.shape[0] < 400 * rows


def test_width_and_columns(glimt, samples, tmp_path):
    out = tmp_path / "sheet.png"
    files = [samples / "rocket.jpg", samples / "gravel.pgm", samples / "rocket.bmp"]
    glimt("sheet", *files, "-o", out, "--width", 900, "--columns", 2)
    two = pixels(out)
    glimt("sheet", *files, "-o", out, "--width", 900, "--columns", 3)
    three = pixels(out)
    assert 890 <= two.shape[1] <= 900
    assert 890 <= three.shape[1] <= 900
    assert two.shape[0] > 1.5 * three.shape[0]


def test_thumbnail_and_text_are_there(glimt, samples, tmp_path):
    source, out = samples / "astronaut.png", tmp_path / "sheet.png"
    glimt("sheet", source, "-o", out, "--width", 600, "--columns", 1)
    sheet = pixels(out)
    paper = sheet[0, 0]
    inked = (np.abs(sheet.astype(int) - paper).max(axis=2) > 60).sum(axis=1)
    with Image.open(source) as image:
        image.thumbnail((sheet.shape[1], sheet.shape[0]))
        # The square picture fills most of the height of its cell ...
        assert (inked > 300).sum() > 350
    # ... and below it come three lines of text: bands of rows with some ink and not much.
    bottom = inked[np.flatnonzero(inked > 300)[-1] + 1 :]
    bands = np.flatnonzero(np.diff((bottom > 0).astype(int)) == 1)
    assert 3 <= len(bands) <= 8
    assert bottom.max() < 200


def test_a_thumbnail_is_the_average_of_its_area(glimt, tmp_path):
    # Stripes finer than the thumbnail: point sampling would show them, averaging makes them gray.
    stripes = np.zeros((1200, 1600, 3), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    glimt(
        "sheet", tmp_path / "stripes.png", "-o", tmp_path / "s.png", "--width", 500, "--columns", 1
    )
    sheet = pixels(tmp_path / "s.png")
    assert np.abs(sheet[100:200, 100:400].astype(int) - 127.5).max() < 50
    assert abs(sheet[100:200, 100:400].mean() - 127.5) < 1


def test_a_bad_file_keeps_its_place(glimt, samples, tmp_path):
    bad, out = tmp_path / "bad.jpg", tmp_path / "sheet.png"
    bad.write_bytes(b"nothing")
    done = glimt("sheet", bad, samples / "rocket.jpg", "-o", out, status=1)
    assert f"{bad}: " in done.stderr
    assert "1 of 2 files shown" in done.stdout
    assert 600 < pixels(out).shape[1] < 700  # two of five columns


def test_a_missing_font_is_told_with_the_remedy(glimt, samples, tmp_path):
    arguments = ["sheet", samples / "rocket.jpg", "-o", tmp_path / "a.png"]
    done = glimt(*arguments, "--font", tmp_path / "no.ttf", status=1)
    assert "no.ttf" in done.stderr
    assert not (tmp_path / "a.png").exists()


def test_names_of_every_kind_are_drawn(glimt, samples, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    data = (samples / "rocket.bmp").read_bytes()
    (source / ("a very long name " * 8 + ".bmp")).write_bytes(data)
    (source / "Grüße – 図.bmp").write_bytes(data)
    with open(bytes(source) + b"/latin1 \xe9.bmp", "wb") as file:
        file.write(data)
    assert "3 of 3" in glimt("sheet", source, "-o", tmp_path / "a.png").stdout


def test_requests_at_fault(glimt, samples, tmp_path):
    picture = samples / "rocket.jpg"
    assert "gif" in glimt("sheet", picture, "-o", tmp_path / "a.gif", status=2).stderr
    arguments = ["--columns", 40, "--width", 300]
    many = [samples, "-o", tmp_path / "a.png", *arguments]
    assert "narrow" in glimt("sheet", *many, status=2).stderr
