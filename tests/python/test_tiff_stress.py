# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Many pages, 100 GB of holes, one stream read from 16 threads, damaged metadata: right, and bounded.

Short by default. The full length: GLIMT_STRESS_PAGES=10000 (2000), GLIMT_STRESS_WINDOWS=20000 (200),
GLIMT_STRESS_READS=100000 (2000), GLIMT_STRESS_FLIPS=20000 (300).
"""

from __future__ import annotations

import io
import os
import random
import struct
import threading
import time
from pathlib import Path

import glimt
import numpy as np
import pytest
import tifffile
from glimt import (
    CodeStream,
    ColorSpec,
    DecodeParams,
    Decoder,
    EncodeParams,
    Metadata,
    MetadataFormat,
    MetadataKind,
    Region,
)
from PIL import Image, TiffImagePlugin
from tiff_files import Builder, gray_tags


def length(name: str, usual: int) -> int:
    return int(os.environ.get(f"GLIMT_STRESS_{name}", usual))


PAGES, WINDOWS = length("PAGES", 2000), length("WINDOWS", 200)
READS, FLIPS = length("READS", 2000), length("FLIPS", 300)
RAW = DecodeParams(allow_any_depth=True, color_spec=ColorSpec.UNCHANGED)


def anonymous_bytes() -> int:
    """Memory of this process that is no file's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    pytest.skip("the kernel does not tell RssAnon")


def test_a_file_of_many_pages(tmp_path: Path) -> None:
    file = Builder("<")
    link = None
    for i in range(PAGES):
        strip = file.add(struct.pack("<Q", i) * 8)
        offset = file.ifd(gray_tags(strip))
        if link is None:
            file.start_at(offset)
        else:
            file.link(link, offset)
        link = file.next_at
    path = tmp_path / "pages.tif"
    path.write_bytes(file.data)
    start = time.perf_counter()
    stream = CodeStream(path)
    assert stream.width == 8  # of the first page alone
    opened = time.perf_counter()
    assert stream.num_images == PAGES
    listed = time.perf_counter()
    decoder = Decoder(device_id=-99999, max_num_cpu_threads=1)
    for i in random.Random(1).sample(range(PAGES), 500):
        pixels = np.asarray(decoder.decode(stream.get_sub_code_stream(i), params=RAW))
        assert pixels.tobytes() == struct.pack("<Q", i) * 8
    read = time.perf_counter()
    print(
        f"{PAGES} pages: open {1e3 * (opened - start):.2f} ms, list {1e3 * (listed - opened):.1f} ms, "
        f"500 random pages {1e3 * (read - listed):.0f} ms"
    )
    assert opened - start < 1 and listed - opened < 5 and read - listed < 30


SIDE, TILE = 320_000, 256  # 102.4 GB of uncompressed bytes
ACROSS = SIDE // TILE


def tile_bytes(index: int) -> np.ndarray:
    return np.random.default_rng(index).integers(1, 256, (TILE, TILE), np.uint8)


@pytest.fixture(scope="module")
def holes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A BigTIFF of 100 GB, all but a few of whose tiles were never written; and which were."""
    path = tmp_path_factory.mktemp("sparse") / "holes.tif"
    count = ACROSS * ACROSS
    file = Builder("<", big=True)
    lists = 16 * count
    base = (len(file.data) + lists + 4096) // 4096 * 4096
    offsets = base + TILE * TILE * np.arange(count, dtype=np.uint64)
    at = file.add(offsets.tobytes())
    counts_at = file.add(np.full(count, TILE * TILE, np.uint64).tobytes())
    entries = gray_tags(0, SIDE, SIDE) | {322: ("I", TILE), 323: ("I", TILE)}
    for tag in (273, 278, 279):
        del entries[tag]
    raw = b""
    merged = {**entries, 324: ("Q", at), 325: ("Q", counts_at)}
    sizes = {"H": 3, "I": 4, "Q": 16}
    for tag, (kind, value) in sorted(merged.items()):
        many = count if tag in (324, 325) else 1
        raw += struct.pack("<HHQ", tag, sizes[kind], many) + struct.pack(f"<{kind}", value).ljust(
            8, b"\0"
        )
    end = int(offsets[-1]) + TILE * TILE
    file.start_at(end)
    written = sorted(random.Random(2).sample(range(count), 64))
    with open(path, "wb") as out:
        out.write(file.data)
        for index in written:
            out.seek(int(offsets[index]))
            out.write(tile_bytes(index).tobytes())
        out.seek(end)
        out.write(struct.pack("<Q", len(merged)) + raw + bytes(8))
    return path, written


def test_windows_of_a_file_with_holes(holes: tuple[Path, list[int]]) -> None:
    path, written = holes
    assert path.stat().st_size > 100 * 10**9
    draw = random.Random(3)
    stream = CodeStream(path)
    assert (stream.width, stream.height, stream.num_tiles_x) == (SIDE, SIDE, ACROSS)
    decoder = Decoder(device_id=-99999, max_num_cpu_threads=2)

    def look(index: int, full: bool) -> None:
        y, x = divmod(index, ACROSS)
        top = y * TILE + draw.randrange(0, 128)
        left = x * TILE + draw.randrange(0, 128)
        view = stream.get_sub_code_stream(region=Region(top, left, top + 100, left + 100))
        pixels = np.asarray(decoder.decode(view, params=RAW))[:, :, 0]
        if full:
            expected = tile_bytes(index)[top - y * TILE :, left - x * TILE :][:100, :100]
            np.testing.assert_array_equal(pixels, expected)
        else:
            assert not pixels.any()

    holes_only = [i for i in draw.sample(range(ACROSS * ACROSS), 200) if i not in set(written)]
    for index in written[:8] + holes_only[:8]:
        look(index, index in written)
    before = anonymous_bytes()
    start = time.perf_counter()
    for k in range(WINDOWS):
        index = draw.choice(written if k % 2 else holes_only)
        look(index, k % 2 == 1)
    grown = anonymous_bytes() - before
    print(
        f"{WINDOWS} windows of 100 GB: {time.perf_counter() - start:.1f} s, grown {grown >> 10} KiB"
    )
    assert grown < 64 << 20


def test_one_stream_read_by_sixteen_threads() -> None:
    y, x = np.mgrid[0:1024, 0:1536]
    photo = np.stack([x * 7 + y, x ^ y, (x * y) >> 4], -1).astype(np.uint8)
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for options in ({"compression": "zlib", "predictor": True}, {"compression": "lzw"}):
            writer.write(photo, tile=(128, 128), photometric="rgb", metadata=None, **options)
    stream = CodeStream(out.getvalue())
    decoder = Decoder(device_id=-99999)
    wrong: list[object] = []
    marks: list[int] = []
    lock = threading.Lock()
    done = 0

    def read(seed: int) -> None:
        nonlocal done
        draw = random.Random(seed)
        for _ in range(READS // 16):
            top, left = draw.randrange(1024 - 64), draw.randrange(1536 - 64)
            bottom, right = top + draw.randrange(1, 65), left + draw.randrange(1, 65)
            view = stream.get_sub_code_stream(
                draw.randrange(2), region=Region(top, left, bottom, right)
            )
            image = decoder.decode(view, params=RAW)
            if image is None or not np.array_equal(
                np.asarray(image), photo[top:bottom, left:right]
            ):
                wrong.append((top, left, bottom, right))
            with lock:
                done += 1
                if done % (READS // 8) == 0:
                    marks.append(anonymous_bytes())

    start = time.perf_counter()
    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    grown = marks[-1] - marks[0]
    print(
        f"{READS} reads by 16 threads: {time.perf_counter() - start:.1f} s, grown {grown >> 10} KiB"
    )
    assert grown < 32 << 20


def metadata_files() -> dict[str, bytes]:
    """A file of each format with every kind that it holds."""
    exif = Image.Exif()
    exif[271], exif[274] = "Maker", 6
    exif.get_ifd(0x8769)[0x9003] = "2001:02:03 04:05:06"
    blocks = [
        Metadata(MetadataKind.EXIF, MetadataFormat.RAW, exif.tobytes()[6:]),
        Metadata(MetadataKind.XMP, MetadataFormat.XMP, b"<x:xmpmeta/>"),
        Metadata(MetadataKind.ICC_PROFILE, MetadataFormat.RAW, bytes(36) + b"acsp" + bytes(100)),
        Metadata(MetadataKind.IPTC, MetadataFormat.RAW, b"\x1c\x02\x05\0\x04name"),
        Metadata(MetadataKind.TEXT, MetadataFormat.JSON, b'{"Comment":"c","XML":"<a/>"}'),
        Metadata(MetadataKind.RESOLUTION, MetadataFormat.JSON, b'{"x":3,"y":3,"unit":"inch"}'),
    ]
    pixels = np.zeros((8, 8, 3), np.uint8)
    params = EncodeParams(metadata=blocks)
    files = {
        codec: bytes(glimt.Encoder().encode(pixels, codec, params=params))
        for codec in ("jpeg", "png", "webp", "jpeg2k")
    }
    keys = (1, 1, 0, 2, 1024, 0, 1, 2, 1026, 34737, 7, 0)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[271], tags[270], tags[34735], tags[34737] = "Maker", "aperio", keys, "WGS 84|"
    tags.tagtype[34735] = 3
    tags[0x8769] = {0x9003: "2001:02:03 04:05:06", 0xA005: {1: "R98"}}
    tags[0x8825] = {1: "N", 2: (48.0, 8.0, 1.5)}
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "TIFF", tiffinfo=tags, icc_profile=bytes(200))
    return files | {"tiff": out.getvalue()}


FILES = metadata_files()


@pytest.mark.parametrize("codec", FILES)
def test_damaged_metadata(codec: str) -> None:
    data, draw = FILES[codec], random.Random(codec)
    decoder = Decoder(device_id=-99999, options=":max_metadata_bytes=1000000")
    assert len(decoder.get_metadata(data)) >= (3 if codec == "webp" else 5)

    def ask(broken: bytes) -> None:
        try:
            for block in decoder.get_metadata(broken):
                assert 0 < block.buffer_size <= 1_100_000
        except RuntimeError as error:
            assert str(error)

    before, start = anonymous_bytes(), time.perf_counter()
    for size in range(0, len(data), max(1, len(data) // 500)):
        ask(data[:size])
    for round_ in range(FLIPS):
        broken = bytearray(data)
        for _ in range(1 + round_ % 4):
            at = draw.randrange(len(data))
            if round_ % 3 == 0:
                broken[at : at + 4] = draw.choice(
                    (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4))
                )
            else:
                broken[at] ^= 1 << draw.randrange(8)
        ask(bytes(broken[: len(data)]))
    assert time.perf_counter() - start < 20 + FLIPS / 50
    assert anonymous_bytes() - before < 64 << 20


def test_ifds_that_name_each_other() -> None:
    """Exif, GPS and Interoperability pointers to the first IFD and to themselves."""
    for target in ("first", "self"):
        file = Builder("<")
        strip = file.add(bytes(64))
        tags = gray_tags(strip) | {271: ("s", b"M"), 34665: ("I", 0), 34853: ("I", 0)}
        exif = file.ifd({33434: ("I", 1), 34665: ("I", 0), 40965: ("I", 0)})
        first = len(file.data)
        to = first if target == "first" else exif
        tags[34665], tags[34853] = ("I", to), ("I", to)
        assert file.ifd(tags) == first
        file.start_at(first)
        for at in (exif + 2 + 12 + 8, exif + 2 + 24 + 8):
            struct.pack_into("<I", file.data, at, to)
        decoder = Decoder(device_id=-99999)
        (block,) = decoder.get_metadata(bytes(file.data), kind=MetadataKind.EXIF)
        assert block.buffer_size < 4096


def test_keys_and_counts_without_end() -> None:
    """65535 keys that all show the same long text, and counts of 2^32 - 1."""
    many = 65535
    keys = [1, 1, 0, many - 1] + [1026, 34737, 60000, 0] * 16383
    file = Builder("<")
    strip = file.add(bytes(64))
    at = file.add(struct.pack(f"<{len(keys)}H", *keys))
    text = file.add(b"t" * 65000)
    entries = gray_tags(strip)
    raw = b"".join(
        struct.pack("<HHI", tag, {"H": 3, "I": 4}[kind], 1)
        + struct.pack(f"<{kind}", value).ljust(4, b"\0")
        for tag, (kind, value) in sorted(entries.items())
    )
    for tag, kind, count, offset in (
        (34665, 4, 2**32 - 1, 8),
        (34735, 3, len(keys), at),
        (34736, 12, 2**32 - 1, at),
        (34737, 2, 65000, text),
        (34853, 4, 1, 8),
    ):
        raw += struct.pack("<HHII", tag, kind, count, offset)
    first = file.add(struct.pack("<H", len(entries) + 5) + raw + bytes(4))
    file.start_at(first)
    start = time.perf_counter()
    decoder = Decoder(device_id=-99999)
    with pytest.raises(RuntimeError, match="GEO block exceeds the limit"):
        decoder.get_metadata(bytes(file.data))
    assert decoder.get_metadata(bytes(file.data), kind=MetadataKind.ICC_PROFILE) == []
    assert time.perf_counter() - start < 10
