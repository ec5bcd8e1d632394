# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""WebP decoding, one thread."""

import corpus
import libraries


def benchmarks():
    columns = []
    for folder, count in (("webp-lossy-1080p", 4), ("webp-lossless-1080p", 4)):
        files = corpus.files(folder, count)
        makers = {
            "glimt": lambda files=files: libraries.codec_decode("glimt", files),
            "imagecodecs": lambda files=files: libraries.imagecodecs_decode(files, "webp"),
            "opencv": lambda files=files: libraries.opencv_decode(files),
            "Pillow": lambda files=files: libraries.pillow_decode(files),
            "nvimgcodec": lambda files=files: libraries.codec_decode("nvidia.nvimgcodec", files),
            "glimt, reused buffer": lambda files=files: libraries.codec_decode_reused(
                "glimt", files
            ),
            "imagecodecs, reused buffer": lambda files=files: libraries.imagecodecs_decode_reused(
                files, "webp"
            ),
        }
        columns.append((corpus.decode_column(folder, count), makers))
    yield {"name": "WebP decode", "columns": columns}
