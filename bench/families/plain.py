# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""BMP and PNM, decoding and encoding, one thread; a copy of the pixels stands beside them as the memory's speed."""

import corpus
import libraries
import numpy as np

FOLDERS = (("bmp-1080p", 8), ("bmp-12mp", 4), ("ppm-1080p", 8), ("ppm-12mp", 4))
SUFFIX_BY_CODEC = {"bmp": ".bmp", "pnm": ".ppm"}
PILLOW_NAME = {"bmp": "BMP", "pnm": "PPM"}


def copy_run(files) -> libraries.Run:
    """Copies each file's bytes into one warm array: what memory alone costs."""
    views = [np.frombuffer(data, np.uint8) for data in files]
    target = np.empty(max(view.size for view in views), np.uint8)

    def run() -> int:
        for view in views:
            target[: view.size] = view
        return 0

    return run


def decode_columns():
    for folder, count in FOLDERS:
        files = corpus.files(folder, count)
        makers = {
            "glimt": lambda files=files: libraries.codec_decode("glimt", files),
            "opencv": lambda files=files: libraries.opencv_decode(files),
            "Pillow": lambda files=files: libraries.pillow_decode(files),
            "nvimgcodec": lambda files=files: libraries.codec_decode("nvidia.nvimgcodec", files),
            "glimt, reused buffer": lambda files=files: libraries.codec_decode_reused(
                "glimt", files
            ),
            "copy of the bytes": lambda files=files: copy_run(files),
        }
        if folder.startswith("bmp"):
            makers["imagecodecs"] = lambda files=files: libraries.imagecodecs_decode(files, "bmp")
        yield corpus.decode_column(folder, count), makers


def codec_run(module_name: str, arrays, codec: str) -> libraries.Run:
    return libraries.codec_encode(
        module_name, arrays, codec, libraries.api(module_name).EncodeParams()
    )


def encode_columns():
    for codec, folder in (("bmp", "bmp-1080p"), ("pnm", "ppm-1080p")):
        arrays = corpus.arrays(folder, 4)
        makers = {
            "glimt": lambda arrays=arrays, codec=codec: codec_run("glimt", arrays, codec),
            "opencv": lambda arrays=arrays, codec=codec: libraries.opencv_encode(
                arrays, SUFFIX_BY_CODEC[codec], []
            ),
            "Pillow": lambda arrays=arrays, codec=codec: libraries.pillow_encode(
                arrays, PILLOW_NAME[codec]
            ),
            "nvimgcodec": lambda arrays=arrays, codec=codec: codec_run(
                "nvidia.nvimgcodec", arrays, codec
            ),
        }
        yield corpus.encode_column(folder, 4, folder), makers


def benchmarks():
    note = "glimt, nvimgcodec and Pillow give RGB, OpenCV BGR (no swap for BMP)."
    yield {"name": "BMP and PNM decode", "note": note, "columns": list(decode_columns())}
    yield {"name": "BMP and PNM encode", "columns": list(encode_columns())}
