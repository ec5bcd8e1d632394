# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

# What Pillow does not tell: file -> facts.
FACTS = {
    "astronaut.png": {"codec": "png", "channels": 3, "dtype": "uint8", "color": "sRGB"},
    "brick_lossless.j2k": {"codec": "jpeg2k", "channels": 1, "dtype": "uint8"},
    "camera_gray.jpg": {"codec": "jpeg", "channels": 1, "color": "gray"},
    "chelsea.ppm": {"codec": "pnm", "channels": 3, "color": "sRGB", "precision": 8},
    "chelsea_alpha.webp": {"codec": "webp", "channels": 4},
    "chelsea_progressive.jpg": {"codec": "jpeg", "color": "YCbCr", "chroma_subsampling": "4:2:0"},
    "chelsea_rgba.png": {"codec": "png", "channels": 4},
    "coffee_orientation_6.jpg": {"orientation": 6, "chroma_subsampling": "4:2:2"},
    "coffee_palette.png": {"color": "palette"},
    "gravel.pgm": {"codec": "pnm", "channels": 1, "color": "gray"},
    "hubble_deep_field.jpg": {"chroma_subsampling": "4:4:4", "orientation": 1},
    "hubble_gray16.png": {"channels": 1, "dtype": "uint16", "precision": 16},
    "rocket.bmp": {"codec": "bmp", "channels": 3},
    "seeding_1080p.jpg": {"width": 1920, "height": 1080, "chroma_subsampling": "4:2:0"},
}
IMAGE_EXTENSIONS = {".bmp", ".j2c", ".j2k", ".jp2", ".jpg", ".pgm", ".png", ".ppm", ".webp"}


def test_json_agrees_with_pillow_on_every_sample(glimt, samples):
    files = sorted(p for p in samples.iterdir() if p.suffix in IMAGE_EXTENSIONS)
    assert len(files) >= 12
    entries = json.loads(glimt("info", "--json", *files).stdout)
    assert [e["file"] for e in entries] == [str(p) for p in files]
    for path, entry in zip(files, entries):
        with Image.open(path) as image:
            assert (entry["width"], entry["height"]) == image.size, path
        assert entry["bytes"] == path.stat().st_size
        assert entry["images"] == 1


@pytest.mark.parametrize("name", FACTS)
def test_facts_of_a_sample(glimt, samples, name):
    (entry,) = json.loads(glimt("info", "--json", samples / name).stdout)
    assert {key: entry[key] for key in FACTS[name]} == FACTS[name]


def test_a_progressive_file_says_so(glimt, samples):
    (entry,) = json.loads(glimt("info", "--json", samples / "chelsea_progressive.jpg").stdout)
    assert "progressive" in entry["coding"].lower()


def test_table_has_one_aligned_line_a_file(glimt, samples):
    files = [samples / "rocket.jpg", samples / "gravel.pgm"]
    header, rule, *rows = glimt("info", *files).stdout.splitlines()
    assert header.split()[:3] == ["file", "codec", "coding"]
    assert set(rule) == {"-", " "}
    assert [row.split()[0] for row in rows] == [str(f) for f in files]
    column = header.index("codec")
    assert [row[column:].split()[0] for row in rows] == ["jpeg", "pnm"]


def test_a_folder_means_its_images(glimt, samples):
    entries = json.loads(glimt("info", "--json", samples).stdout)
    names = [e["file"] for e in entries]
    assert str(samples / "rocket.jpg") in names
    assert not any(name.endswith(".md") for name in names)


def test_bad_files_are_named_with_their_reason_and_the_rest_is_told(glimt, samples, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image at all")
    missing = tmp_path / "missing.png"
    done = glimt("info", "--json", bad, missing, samples / "rocket.jpg", status=1)
    broken, absent, good = json.loads(done.stdout)
    assert broken["error"]["message"]
    assert absent["error"]["code"] == "bad_argument"
    assert good["codec"] == "jpeg"
    assert f"{bad}: " in done.stderr
    assert f"{missing}: " in done.stderr


def test_an_empty_folder_is_told(glimt, tmp_path):
    assert "no image files" in glimt("info", tmp_path, status=1).stderr


def test_pages_and_subifds_of_one_file_are_a_tree(glimt, tmp_path):
    path = tmp_path / "pages.tif"
    pixels = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60)
    with tifffile.TiffWriter(path) as writer:
        writer.write(pixels, tile=(16, 16), compression="zlib", subifds=2)
        writer.write(pixels[::2, ::2], subfiletype=1)
        writer.write(pixels[::4, ::4], subfiletype=1)
        writer.write(pixels[:10])
    with tifffile.TiffFile(path) as file:
        offsets = file.pages[0].subifds
    (entry,) = json.loads(glimt("info", "--json", path).stdout)
    first, second = entry["pages"]
    assert (first["width"], first["height"], first["tiles"]["width"]) == (60, 40, 16)
    assert [page["ifd_offset"] for page in first["subifds"]] == list(offsets)
    assert [page["width"] for page in first["subifds"]] == [30, 15]
    assert (second["height"], second["bytes"]) == (10, 10 * 60 * 2)
    lines = glimt("info", path).stdout.splitlines()[3:7]
    assert [line[: line.index("  tiff")].rstrip() for line in lines] == [
        "├─ page 0",
        f"│  ├─ SubIFD at byte {offsets[0]}",
        f"│  └─ SubIFD at byte {offsets[1]}",
        "└─ page 1",
    ]
    other = tmp_path / "other.tif"
    other.write_bytes(path.read_bytes())
    several = json.loads(glimt("info", "--json", path, other).stdout)
    assert all("pages" not in entry for entry in several)


def test_a_damaged_page_is_named_and_the_others_listed(glimt, tmp_path):
    path = tmp_path / "damaged.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.zeros((8, 8), np.uint8), subifds=1)
        writer.write(np.zeros((4, 4), np.uint8), subfiletype=1)
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].subifds[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + 2] = b"\xff\xff"
    path.write_bytes(data)
    output = glimt("info", path).stdout
    assert "page 0" in output
    assert f"SubIFD at byte {offset}" in output


def test_subifds_of_subifds_end_somewhere(glimt, tmp_path):
    """Each IFD names the next as its SubIFD: 20,000 of them."""

    def ifd(number: int) -> bytes:
        at = 8 + number * 78
        entries = [
            (256, 3, 1),
            (257, 3, 1),
            (258, 3, 8),
            (262, 3, 1),
            (273, 4, 8),
            (330, 4, at + 78),
        ]
        fields = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
        return struct.pack("<H", len(entries)) + fields + bytes(4)

    path = tmp_path / "deep.tif"
    count = 20_000
    assert len(ifd(0)) == 78
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + b"".join(ifd(i) for i in range(count)))
    lines = glimt("info", path).stdout.splitlines()[2:]
    assert len(lines) == 1 + 1 + 16  # the file, its page, and as deep as is looked
