# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""A program written for nvImageCodec 0.9 on the CPU; idioms.txt is what it prints there.

test_compat.py runs it on glimt, unchanged.
"""

import os
import tempfile

import numpy as np
from nvidia import nvimgcodec
from nvidia.nvimgcodec import SRGB, UNKNOWN, Region

folder = tempfile.mkdtemp()
y, x = np.mgrid[0:100, 0:120]
rgb = np.stack([x, y, (x + y) // 2], -1).astype(np.uint8)

backends = [nvimgcodec.Backend(nvimgcodec.CPU_ONLY, load_hint=0.5), nvimgcodec.BackendKind.CPU_ONLY]
decoder = nvimgcodec.Decoder(
    device_id=nvimgcodec.NVIMGCODEC_DEVICE_CPU_ONLY,
    backends=backends,
    options=":fancy_upsampling=1",
)
encoder = nvimgcodec.Encoder(device_id=nvimgcodec.NVIMGCODEC_DEVICE_CPU_ONLY, backends=backends)

print("write, read")
names = [os.path.join(folder, f"a.{e}") for e in ("jpg", "png", "bmp", "webp", "jp2", "ppm")]
params = nvimgcodec.EncodeParams(chroma_subsampling=nvimgcodec.CSS_444)
written = encoder.write(names, [nvimgcodec.as_image(rgb)] * len(names), params=params)
print([os.path.basename(name) for name in written])
images = decoder.read(names)
for image in images:
    print(
        image.shape, image.dtype, image.color_spec, image.sample_format, image.ndim, image.strides
    )
print(all((np.asarray(image.cpu()) == rgb).all() for image in images[1:3]))

print("code streams")
streams = [nvimgcodec.CodeStream(name) for name in names]
for s in streams:
    print(s.codec_name, s.height, s.width, s.num_channels, s.dtype, s.precision, s.num_images)
    print(int(s.color_spec), int(s.sample_format), s.num_tiles_x, s.tile_width, s.view)

print("regions")
rois = [
    Region(row, column, min(row + 40, 100), min(column + 50, 120))
    for row in range(0, 100, 40)
    for column in range(0, 120, 50)
]
tiles = decoder.decode([streams[1].get_sub_code_stream(region=roi) for roi in rois])
print([tile.shape for tile in tiles])
for tile, roi in zip(tiles, rois):
    (top, left), (bottom, right) = roi.start, roi.end
    print((np.asarray(tile.cpu()) == rgb[top:bottom, left:right]).all(), end=" ")
print(Region((1, 2), (3, 4), [5, 0.5]), Region().ndim)

print("params")
params = nvimgcodec.EncodeParams(quality_type=nvimgcodec.QualityType.QUALITY, quality_value=60)
for subsampling in (nvimgcodec.CSS_420, nvimgcodec.CSS_422):
    params.chroma_subsampling = subsampling
    params.jpeg_params.progressive = not params.jpeg_params.progressive
    stream = encoder.encode(rgb, "jpeg", params=params)
    print(nvimgcodec.CodeStream(bytes(stream)).chroma_subsampling, params.jpeg_params.progressive)
for color_spec in (nvimgcodec.UNCHANGED, nvimgcodec.GRAY, SRGB):
    image = decoder.decode(stream, params=nvimgcodec.DecodeParams(True, color_spec, False))
    print(image.shape, image.color_spec, repr(image.color_spec), UNKNOWN)

print("sources")
with open(os.path.join(folder, "z.jpg"), "wb") as file:
    file.write(stream)
with nvimgcodec.Decoder(device_id=-99999, backends=[nvimgcodec.CPU_ONLY]) as short_lived:
    print(short_lived.decode(bytes(stream)).shape)
batch = [
    stream,
    None,
    b"junk",
    file.name,
    np.fromfile(file.name, np.uint8),
    memoryview(stream).tobytes(),
]
print([image and image.shape for image in decoder.decode(batch)], decoder.decode([]))
image = decoder.decode(names[1])
print(decoder.decode(names[0], image=image) is image, decoder.decode(None))

print("errors")
for wrong in (
    lambda: decoder.decode(os.path.join(folder, "missing")),
    lambda: decoder.decode([b""], images=[]),
    lambda: decoder.decode(5),
    lambda: encoder.encode(rgb, ""),
    lambda: encoder.encode(rgb, ".xyz"),
    lambda: encoder.write(names, [rgb]),
    lambda: Region(0, 0, 0, 0),
    lambda: streams[0].get_sub_code_stream(5),
    lambda: nvimgcodec.CodeStream(b"junk").width,
    lambda: nvimgcodec.EncodeParams(tile_width=5),
    lambda: nvimgcodec.as_image(np.zeros(5)),
    lambda: nvimgcodec.Image(),
    lambda: nvimgcodec.DecodeParams(nonsense=1),
):
    try:
        print("no error", wrong())
    except (RuntimeError, TypeError, ValueError) as error:
        kinds = (RuntimeError, TypeError, ValueError)
        # A missing path is a TypeError there, and more than that in glimt.
        names_of = [kind.__name__ for kind in kinds if isinstance(error, kind)]
        print("TypeError" if "TypeError" in names_of else names_of[0])
