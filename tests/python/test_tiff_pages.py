# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Pages, SubIFDs and pagination of TIFF files: headers only."""

from __future__ import annotations

import random
import threading
import time

import numpy as np
import pytest
from glimt import CodeStream, CodeStreamView, ColorSpec, Region, SampleFormat
from tiff_files import Builder, gray_tags, many_pages, written

LAYOUTS = [("<", False), (">", False), ("<", True), (">", True)]


@pytest.fixture(params=LAYOUTS, ids=["II", "MM", "II big", "MM big"])
def pages(request):
    return many_pages(23, *request.param)


@pytest.fixture(params=["bytes", "array", "path"])
def source(request, pages, tmp_path):
    data, _ = pages
    if request.param == "path":
        path = tmp_path / "pages.tif"
        path.write_bytes(data)
        return str(path)
    return data if request.param == "bytes" else np.frombuffer(data, np.uint8)


def test_every_page_is_found(source, pages):
    _, offsets = pages
    stream = CodeStream(source)
    assert stream.codec_name == "tiff"
    assert stream.num_images == 23
    assert stream.next_bitstream_offset is None
    assert (stream.ifd_offset, stream.next_ifd_offset) == (offsets[0], offsets[1])
    for i in (0, 22, 5, 6):
        page = stream.get_sub_code_stream(i)
        assert (page.width, page.height) == (8 + i % 5, 8)
        assert page.ifd_offset == offsets[i]
        assert page.next_ifd_offset == (offsets[i + 1] if i < 22 else None)
        assert page.num_images == 23
        assert page.size == (8 + i % 5) * 8
    with pytest.raises(RuntimeError, match=r"23 is out of range \[0, 23\)"):
        stream.get_sub_code_stream(23)


@pytest.mark.parametrize("count", [1, 5, 22, 23, 24])
def test_pagination_visits_every_page_once(source, pages, count):
    _, offsets = pages
    found = []
    stream = CodeStream(source, limit_images=count)
    while True:
        for i in range(stream.num_images):
            found.append(stream.get_sub_code_stream(i).ifd_offset)
        if (following := stream.next_bitstream_offset) is None:
            break
        if following % 2:
            stream = CodeStream(source, bitstream_offset=following, limit_images=count)
        else:
            stream = stream.get_sub_code_stream(bitstream_offset=following, limit_images=count)
        assert stream.num_images <= count
    assert found == offsets


def test_offsets_begin_another_count(source, pages):
    _, offsets = pages
    stream = CodeStream(source, bitstream_offset=offsets[10])
    assert stream.num_images == 13
    assert stream.view.bitstream_offset == offsets[10]
    child = stream.get_sub_code_stream(2)
    assert (child.ifd_offset, child.num_images) == (offsets[12], 13)
    assert child.view.bitstream_offset == offsets[10]
    with pytest.raises(RuntimeError, match="out of range"):
        stream.get_sub_code_stream(13)
    # A limited parent does not keep an index from another chain.
    limited = CodeStream(source, limit_images=2)
    assert limited.num_images == 2
    elsewhere = limited.get_sub_code_stream(7, bitstream_offset=offsets[10])
    assert elsewhere.ifd_offset == offsets[17]
    with pytest.raises(RuntimeError, match=r"2 is out of range \[0, 2\)"):
        limited.get_sub_code_stream(2)
    # The limit is not inherited.
    assert limited.get_sub_code_stream(1).num_images == 23


def test_index_beyond_its_own_limit(source):
    stream = CodeStream(source).get_sub_code_stream(CodeStreamView(image_idx=3, limit_images=2))
    with pytest.raises(RuntimeError, match=r"3 is out of range \[0, 2\)"):
        _ = stream.width


def test_index_counts_from_the_chain_and_not_from_the_receiver(source, pages):
    page = CodeStream(source).get_sub_code_stream(3)
    assert page.get_sub_code_stream(0).ifd_offset == pages[1][0]
    assert page.get_sub_code_stream(1, nested=True).ifd_offset == pages[1][4]
    region = page.get_sub_code_stream(4, Region(0, 0, 2, 2))
    assert region.view.image_idx == 4
    assert region.width == 8 + 4


def test_size_of_views(pages):
    data, offsets = pages
    assert CodeStream(data).size == len(data)
    assert CodeStream(data).get_sub_code_stream(1).size == 72
    assert CodeStream(data, bitstream_offset=offsets[2]).size == 80
    single, _ = many_pages(1)
    assert CodeStream(single).get_sub_code_stream(0).size == len(single)


@pytest.mark.parametrize("order,big", LAYOUTS)
def test_subifds(order, big):
    file = Builder(order, big)
    strip = file.add(bytes(64))
    children = [file.ifd(gray_tags(strip, width=w + 1)) for w in range(40)]
    nested = file.ifd(gray_tags(strip, 7, 7) | {330: ("I", children[3])})
    top = file.ifd(gray_tags(strip) | {330: ("Q" if big else "I", *children, nested)})
    file.start_at(top)
    stream = CodeStream(bytes(file.data))
    assert stream.num_images == 1
    assert stream.subifd_offsets == [*children, nested]
    for i in (0, 20, 39):
        child = stream.get_sub_code_stream(bitstream_offset=children[i])
        assert (child.width, child.subifd_offsets, child.num_images) == (i + 1, [], 1)
    inner = CodeStream(bytes(file.data), bitstream_offset=nested)
    assert (inner.width, inner.subifd_offsets) == (7, [children[3]])


def test_subifds_that_follow_each_other():
    file = Builder()
    strip = file.add(bytes(64))
    second = file.ifd(gray_tags(strip, 5))
    first = file.ifd(gray_tags(strip, 6), second)
    top = file.ifd(gray_tags(strip) | {330: ("I", first)})
    file.start_at(top)
    child = CodeStream(bytes(file.data)).get_sub_code_stream(bitstream_offset=first)
    assert child.num_images == 2
    assert child.get_sub_code_stream(1).width == 5


@pytest.mark.parametrize("back_to", [0, 3, 7])
def test_cycles_are_told(back_to):
    data, offsets = many_pages(8)
    file = Builder()
    file.data = bytearray(data)
    file.link(len(data) - 4, offsets[back_to])
    stream = CodeStream(bytes(file.data))
    assert stream.width == 8  # the image asked for is not what is damaged
    assert stream.get_sub_code_stream(7).ifd_offset == offsets[7]
    with pytest.raises(RuntimeError, match="returns to the one at byte"):
        _ = stream.num_images
    with pytest.raises(RuntimeError, match="returns to the one at byte"):
        stream.get_sub_code_stream(8)
    assert CodeStream(bytes(file.data), limit_images=8).num_images == 8


def test_chain_that_leaves_the_file():
    data, offsets = many_pages(8)
    cut = data[: offsets[5] + 20]
    stream = CodeStream(cut)
    assert stream.get_sub_code_stream(4).width == 8 + 4
    with pytest.raises(RuntimeError, match=r"truncated: tiff: image 5"):
        _ = stream.num_images
    with pytest.raises(RuntimeError, match="the file ends within"):
        stream.get_sub_code_stream(5)
    limited = CodeStream(cut, limit_images=5)
    assert (limited.num_images, limited.next_bitstream_offset) == (5, offsets[5])


@pytest.mark.parametrize("offset", [1, 7, 10**6, 2**32 - 1, 2**32, 2**63])
def test_offsets_of_nothing(offset):
    data, _ = many_pages(2)
    stream = CodeStream(data, bitstream_offset=offset)
    with pytest.raises(RuntimeError):
        _ = stream.width


def test_more_pages_than_any_limit():
    data, offsets = many_pages(100_001)
    stream = CodeStream(data)
    with pytest.raises(RuntimeError, match="more than 100000 images"):
        _ = stream.num_images
    rest = CodeStream(data, bitstream_offset=offsets[99_999])
    assert rest.num_images == 2
    assert CodeStream(data, limit_images=100_000).next_bitstream_offset == offsets[100_000]


def test_giant_counts():
    for tag, kind in ((330, "I"), (258, "H"), (273, "I"), (324, "Q")):
        file = Builder("<", big=True)
        strip = file.add(bytes(64))
        top = file.ifd(gray_tags(strip) | {tag: (kind, 1, 2, 3, 4, 5, 6, 7, 8, 9)})
        file.start_at(top)
        at = bytes(file.data).index(tag.to_bytes(2, "little"), top) + 4
        file.data[at : at + 8] = (2**62).to_bytes(8, "little")
        start = time.perf_counter()
        stream = CodeStream(bytes(file.data))
        if tag == 324:
            assert stream.width == 8
        else:
            try:
                _ = stream.width
            except RuntimeError as error:
                assert "tag" in str(error) or "SubIFDs" in str(error)
        assert time.perf_counter() - start < 1


def test_an_ifd_of_giant_size_is_refused():
    file = Builder("<", big=True)
    file.start_at(file.add((2**60).to_bytes(8, "little") + bytes(100)))
    with pytest.raises(RuntimeError, match="entries"):
        _ = CodeStream(bytes(file.data)).width


def test_a_sparse_file_of_100_gb(tmp_path):
    path = tmp_path / "sparse.tif"
    file = Builder("<", big=True)
    strip = file.add(bytes(range(64)))
    first = file.ifd(gray_tags(strip))
    link = file.next_at
    file.start_at(first)
    far = 100 * 10**9
    file.link(link, far)
    tail = Builder("<", big=True)
    tail.ifd(gray_tags(strip, width=4, height=4))
    with open(path, "wb") as out:
        out.write(file.data)
        out.seek(far)
        out.write(tail.data[16:])
    start = time.perf_counter()
    stream = CodeStream(path)
    assert stream.width == 8
    assert stream.num_images == 2
    assert stream.get_sub_code_stream(1).width == 4
    assert stream.size > far
    assert time.perf_counter() - start < 1


def test_one_stream_from_many_threads():
    data, offsets = many_pages(3000)
    stream = CodeStream(data)
    failures = []

    def ask(seed: int) -> None:
        for i in random.Random(seed).sample(range(3000), 300):
            page = stream.get_sub_code_stream(i)
            if (page.ifd_offset, page.width) != (offsets[i], 8 + i % 5):
                failures.append(i)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# observed.md's table: dtype, channels, precision, colour, format, tiles, tile
PARSED = [
    ({"shape": (48, 64, 3), "photometric": "rgb"}, "uint8", 8, "SRGB", "P_RGB"),
    ({"shape": (48, 64, 3), "photometric": "rgb", "tile": (16, 32)}, "uint8", 8, "SRGB", "P_RGB"),
    ({"shape": (48, 64, 4), "photometric": "rgb"}, "uint8", 8, "SRGB", "P_RGBA"),
    ({"shape": (48, 64), "photometric": "minisblack"}, "uint8", 8, "GRAY", "P_Y"),
    ({"shape": (48, 64), "photometric": "miniswhite"}, "uint8", 8, "GRAY", "P_Y"),
    ({"shape": (48, 64)}, "uint16", 16, "GRAY", "P_Y"),
    ({"shape": (48, 64, 3), "photometric": "rgb"}, "uint16", 16, "SRGB", "P_RGB"),
    ({"shape": (48, 64)}, "float32", 32, "GRAY", "P_Y"),
    ({"shape": (48, 64)}, "float16", 16, "GRAY", "P_Y"),
    ({"shape": (48, 64)}, "float64", 64, "GRAY", "P_Y"),
    ({"shape": (48, 64)}, "int16", 16, "GRAY", "P_Y"),
    ({"shape": (48, 64)}, "uint32", 32, "GRAY", "P_Y"),
    ({"shape": (48, 64)}, "int64", 64, "GRAY", "P_Y"),
    (
        {"shape": (3, 48, 64), "photometric": "rgb", "planarconfig": "separate"},
        "uint8",
        8,
        "SRGB",
        "P_RGB",
    ),
    (
        {"shape": (48, 64, 5), "photometric": "minisblack", "planarconfig": "contig"},
        "uint8",
        8,
        "GRAY",
        "P_UNCHANGED",
    ),
    ({"shape": (48, 64, 4), "photometric": "separated"}, "uint8", 8, "CMYK", "P_CMYK"),
    (
        {"shape": (48, 64), "photometric": "palette", "colormap": np.zeros((3, 256), np.uint16)},
        "uint8",
        16,
        "PALETTE",
        "P_RGB",
    ),
]


@pytest.mark.parametrize("options,dtype,precision,color,sample_format", PARSED)
@pytest.mark.parametrize("order,big", LAYOUTS)
def test_parsed_properties(options, dtype, precision, color, sample_format, order, big):
    options = dict(options)
    array = np.zeros(options.pop("shape"), dtype)
    data = written(array, byteorder=order, bigtiff=big, metadata=None, **options)
    stream = CodeStream(data)
    palette = color == "PALETTE"
    channels = 3 if palette else array.shape[-1] if array.ndim == 3 and array.shape[0] == 48 else 1
    channels = 3 if array.shape[0] == 3 else channels
    assert (stream.height, stream.width, stream.num_channels) == (48, 64, channels)
    assert stream.dtype == ("uint16" if palette else dtype)
    assert stream.precision == precision
    assert stream.color_spec is ColorSpec[color]
    assert stream.sample_format is SampleFormat[sample_format]
    grid = (stream.num_tiles_x, stream.num_tiles_y, stream.tile_height, stream.tile_width)
    assert grid == ((2, 3, 16, 32) if "tile" in options else (1, 1, 48, 64))
    assert (stream.tile_offset_x, stream.tile_offset_y) == (0, 0)
    assert stream.coding == "uncompressed"
