# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG decoding, one thread."""

import functools

import corpus
import libraries
import numpy as np

COLUMNS = (
    ("jpeg-500x375", 32),
    ("jpeg-1080p", 8),
    ("jpeg-12mp", 4),
    ("jpeg-444-1080p", 4),
    ("jpeg-gray-1080p", 4),
    ("jpeg-progressive-1080p", 4),
)
TURBOJPEG_FASTUPSAMPLE = 256  # TJFLAG_FASTUPSAMPLE


def simplejpeg_run(files, gray: bool, fast: bool = False, reused: bool = False) -> libraries.Run:
    decode = libraries.api("simplejpeg").decode_jpeg
    space = "GRAY" if gray else "RGB"
    buffer = np.empty_like(decode(files[0], colorspace=space)) if reused else None
    one = functools.partial(decode, colorspace=space, fastupsample=fast, buffer=buffer)
    return libraries.each(one, files)


def turbojpeg_run(files, gray: bool, fast: bool = False, reused: bool = False) -> libraries.Run:
    module = libraries.api("turbojpeg")
    codec = module.TurboJPEG()
    pixel_format = module.TJPF_GRAY if gray else module.TJPF_RGB
    flags = TURBOJPEG_FASTUPSAMPLE if fast else 0
    dst = np.empty_like(codec.decode(files[0], pixel_format)) if reused else None
    one = functools.partial(codec.decode, pixel_format=pixel_format, flags=flags, dst=dst)
    return libraries.each(one, files)


def kornia_run(files, gray: bool) -> libraries.Run:
    decode = libraries.api("kornia_rs.io").decode_image_jpegturbo
    mode = "mono" if gray else "rgb"
    return libraries.each(lambda data: decode(data, mode), files)


def fancy_makers(files, gray: bool) -> dict:
    codec = functools.partial(libraries.codec_decode, files=files, unchanged=gray)
    makers = {
        "glimt": lambda: codec("glimt"),
        "simplejpeg": lambda: simplejpeg_run(files, gray),
        "PyTurboJPEG": lambda: turbojpeg_run(files, gray),
        "opencv": lambda: libraries.opencv_decode(files, unchanged=gray),
        "imagecodecs": lambda: libraries.imagecodecs_decode(files, "jpeg8"),
        "Pillow": lambda: libraries.pillow_decode(files),
        "kornia-rs": lambda: kornia_run(files, gray),
        "nvimgcodec": lambda: codec("nvidia.nvimgcodec"),
    }
    if not gray:
        makers |= {
            "glimt, reused buffer": lambda: libraries.codec_decode_reused("glimt", files),
            "simplejpeg, reused buffer": lambda: simplejpeg_run(files, gray, reused=True),
            "PyTurboJPEG, reused buffer": lambda: turbojpeg_run(files, gray, reused=True),
            "imagecodecs, reused buffer": lambda: libraries.imagecodecs_decode_reused(
                files, "jpeg8"
            ),
            "nvimgcodec, reused buffer": lambda: libraries.codec_decode_reused(
                "nvidia.nvimgcodec", files
            ),
        }
    return makers


def plain_makers(files) -> dict:
    """Plainly repeated chroma: the default options of glimt and nvImageCodec."""
    options = ":fancy_upsampling=0"
    return {
        "glimt": lambda: libraries.codec_decode("glimt", files, options),
        "simplejpeg": lambda: simplejpeg_run(files, gray=False, fast=True),
        "PyTurboJPEG": lambda: turbojpeg_run(files, gray=False, fast=True),
        "imagecodecs": lambda: libraries.imagecodecs_decode(files, "jpeg8", fancyupsampling=False),
        "nvimgcodec": lambda: libraries.codec_decode("nvidia.nvimgcodec", files, options),
    }


def benchmarks():
    columns = []
    for folder, count in COLUMNS:
        files = corpus.files(folder, count)
        columns.append(
            (corpus.decode_column(folder, count), fancy_makers(files, gray="gray" in folder))
        )
    yield {
        "name": "JPEG decode",
        "note": "Interpolated chroma on every row (glimt, nvimgcodec: :fancy_upsampling=1); to RGB, gray files to gray.",
        "columns": columns,
    }
    columns = []
    for folder, count in COLUMNS[:3]:
        columns.append(
            (corpus.decode_column(folder, count), plain_makers(corpus.files(folder, count)))
        )
    yield {
        "name": "JPEG decode, default options",
        "note": "Plainly repeated chroma on every row.",
        "columns": columns,
    }
