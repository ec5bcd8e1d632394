# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""TIFF: whole images, windows of slides, and lists of pages."""

import concurrent.futures
import functools
import io
import pathlib
import random

import corpus
import driver
import libraries
import numpy as np

WHOLE = (
    "tiff-deflate-12mp",
    "tiff-lzw-12mp",
    "tiff-zstd-12mp",
    "tiff-jpeg-12mp",
    "tiff-strips-12mp",
)
SLIDES = ("slide-jpeg", "slide-deflate")
WINDOW, WINDOWS, TILE = 512, 48, 256
PAGES = 2000


# --- whole images -------------------------------------------------------------------------------


def tifffile_run(files, thread_count: int) -> libraries.Run:
    imread = libraries.api("tifffile").imread
    return libraries.each(lambda data: imread(io.BytesIO(data), maxworkers=thread_count), files)


def vips_run(files, thread_count: int) -> libraries.Run:
    vips = libraries.api("pyvips")
    vips.voperation.vips_lib.vips_concurrency_set(thread_count)

    def one(data: bytes) -> np.ndarray:
        return vips.Image.new_from_buffer(data, "").numpy()

    if not one(files[0]).any():
        raise ValueError("black: its libtiff cannot read this compression, and does not say so")
    return libraries.each(one, files)


def glimt_run(files, thread_count: int) -> libraries.Run:
    decode = libraries.decoder("glimt", libraries.FANCY, thread_count).decode
    return libraries.each(lambda data: np.asarray(libraries.decoded(decode(data))), files)


def whole_makers(files, thread_count: int) -> dict:
    makers = {
        "glimt": lambda: glimt_run(files, thread_count),
        "tifffile": lambda: tifffile_run(files, thread_count),
        "pyvips": lambda: vips_run(files, thread_count),
    }
    if thread_count == 1:
        makers |= {
            "imagecodecs (libtiff)": lambda: libraries.imagecodecs_decode(files, "tiff"),
            "Pillow": lambda: libraries.pillow_decode(files),
            "opencv": lambda: libraries.opencv_decode(files),
            "nvimgcodec": lambda: libraries.codec_decode("nvidia.nvimgcodec", files),
        }
    return makers


# --- windows ------------------------------------------------------------------------------------


@functools.cache
def windows(width: int, height: int) -> list[tuple[int, int]]:
    chance = random.Random(11)
    return [
        (chance.randrange(width - WINDOW), chance.randrange(height - WINDOW))
        for _ in range(WINDOWS)
    ]


def glimt_reader(path: str, thread_count: int):
    """All windows in one call: glimt shares them over its threads."""
    glimt = libraries.api("glimt")
    decode = libraries.decoder("glimt", libraries.FANCY, thread_count).decode
    stream = glimt.CodeStream(path)

    def read_all(corners) -> list[np.ndarray]:
        views = [
            stream.get_sub_code_stream(region=glimt.Region(y, x, y + WINDOW, x + WINDOW))
            for x, y in corners
        ]
        return [np.asarray(libraries.decoded(image)) for image in decode(views)]

    return read_all


def tifffile_reader(path: str):
    """The tiles that a window meets, from a mapped file: faster than tifffile's zarr store."""
    page = libraries.api("tifffile").TiffFile(path).pages[0]
    data = np.memmap(path, mode="r")
    across = -(-page.imagewidth // TILE)
    tables = page.jpegtables

    def read(x: int, y: int) -> np.ndarray:
        out = np.empty((WINDOW, WINDOW, 3), np.uint8)
        for row in range(y // TILE, (y + WINDOW - 1) // TILE + 1):
            for column in range(x // TILE, (x + WINDOW - 1) // TILE + 1):
                i = row * across + column
                at, size = page.dataoffsets[i], page.databytecounts[i]
                tile = page.decode(data[at : at + size].tobytes(), i, jpegtables=tables)[0][0]
                top, left = row * TILE - y, column * TILE - x
                part = out[max(top, 0) : top + TILE, max(left, 0) : left + TILE]
                first_row, first_column = max(-top, 0), max(-left, 0)
                part[:] = tile[
                    first_row : first_row + part.shape[0],
                    first_column : first_column + part.shape[1],
                ]
        return out

    return read


def openslide_reader(path: str):
    slide = libraries.api("openslide").OpenSlide(path)
    return lambda x, y: np.asarray(slide.read_region((x, y), 0, (WINDOW, WINDOW)))[..., :3]


def tiffslide_reader(path: str):
    slide = libraries.api("tiffslide").TiffSlide(path)
    return lambda x, y: slide.read_region((x, y), 0, (WINDOW, WINDOW), as_array=True)


def fastslide_reader(path: str):
    slide = libraries.api("fastslide").FastSlide.from_file_path(path)
    return lambda x, y: slide.read_region((x, y), 0, (WINDOW, WINDOW)).numpy()


def cucim_reader(path: str):
    slide = libraries.api("cucim").CuImage(path)
    return lambda x, y: np.asarray(slide.read_region((x, y), (WINDOW, WINDOW), 0))


def vips_reader(path: str):
    vips = libraries.api("pyvips")
    vips.voperation.vips_lib.vips_concurrency_set(1)
    region = vips.Region.new(vips.Image.new_from_file(path, access="random"))
    shape = (WINDOW, WINDOW, 3)
    return lambda x, y: np.frombuffer(region.fetch(x, y, WINDOW, WINDOW), np.uint8).reshape(shape)


READERS = {
    "tifffile's tiles": tifffile_reader,
    "OpenSlide": openslide_reader,
    "tiffslide": tiffslide_reader,
    "fastslide": fastslide_reader,
    "cucim": cucim_reader,
    "pyvips": vips_reader,
}
# Not every library upsamples chroma as libjpeg does.
MOST_DIFFERENCE = {"slide-jpeg": 16, "slide-deflate": 0}
# Ends the process where its libtiff lacks a compression.
LEFT_OUT = {("slide-deflate", "cucim")}


def check_windows(name: str, got: list[np.ndarray], path: str, corners) -> None:
    """Caches would not show in the first windows: of all, the first and the last are compared."""
    read, most = tifffile_reader(path), MOST_DIFFERENCE[pathlib.Path(path).parent.name]
    for i in (0, len(corners) - 1):
        difference = np.abs(got[i].astype(int) - read(*corners[i]).astype(int)).max()
        if difference > most:
            raise ValueError(f"{name}: pixels differ from tifffile's by {difference}")


def windows_run(name: str, make, path: str, corners, thread_count: int) -> libraries.Run:
    """Threads with a reader each, as these libraries' users have them."""
    readers = [make(path) for _ in range(thread_count)]
    pool = concurrent.futures.ThreadPoolExecutor(thread_count)

    def share(k: int) -> list[np.ndarray]:
        return [readers[k](x, y) for x, y in corners[k::thread_count]]

    check_windows(name, [readers[0](x, y) for x, y in corners], path, corners)

    def run() -> int:
        if thread_count == 1:
            share(0)
        else:
            list(pool.map(share, range(thread_count)))
        return 0

    return run


def glimt_windows_run(path: str, corners, thread_count: int) -> libraries.Run:
    read_all = glimt_reader(path, thread_count)
    check_windows("glimt", read_all(corners), path, corners)

    def run() -> int:
        read_all(corners)
        return 0

    return run


def window_makers(path: str, thread_count: int) -> dict:
    page = libraries.api("tifffile").TiffFile(path).pages[0]
    corners = windows(page.imagewidth, page.imagelength)
    makers = {"glimt": lambda: glimt_windows_run(path, corners, thread_count)}
    folder = pathlib.Path(path).parent.name
    for name, make in READERS.items():
        if (folder, name) in LEFT_OUT:
            continue
        makers[name] = functools.partial(windows_run, name, make, path, corners, thread_count)
    return makers


# --- encoding -----------------------------------------------------------------------------------

# How tifffile names them, and whether there is a predictor.
COMPRESSIONS = {"deflate": True, "lzw": True, "zstd": True, "none": False}


def glimt_write(arrays, compression: str, thread_count: int) -> libraries.Run:
    glimt = libraries.api("glimt")
    params = glimt.EncodeParams(
        tile_width=TILE,
        tile_height=TILE,
        tiff_encode_params=glimt.TiffEncodeParams(compression=compression),
    )
    encoder = libraries.encoder("glimt", thread_count)
    images = [glimt.as_image(array) for array in arrays]

    def run() -> int:
        return sum(memoryview(encoder.encode(i, "tiff", params=params)).nbytes for i in images)

    return run


def tifffile_write(arrays, compression: str, thread_count: int) -> libraries.Run:
    imwrite = libraries.api("tifffile").imwrite
    options = {} if compression == "none" else {"compression": compression, "predictor": True}

    def one(array: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        imwrite(
            buffer,
            array,
            photometric="rgb",
            tile=(TILE, TILE),
            maxworkers=thread_count,
            metadata=None,
            **options,
        )
        return buffer.getbuffer()

    return libraries.writing(one, arrays)


def vips_write(arrays, compression: str, thread_count: int) -> libraries.Run:
    vips = libraries.api("pyvips")
    vips.voperation.vips_lib.vips_concurrency_set(thread_count)
    options = {"compression": compression, "tile": True, "tile_width": TILE, "tile_height": TILE}
    if COMPRESSIONS[compression]:
        options["predictor"] = "horizontal"
    images = [vips.Image.new_from_array(array) for array in arrays]

    def run() -> int:
        return sum(len(image.tiffsave_buffer(**options)) for image in images)

    return run


def encode_columns(thread_count: int) -> list:
    columns = []
    for compression in COMPRESSIONS:
        arrays = corpus.arrays("jpeg-12mp", 2)
        makers = {
            "glimt": functools.partial(glimt_write, arrays, compression, thread_count),
            "tifffile": functools.partial(tifffile_write, arrays, compression, thread_count),
            "pyvips": functools.partial(vips_write, arrays, compression, thread_count),
        }
        columns.append((corpus.encode_column("jpeg-12mp", 2, compression), makers))
    return columns


# --- lists of pages -----------------------------------------------------------------------------


def glimt_pages(path: str) -> libraries.Run:
    glimt = libraries.api("glimt")

    def run() -> int:
        stream = glimt.CodeStream(path)
        found = [stream.get_sub_code_stream(i) for i in range(stream.num_images)]
        check_pages([(page.height, page.width) for page in found])
        return 0

    return run


def tifffile_pages(path: str) -> libraries.Run:
    tifffile = libraries.api("tifffile")

    def run() -> int:
        with tifffile.TiffFile(path) as file:
            check_pages([page.shape for page in file.pages])
        return 0

    return run


def check_pages(shapes: list[tuple[int, int]]) -> None:
    if len(shapes) != PAGES or shapes[-1] != (75, 100):
        raise ValueError("not all pages were found")


def path_of(folder: str) -> str:
    for path in (corpus.CORPUS / folder).iterdir():
        return str(path)
    raise FileNotFoundError(f"bench/corpus/{folder} is empty: run bench/make_corpus")


def benchmarks():
    for thread_count in (1, 2):
        threads = f"{thread_count} thread" + "s" * (thread_count > 1)
        columns = []
        for folder in WHOLE:
            files = corpus.files(folder)
            column = driver.Column(folder, 12.0 * len(files), whole_process=thread_count > 1)
            columns.append((column, whole_makers(files, thread_count)))
        yield {
            "name": f"TIFF decode, {threads}",
            "note": "12 MP RGB; tiles of 256 x 256 with the horizontal predictor where lossless.",
            "columns": columns,
        }
        columns = []
        for folder in SLIDES:
            amount = WINDOWS * WINDOW * WINDOW / 1e6
            column = driver.Column(folder, amount, whole_process=thread_count > 1)
            columns.append((column, window_makers(path_of(folder), thread_count)))
        yield {
            "name": f"TIFF windows, {threads}",
            "note": f"{WINDOWS} windows of {WINDOW} x {WINDOW} at random places of 48 MP; tiles of "
            f"{TILE} x {TILE}; files from disk, in the page cache.",
            "columns": columns,
        }
        yield {
            "name": f"TIFF encode, {threads}",
            "note": "12 MP RGB in tiles of 256 x 256; the horizontal predictor but for none; each "
            "library's default level.",
            "columns": encode_columns(thread_count),
        }
    path = path_of("tiff-pages")
    yield {
        "name": "TIFF pages",
        "note": f"Opening a file of {PAGES:,} pages and asking each for its size.",
        "columns": [
            (
                driver.Column("tiff-pages", PAGES, "pages"),
                {
                    "glimt": functools.partial(glimt_pages, path),
                    "tifffile": functools.partial(tifffile_pages, path),
                },
            )
        ],
    }
