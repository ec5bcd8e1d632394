# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""PNG encoding by level, one thread: speed and size."""

import functools

import corpus
import libraries


def codec_run(module_name: str, arrays, level: int | None) -> libraries.Run:
    """`level` None is the default; with LOSSLESS an explicit quality value is the level."""
    module = libraries.api(module_name)
    if level is None:
        params = module.EncodeParams()
    else:
        params = module.EncodeParams(quality_type=module.QualityType.LOSSLESS, quality_value=level)
    return libraries.codec_encode(module_name, arrays, "png", params)


def fastest_run(arrays) -> libraries.Run:
    glimt = libraries.api("glimt")
    params = glimt.EncodeParams(png_encode_params=glimt.PngEncodeParams(level=-2))
    return libraries.codec_encode("glimt", arrays, "png", params)


def fpng_run(arrays, slower: bool) -> libraries.Run:
    module = libraries.api("fpng_py")
    flags = module.CompressionFlags.FPNG_ENCODE_SLOWER if slower else module.CompressionFlags.NONE

    def one(array) -> bytes:
        height, width, channels = array.shape
        return module.fpng_encode_image_to_memory(array.tobytes(), width, height, channels, flags)

    return libraries.writing(one, arrays)


def opencv_run(arrays, level: int | None) -> libraries.Run:
    cv2 = libraries.api("cv2")
    return libraries.opencv_encode(
        arrays, ".png", [] if level is None else [cv2.IMWRITE_PNG_COMPRESSION, level]
    )


def makers_for(arrays) -> dict:
    makers = {
        "glimt": lambda: codec_run("glimt", arrays, None),
        "glimt fastest": lambda: fastest_run(arrays),
    }
    for level in (0, 1, 3, 6, 9):
        makers[f"glimt level {level}"] = functools.partial(codec_run, "glimt", arrays, level)
    return makers | {
        "fpng": lambda: fpng_run(arrays, slower=False),
        "fpng, slower": lambda: fpng_run(arrays, slower=True),
        "opencv": lambda: opencv_run(arrays, None),
        "opencv level 1": lambda: opencv_run(arrays, 1),
        "imagecodecs": lambda: libraries.imagecodecs_encode(arrays, "png"),
        "imagecodecs level 1": lambda: libraries.imagecodecs_encode(arrays, "png", level=1),
        "Pillow": lambda: libraries.pillow_encode(arrays, "PNG"),
        "nvimgcodec": lambda: codec_run("nvidia.nvimgcodec", arrays, None),
    }


def benchmarks():
    arrays = corpus.arrays("png-1080p", 2)
    yield {
        "name": "PNG encode",
        "note": 'RGB photographs. Rows without a level are the library\'s default, "fastest" is level -2.'
        " fpng takes bytes, so its rows copy the pixels first.",
        "columns": [(corpus.encode_column("png-1080p", 2, "png-1080p"), makers_for(arrays))],
    }
