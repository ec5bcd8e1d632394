# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG 2000 and HTJ2K, reversible 5/3 with the colour transform, one thread.

CPU time is that of the whole process: OpenJPEG may put its one thread beside the caller's.
"""

import dataclasses

import corpus
import libraries
import numpy as np


def codec_run(module_name: str, arrays, ht: bool) -> libraries.Run:
    module = libraries.api(module_name)
    options = module.Jpeg2kEncodeParams(
        ht=ht, mct_mode=1, bitstream_type=module.Jpeg2kBitstreamType.J2K
    )
    params = module.EncodeParams(
        quality_type=module.QualityType.LOSSLESS, jpeg2k_encode_params=options
    )
    return libraries.codec_encode(module_name, arrays, "jpeg2k", params)


def decode_columns():
    for folder, count, name in (
        ("jp2-lossless-1080p", 2, "jpeg2k"),
        ("htj2k-lossless-1080p", 4, "htj2k"),
    ):
        files = corpus.files(folder, count)
        options = {"numthreads": 1} if name == "jpeg2k" else {}
        makers = {
            "glimt": lambda files=files: libraries.codec_decode("glimt", files),
            f"imagecodecs {name}": lambda files=files, name=name, options=options: (
                libraries.imagecodecs_decode(files, name, **options)
            ),
            "Pillow": lambda files=files: libraries.pillow_decode(files),
            "nvimgcodec": lambda files=files: libraries.codec_decode("nvidia.nvimgcodec", files),
        }
        yield dataclasses.replace(corpus.decode_column(folder, count), whole_process=True), makers


def encode_columns():
    arrays = [np.ascontiguousarray(array) for array in corpus.arrays("jpeg-1080p", 2)]
    makers = {
        "glimt": lambda: codec_run("glimt", arrays, ht=False),
        "imagecodecs jpeg2k": lambda: libraries.imagecodecs_encode(
            arrays, "jpeg2k", reversible=True, mct=True, numthreads=1
        ),
        "nvimgcodec": lambda: codec_run("nvidia.nvimgcodec", arrays, ht=False),
    }
    yield (
        dataclasses.replace(corpus.encode_column("jpeg-1080p", 2, "jpeg2k"), whole_process=True),
        makers,
    )
    makers = {
        "glimt": lambda: codec_run("glimt", arrays, ht=True),
        "imagecodecs htj2k": lambda: libraries.imagecodecs_encode(
            arrays, "htj2k", reversible=True, rgb=True
        ),
    }
    yield (
        dataclasses.replace(corpus.encode_column("jpeg-1080p", 2, "htj2k"), whole_process=True),
        makers,
    )


def benchmarks():
    yield {"name": "JPEG 2000 decode", "columns": list(decode_columns())}
    yield {
        "name": "JPEG 2000 encode",
        "note": "From RGB, with the colour transform on every row.",
        "columns": list(encode_columns()),
    }
