# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""PNG decoding, one thread."""

import functools

import corpus
import libraries

COLUMNS = (
    ("png-500x375", 16, "rgb"),
    ("png-1080p", 4, "rgb"),
    ("png-rgba-1080p", 4, "rgba"),
    ("png-gray-1080p", 4, "mono"),
)


def kornia_run(files, mode: str) -> libraries.Run:
    """kornia-rs wants the size from its caller: it is read once, outside the timing."""
    decode = libraries.api("kornia_rs.io").decode_image_png_u8
    shape = libraries.api("imagecodecs").png_decode(files[0]).shape
    return libraries.each(lambda data: decode(data, shape[:2], mode), files)


def benchmarks():
    columns = []
    for folder, count, mode in COLUMNS:
        files = corpus.files(folder, count)
        codec = functools.partial(libraries.codec_decode, files=files, unchanged=True)
        makers = {
            "glimt": lambda codec=codec: codec("glimt"),
            "kornia-rs": lambda files=files, mode=mode: kornia_run(files, mode),
            "imagecodecs (libpng)": lambda files=files: libraries.imagecodecs_decode(files, "png"),
            "pyspng": lambda files=files: libraries.each(libraries.api("pyspng").load, files),
            "opencv": lambda files=files: libraries.opencv_decode(files, unchanged=True),
            "Pillow": lambda files=files: libraries.pillow_decode(files),
            "nvimgcodec": lambda codec=codec: codec("nvidia.nvimgcodec"),
            "glimt, reused buffer": lambda files=files: libraries.codec_decode_reused(
                "glimt", files
            ),
            "imagecodecs (libpng), reused buffer": lambda files=files: (
                libraries.imagecodecs_decode_reused(files, "png")
            ),
        }
        if mode != "rgb":
            makers = {row: make for row, make in makers.items() if "reused" not in row}
        columns.append((corpus.decode_column(folder, count), makers))
    yield {
        "name": "PNG decode",
        "note": "Stored channels on every row. Files written by Pillow's default.",
        "columns": columns,
    }
