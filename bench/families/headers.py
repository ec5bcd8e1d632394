# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Width and height of small files of mixed formats, from bytes."""

import io

import corpus
import driver
import libraries


def codec_run(module_name: str, files: list[bytes]) -> libraries.Run:
    code_stream = libraries.api(module_name).CodeStream

    def one(data: bytes) -> tuple[int, int]:
        stream = code_stream(data)
        return stream.width, stream.height

    return libraries.each(one, files)


def pillow_run(files: list[bytes]) -> libraries.Run:
    image_module = libraries.api("PIL.Image")
    return libraries.each(lambda data: image_module.open(io.BytesIO(data)).size, files)


def benchmarks():
    files = corpus.files("small-mixed")
    makers = {
        "glimt": lambda: codec_run("glimt", files),
        "nvimgcodec": lambda: codec_run("nvidia.nvimgcodec", files),
        "Pillow": lambda: pillow_run(files),
    }
    yield {
        "name": "header parsing",
        "note": "2,000 files of JPEG, PNG, WebP, BMP, PPM and JP2, 24 to 160 pixels a side; per file one object, its width and its height.",
        "columns": [(driver.Column("small-mixed", len(files) / 1e3, "thousand files"), makers)],
    }
