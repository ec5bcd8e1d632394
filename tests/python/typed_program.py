# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Uses of the API as typed programs have them; test_typing.py checks it, nobody runs it."""

from __future__ import annotations

import copy
from pathlib import Path

import glimt
import glimt.compat
import numpy as np
from glimt import (
    Backend,
    BackendKind,
    CodeStream,
    CodeStreamView,
    DecodeParams,
    Decoder,
    EncodeParams,
    Encoder,
    Image,
    Jpeg2kEncodeParams,
    JpegEncodeParams,
    Region,
    SampleFormat,
    TiffEncodeParams,
)


def decode(paths: list[str]) -> list[int]:
    gpu = Backend(BackendKind.GPU_ONLY, load_hint=0.5)
    decoder = Decoder(-1, 0, [BackendKind.CPU_ONLY, gpu], options=":fancy_upsampling=1")
    one: Image | None = decoder.decode(Path(paths[0]))
    batch: list[Image | None] = decoder.read(paths)
    batch = decoder.decode([b"", paths[0], Path(paths[0]), CodeStream(b"")], images=[None] * 4)
    batch = decoder.decode([paths[0]], params=[DecodeParams(True, glimt.SRGB, False)])
    if one is not None:
        again: Image | None = decoder.decode(b"", image=one, cuda_stream=0)
        assert again is one
    for outcome in decoder.try_decode([*paths]):
        print(outcome.ok, outcome.status, outcome.message, outcome.attempts)
    return [image.width for image in batch if image is not None]


def look_at(image: Image) -> str:
    pixels = np.asarray(image)
    shape: tuple[int, ...] = image.shape
    planar: bool = image.sample_format is SampleFormat.P_RGB
    text: str = f"{image.dtype.name} {image.strides} {image.precision} {pixels.dtype} {shape}"
    capsule = image.to_dlpack()
    print(capsule, planar, int(image.color_spec), image.buffer_kind is glimt.STRIDED_HOST)
    return text


def params() -> EncodeParams:
    wanted = EncodeParams(glimt.QUALITY, 95, chroma_subsampling=glimt.CSS_420)
    wanted.jpeg_params.progressive = True
    wanted.jpeg_encode_params = JpegEncodeParams(True, restart_interval=4)
    wanted.jpeg2k_params = Jpeg2kEncodeParams((32, 32), precincts=[(256, 256)])
    wanted.tiff_params = TiffEncodeParams(compression="deflate", predictor=2)
    wanted.chroma_subsampling = None
    wanted.quality_value = 50
    return copy.copy(wanted)


def encode(image: Image) -> bytes:
    with Encoder(max_num_cpu_threads=2) as encoder:
        stream: CodeStream | None = encoder.encode(image, "jpeg", params=params())
        several: list[CodeStream | None] = encoder.encode([image, np.zeros((4, 4))], ".png")
        name: str | None = encoder.write(Path("x.png"), image)
        names: list[str | None] = encoder.write(["a.png"], [image], "", params())
    print(several, name, names)
    return b"" if stream is None else bytes(stream)


def parts(path: str) -> list[CodeStream]:
    whole = CodeStream(path, bitstream_offset=0)
    region = Region(0, 0, 10, 10, out_of_bounds_samples=[1, 0.5])
    start: tuple[int, ...] = Region([0], [1]).start
    view: CodeStreamView | None = whole.view
    if view is not None and view.region is not None:
        print(view.region.end, view.image_idx, start)
    tile: int | None = whole.tile_width
    offsets: list[int] = whole.subifd_offsets
    print(tile, offsets, whole.codec_name, whole.color_spec.name)
    return [whole.get_sub_code_stream(0, region), whole.get_sub_code_stream(CodeStreamView(1))]


def metadata(path: str) -> bytes:
    decoder = Decoder()
    blocks: list[glimt.Metadata] = decoder.get_metadata(path, kind=glimt.EXIF)
    tag: glimt.Metadata | None = decoder.get_metadata(path, id=256)
    return b"" if tag is None else tag.buffer + blocks[0].buffer


def slide(path: str) -> list[CodeStream]:
    info: glimt.SlideInfo = glimt.slide_info(path)
    level: glimt.SlideLevel = info.levels[0]
    scale: tuple[float | None, float | None] = (info.mpp_x, info.magnification)
    tile: int | None = level.tile_width
    words: str | None = info.properties.get("aperio.AppMag")
    print(scale, tile, words, level.downsample * level.width, level.image_idx)
    return [level.code_stream, *info.associated_images.values()]


def pages(path: Path) -> int:
    pixels = np.zeros((64, 64, 3), np.uint8)
    with glimt.TiffWriter(path, bigtiff=None, sparse=True) as writer:
        page: int = writer.add_page((128, 128, 3), np.uint8, params=params(), resolution=(1, 2))
        height, width = writer.tile_size(page)
        writer.write_tile(page, 0, 0, pixels[:height, :width])
        return writer.write_page(pixels, parent=page, reduced=True, description="smaller")


def images() -> list[Image]:
    array = np.zeros((4, 4, 3), np.uint8)
    one = glimt.as_image(array, sample_format=glimt.I_BGR, color_spec=glimt.SRGB)
    host: Image = one.cpu()
    return [one, host, *glimt.as_images([array]), glimt.from_dlpack(array)]


def alias() -> bool:
    return glimt.compat.install(force=False)
