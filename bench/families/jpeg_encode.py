# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG encoding at quality 90, 4:2:0, baseline, one thread."""

import corpus
import libraries

QUALITY = 90


def codec_run(module_name: str, arrays) -> libraries.Run:
    module = libraries.api(module_name)
    params = module.EncodeParams(
        quality_type=module.QualityType.QUALITY,
        quality_value=QUALITY,
        chroma_subsampling=module.ChromaSubsampling.CSS_420,
    )
    return libraries.codec_encode(module_name, arrays, "jpeg", params)


def simplejpeg_run(arrays) -> libraries.Run:
    encode = libraries.api("simplejpeg").encode_jpeg
    return libraries.writing(
        lambda array: encode(array, quality=QUALITY, colorspace="RGB", colorsubsampling="420"),
        arrays,
    )


def turbojpeg_run(arrays) -> libraries.Run:
    module = libraries.api("turbojpeg")
    codec = module.TurboJPEG()
    return libraries.writing(
        lambda array: codec.encode(array, QUALITY, module.TJPF_RGB, module.TJSAMP_420), arrays
    )


def opencv_run(arrays) -> libraries.Run:
    cv2 = libraries.api("cv2")
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    return libraries.opencv_encode(arrays, ".jpg", options)


def benchmarks():
    columns = []
    for folder, count in (("jpeg-500x375", 16), ("jpeg-1080p", 4)):
        arrays = corpus.arrays(folder, count)
        makers = {
            "glimt": lambda arrays=arrays: codec_run("glimt", arrays),
            "simplejpeg": lambda arrays=arrays: simplejpeg_run(arrays),
            "PyTurboJPEG": lambda arrays=arrays: turbojpeg_run(arrays),
            "opencv": lambda arrays=arrays: opencv_run(arrays),
            "imagecodecs": lambda arrays=arrays: libraries.imagecodecs_encode(
                arrays, "jpeg8", level=QUALITY, subsampling="420"
            ),
            "Pillow": lambda arrays=arrays: libraries.pillow_encode(
                arrays, "JPEG", quality=QUALITY, subsampling="4:2:0"
            ),
            "nvimgcodec": lambda arrays=arrays: codec_run("nvidia.nvimgcodec", arrays),
        }
        columns.append((corpus.encode_column(folder, count, folder.removeprefix("jpeg-")), makers))
    yield {
        "name": "JPEG encode",
        "note": f"Quality {QUALITY}, 4:2:0, standard Huffman tables.",
        "columns": columns,
    }
