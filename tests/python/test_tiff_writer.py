# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""TiffWriter: pages, SubIFDs and tiles in any order, read back by tifffile and by glimt."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import glimt
import numpy as np
import pytest
import tifffile
from glimt import EncodeParams, TiffEncodeParams, TiffWriter

Y, X = np.mgrid[0:150, 0:203]
PHOTO = np.stack([X * 255 // 202, Y * 255 // 149, (X + Y) % 256], -1).astype(np.uint8)


def params(compression: str = "deflate", tile: int | None = 64, **options: Any) -> EncodeParams:
    tiles = {} if tile is None else {"tile_width": tile, "tile_height": tile}
    return EncodeParams(
        tiff_encode_params=TiffEncodeParams(compression=compression, **options), **tiles
    )


def decoded(source: Any) -> np.ndarray:
    raw = glimt.DecodeParams(allow_any_depth=True, color_spec=glimt.ColorSpec.UNCHANGED)
    decoder = glimt.Decoder(device_id=-99999)
    image = decoder.decode(source, params=raw)
    assert image is not None, decoder.last_status[0].message
    return np.asarray(image.cpu())


def test_pages_of_all_kinds(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    rng = np.random.default_rng(1)
    pages = []
    with TiffWriter(path) as writer:
        for dtype in "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split():
            for channels in (1, 2, 3, 4, 5):
                for options in (params(), params("lzw", None), params("zstd", 32, planar=True)):
                    pixels = (rng.random((70, 90, channels)) * 100).astype(dtype)
                    assert writer.write_page(pixels, params=options) == len(pages)
                    pages.append(pixels)
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == len(pages)
        assert not file.is_bigtiff
        for page, pixels in zip(file.pages, pages):
            array = page.asarray()
            if page.planarconfig == 2 and pixels.shape[2] > 1:
                array = np.moveaxis(array, 0, -1)
            np.testing.assert_array_equal(array.reshape(pixels.shape), pixels)
    stream = glimt.CodeStream(str(path))
    assert stream.num_images == len(pages)
    for i in range(0, len(pages), 7):
        np.testing.assert_array_equal(decoded(stream.get_sub_code_stream(i)), pages[i])


@pytest.mark.parametrize("bigtiff", [None, True, False])
def test_subifds(tmp_path: Path, bigtiff: bool | None) -> None:
    path = tmp_path / "pyramid.tif"
    with TiffWriter(path, bigtiff=bigtiff) as writer:
        first = writer.write_page(PHOTO, params=params(), resolution=(20000, 12345.678))
        second = writer.write_page(PHOTO[90::-1], params=params())
        for step in (2, 4):
            writer.write_page(PHOTO[::step, ::step], params=params(), parent=first, reduced=True)
        writer.write_page(PHOTO[::5, ::5], params=params(), parent=second, reduced=True)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff is (bigtiff is True)
        assert [len(page.subifds or ()) for page in file.pages] == [2, 1]
        levels = file.series[0].levels
        assert len(levels) == 3
        for level, step in zip(levels, (1, 2, 4)):
            np.testing.assert_array_equal(level.asarray(), PHOTO[::step, ::step])
        tags = file.pages[0].tags
        assert tags["XResolution"].value == (20000, 1)
        above, below = tags["YResolution"].value
        assert above / below == pytest.approx(12345.678, rel=1e-9)
        assert tags["ResolutionUnit"].value == 3
        assert levels[1].pages[0].subfiletype == 1
    info = glimt.slide_info(path)
    assert [level.width for level in info.levels] == [203, 102, 51]
    assert info.mpp_x == 0.5


@pytest.mark.parametrize("compression", ["none", "deflate", "lzw", "packbits"])
@pytest.mark.parametrize("planar", [False, True])
def test_tiles_in_any_order_by_turns(tmp_path: Path, compression: str, planar: bool) -> None:
    path = tmp_path / "tiles.tif"
    options = params(compression, 32, planar=planar)
    with TiffWriter(path, max_num_cpu_threads=2) as writer:
        pages = [writer.add_page(PHOTO.shape, np.uint8, params=options) for _ in range(2)]
        assert writer.tile_size(pages[1]) == (32, 32)
        places = [
            (page, y, x) for page in pages for y in range(0, 150, 32) for x in range(0, 203, 32)
        ]
        random.Random(3).shuffle(places)
        for page, y, x in places:
            pixels = PHOTO if page == 0 else 255 - PHOTO
            writer.write_tile(page, y, x, pixels[y : y + 32, x : x + 32])
    with tifffile.TiffFile(path) as file:
        for page, expected in zip(file.pages, (PHOTO, 255 - PHOTO)):
            array = np.moveaxis(page.asarray(), 0, -1) if planar else page.asarray()
            np.testing.assert_array_equal(array, expected)
    np.testing.assert_array_equal(decoded(path), PHOTO)


@pytest.mark.parametrize("compression", ["jpeg", "webp", "jpeg2k"])
def test_tiles_that_are_images(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "tiles.tif"
    lossy = {"quality_type": glimt.QualityType.QUALITY, "quality_value": 95}
    options = EncodeParams(
        tile_width=64,
        tile_height=64,
        tiff_encode_params=TiffEncodeParams(compression=compression),
        **(lossy if compression != "jpeg2k" else {}),
    )
    with TiffWriter(path) as writer:
        page = writer.add_page(PHOTO.shape, np.uint8, params=options)
        for y in range(0, 150, 64):
            writer.write_tile(page, y, 0, PHOTO[y : y + 64])  # a row of tiles at once
    for pixels in (decoded(path), tifffile.imread(path)):
        assert np.abs(pixels.astype(int) - PHOTO).mean() < 6
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].compression.name == {"jpeg2k": "JPEG2000"}.get(
            compression, compression.upper()
        )


def test_strips_of_an_image_that_is_never_whole(tmp_path: Path) -> None:
    path = tmp_path / "strips.tif"
    options = params("deflate", None, rows_per_strip=16)
    with TiffWriter(path) as writer:
        page = writer.add_page((150, 203), "uint16", params=options)
        assert writer.tile_size(page) == (16, 203)
        rows = (X + 300 * Y).astype(np.uint16)
        writer.write_tile(page, 96, 0, rows[96:])
        writer.write_tile(page, 0, 0, rows[:96])
    np.testing.assert_array_equal(tifffile.imread(path), rows)


def test_tiles_may_exceed_the_page(tmp_path: Path) -> None:
    path = tmp_path / "padded.tif"
    with TiffWriter(path) as writer:
        page = writer.add_page((70, 90, 3), "u1", params=params())
        padded = np.pad(PHOTO[:70, :90], ((0, 58), (0, 38), (0, 0)), constant_values=7)
        for y in (0, 64):
            for x in (0, 64):
                writer.write_tile(page, y, x, padded[y : y + 64, x : x + 64])
    np.testing.assert_array_equal(tifffile.imread(path), PHOTO[:70, :90])


def test_many_threads(tmp_path: Path) -> None:
    path = tmp_path / "threads.tif"
    big = np.random.default_rng(2).integers(0, 9, (1024, 1024, 3)).astype(np.uint8)
    with TiffWriter(path, max_num_cpu_threads=2) as writer:
        page = writer.add_page(big.shape, "u1", params=params(tile=64))
        places = [(y, x) for y in range(0, 1024, 64) for x in range(0, 1024, 64)]

        def work(own: list[tuple[int, int]]) -> None:
            for y, x in own:
                writer.write_tile(page, y, x, big[y : y + 64, x : x + 64])

        threads = [threading.Thread(target=work, args=(places[i::8],)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    np.testing.assert_array_equal(tifffile.imread(path), big)


def test_discarded_while_others_write(tmp_path: Path) -> None:
    big = np.random.default_rng(2).integers(0, 255, (2048, 2048)).astype(np.uint8)
    for _ in range(5):
        writer = TiffWriter(tmp_path / "file.tif", max_num_cpu_threads=1)
        page = writer.add_page(big.shape, "u1", params=params("zstd", 64))
        seen: list[str] = []

        def work(first: int, writer: Any = writer, page: int = page, seen: Any = seen) -> None:
            try:
                for y in range(first, 2048, 128):
                    writer.write_tile(page, y, 0, big[y : y + 64])
            except ValueError as error:
                seen.append(str(error))

        threads = [threading.Thread(target=work, args=(first,)) for first in (0, 64)]
        for thread in threads:
            thread.start()
        writer.discard()
        for thread in threads:
            thread.join()
        assert all("closed" in text for text in seen)
        assert list(tmp_path.iterdir()) == []


def test_missing_tiles(tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    with pytest.raises(ValueError, match="tile 0 of page 0 was never written, and 10 more"):
        with TiffWriter(path) as writer:
            page = writer.add_page(PHOTO.shape, "u1", params=params())
            writer.write_tile(page, 64, 64, PHOTO[64:128, 64:128])
    assert list(tmp_path.iterdir()) == []
    with TiffWriter(path, sparse=True) as writer:
        page = writer.add_page(PHOTO.shape, "u1", params=params())
        writer.write_tile(page, 64, 64, PHOTO[64:128, 64:128])
    expected = np.zeros_like(PHOTO)
    expected[64:128, 64:128] = PHOTO[64:128, 64:128]
    np.testing.assert_array_equal(tifffile.imread(path), expected)
    np.testing.assert_array_equal(decoded(path), expected)


def test_an_exception_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "file.tif"
    path.write_bytes(b"the old one")
    with pytest.raises(KeyError):
        with TiffWriter(path) as writer:
            writer.write_page(PHOTO)
            raise KeyError("a reason")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.tif"]
    assert path.read_bytes() == b"the old one"
    writer = TiffWriter(path)
    writer.write_page(PHOTO)
    assert len(list(tmp_path.iterdir())) == 2
    writer.discard()
    del writer
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.tif"]
    writer = TiffWriter(path)
    writer.write_page(PHOTO)
    del writer  # neither closed nor discarded
    assert path.read_bytes() == b"the old one"
    assert len(list(tmp_path.iterdir())) == 1
    writer = TiffWriter(path)
    writer.write_page(PHOTO)
    writer.close()
    writer.close()
    np.testing.assert_array_equal(tifffile.imread(path), PHOTO)
    with pytest.raises(ValueError, match="closed"):
        writer.write_page(PHOTO)


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(glimt.FileError):
        TiffWriter(tmp_path / "no folder" / "file.tif")
    writer = TiffWriter(tmp_path / "file.tif")
    with pytest.raises(ValueError, match="at least one page"):
        writer.close()
    writer = TiffWriter(tmp_path / "file.tif")
    page = writer.add_page(PHOTO.shape, "u1", params=params())
    tile = PHOTO[:64, :64]
    for y, x, pixels, reason in (
        (1, 0, tile, "no whole tiles of 64 x 64"),
        (0, 32, tile, "no whole tiles"),
        (0, 0, tile[:60], "no whole tiles"),
        (-64, 0, tile, "no whole tiles"),
        (192, 0, tile, "no whole tiles"),
        (0, 0, tile[..., 0], "1 x uint8 on a page of 3 x uint8"),
        (0, 0, tile.astype("u2"), "3 x uint16 on a page of 3 x uint8"),
    ):
        with pytest.raises(ValueError, match=reason):
            writer.write_tile(page, y, x, pixels)
    with pytest.raises(ValueError, match="there is no page 1 yet"):
        writer.write_tile(1, 0, 0, tile)
    writer.write_tile(page, 0, 0, tile)
    with pytest.raises(ValueError, match="tile 0 has been written before"):
        writer.write_tile(page, 0, 0, PHOTO)
    for arguments, reason in (
        ({"parent": 7}, "no page 7 to be the parent"),
        ({"resolution": (1, -1)}, "resolution of"),
        ({"resolution": (1, 1), "resolution_unit": "mile"}, "'mile'"),
        ({"params": params(tile=50)}, "multiple of 16"),
        ({"params": params("jpeg")}, "uint8"),
    ):
        with pytest.raises((ValueError, RuntimeError), match=reason):
            writer.add_page((10, 10), "f4", **arguments)
    for shape in ((5,), (1, 2, 3, 4), (4, 4, 0), (0, 4)):
        with pytest.raises((ValueError, RuntimeError)):
            writer.add_page(shape, "u1")


def test_metadata(tmp_path: Path) -> None:
    path = tmp_path / "metadata.tif"
    icc = glimt.Metadata(
        glimt.MetadataKind.ICC_PROFILE,
        glimt.MetadataFormat.RAW,
        bytes(36) + b"acsp" + bytes(88),
    )
    with TiffWriter(path) as writer:
        writer.write_page(
            PHOTO,
            params=EncodeParams(
                metadata=[
                    icc,
                    glimt.Metadata.tiff_tag(65000, "text"),
                    glimt.Metadata.tiff_tag(65001, [1.5, 2.5]),
                ]
            ),
            description="<OME>\u00b5m</OME>",
            resolution=(72, 96),
            resolution_unit="inch",
        )
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert page.iccprofile == icc.buffer
        assert page.tags[65000].value == "text"
        assert page.tags[65001].value == (1.5, 2.5)
        assert page.description == "<OME>\u00b5m</OME>"
        assert page.resolution == (72, 96)
        assert page.resolutionunit == 2


def output_of(code: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the full disk."""
    code = f"""
import resource, signal, sys
import glimt, numpy as np
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with glimt.TiffWriter({str(tmp_path / "file.tif")!r}) as writer:
        writer.write_page(np.random.default_rng(0).integers(0, 255, (500, 500), np.uint8))
except glimt.FileError as error:
    print(error)
"""
    printed = output_of(code)
    assert "cannot write" in printed
    assert list(tmp_path.iterdir()) == []


def test_an_image_larger_than_the_memory_that_is_used(tmp_path: Path) -> None:
    """1.2 GB of pixels, by tiles; the process grows by a small part of that."""
    code = f"""
import resource
import glimt, numpy as np
options = glimt.EncodeParams(tile_width=1024, tile_height=1024,
                             tiff_encode_params=glimt.TiffEncodeParams(compression="zstd", level=1))
tile = np.broadcast_to(np.arange(1024, dtype=np.uint8)[:, None, None], (1024, 1024, 3)).copy()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with glimt.TiffWriter({str(tmp_path / "large.tif")!r}) as writer:
    page = writer.add_page((20_000, 20_000, 3), "u1", params=options)
    for y in range(0, 20_000, 1024):
        for x in range(0, 20_000, 1024):
            writer.write_tile(page, y, x, tile)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    printed = output_of(code)
    assert int(printed) < 100  # MiB
    stream = glimt.CodeStream(str(tmp_path / "large.tif"))
    assert (stream.width, stream.height) == (20_000, 20_000)
    part = stream.get_sub_code_stream(region=glimt.Region(19_990, 10_000, 20_000, 10_003))
    expected = (np.arange(19_990, 20_000) % 1024).astype(np.uint8)
    np.testing.assert_array_equal(decoded(part)[:, 1, 2], expected)
