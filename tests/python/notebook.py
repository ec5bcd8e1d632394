# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""nvImageCodec's notebook "Advanced Multi-image: SubIFDs and Pagination", step by step, with nothing
but the import changed. Reads its files from PYNVIMGCODEC_EXAMPLES_RESOURCES_DIR.

    python tests/python/notebook.py --write FOLDER    writes files of the same structure there
    python tests/python/notebook.py                   runs the steps
"""

from __future__ import annotations

import os
import sys

# [1]
import glimt as nvimgcodec
import numpy as np
from matplotlib import pyplot as plt

# [2]
resources_dir = os.getenv("PYNVIMGCODEC_EXAMPLES_RESOURCES_DIR", "../assets/images/")


def write_files(folder: str, width: int = 256, height: int = 196) -> None:
    """An image with a thumbnail as SubIFD; 192 slices of 16 bits, each with two reduced levels."""
    import tifffile

    y, x = np.mgrid[0:720, 0:720]
    cat = np.stack([x * 255 // 719, y * 255 // 719, (x ^ y) & 255], -1).astype(np.uint8)
    with tifffile.TiffWriter(os.path.join(folder, "cat_with_thumbnail.tiff")) as file:
        file.write(cat, photometric="rgb", subifds=1)
        file.write(np.ascontiguousarray(cat[::4, ::4]), photometric="rgb", subfiletype=1)
    y, x = np.mgrid[0:height, 0:width]
    with tifffile.TiffWriter(os.path.join(folder, "retina_large.ome.tiff"), ome=False) as file:
        for z in range(192):
            plane = ((x * 37 + y * 11 + z * 211) % 4096 * 16).astype(np.uint16)
            options = {"photometric": "minisblack", "compression": "zlib", "tile": (64, 64)}
            file.write(plane, subifds=2, **options)
            for step in (2, 4):
                level = np.ascontiguousarray(plane[: -step + 1 : step, : -step + 1 : step])
                file.write(level, subfiletype=1, **options)


def part_1(decoder: nvimgcodec.Decoder) -> None:
    """SubIFD access (thumbnails)."""
    # [3] Load a TIFF with a thumbnail SubIFD
    cat_path = os.path.join(resources_dir, "cat_with_thumbnail.tiff")
    cs = nvimgcodec.CodeStream(cat_path)
    print(f"Main image: {cs.width}x{cs.height}, {cs.num_channels} channels")
    print(f"Number of images (main IFDs): {cs.num_images}")

    # [4] Decode the main image
    main_img = decoder.decode(cs)
    plt.figure(figsize=(6, 6))
    plt.title(f"Main Image: {main_img.shape}")
    plt.imshow(main_img.cpu())

    # [5] Get SubIFD offsets directly from the CodeStream
    subifd_offsets = cs.subifd_offsets
    print(f"SubIFD offsets: {subifd_offsets}")
    # Access the thumbnail using its offset
    thumb_cs = cs.get_sub_code_stream(bitstream_offset=subifd_offsets[0])
    print(f"Thumbnail: {thumb_cs.width}x{thumb_cs.height}, {thumb_cs.num_channels} channels")

    # [6] Decode the thumbnail
    thumb_img = decoder.decode(thumb_cs)
    # Compare main image and thumbnail side by side
    _fig, axes = plt.subplots(1, 2, figsize=(12, 6))
    axes[0].imshow(main_img.cpu())
    axes[0].set_title(f"Main Image: {main_img.shape}")
    axes[1].imshow(thumb_img.cpu())
    axes[1].set_title(f"Thumbnail (SubIFD): {thumb_img.shape}")
    plt.tight_layout()


def part_2(decoder: nvimgcodec.Decoder) -> None:
    """Pagination."""
    # [7] Load a large OME-TIFF with many images (non-paginated)
    ome_path = os.path.join(resources_dir, "retina_large.ome.tiff")
    ome_cs = nvimgcodec.CodeStream(ome_path)
    print(f"Total images in file: {ome_cs.num_images}")
    print(f"Image dimensions: {ome_cs.width}x{ome_cs.height}")

    # [8] More efficient parsing pattern: parse images in batches of 10
    batch_size = 10
    batch_cs = nvimgcodec.CodeStream(ome_path, limit_images=batch_size)
    batch_num = 0
    while True:
        next_offset = batch_cs.next_bitstream_offset
        print(f"Batch {batch_num}: {batch_cs.num_images} images")
        if next_offset is None:
            print(" -> No more images")
            break
        print(f" -> Next offset: {next_offset}")
        batch_num += 1
        # Continue from next offset (can use either top-level or get_sub_code_stream)
        batch_cs = nvimgcodec.CodeStream(
            ome_path, bitstream_offset=next_offset, limit_images=batch_size
        )
        # Stop after a few batches for demo purposes
        if batch_num >= 5:
            print(" (stopping early for demo)")
            break

    # [9] Decode and display a batch of images from where we stopped
    num_images = 3
    _fig, axes = plt.subplots(1, num_images, figsize=(3 * num_images, 3))
    # Get the current batch's offset for decoding
    current_offset = batch_cs.next_bitstream_offset if batch_num >= 5 else 0
    batch_to_decode = (
        nvimgcodec.CodeStream(ome_path, bitstream_offset=current_offset, limit_images=num_images)
        if current_offset
        else batch_cs
    )
    for i in range(num_images):
        img_cs = batch_to_decode.get_sub_code_stream(image_idx=i)
        img = decoder.decode(
            img_cs, params=nvimgcodec.DecodeParams(color_spec=nvimgcodec.ColorSpec.UNCHANGED)
        )
        axes[i].imshow(img.cpu())
        axes[i].set_title(f"Image {i}")
    plt.tight_layout()


def part_3(decoder: nvimgcodec.Decoder) -> None:
    """SubIFDs in OME-TIFF (pyramid levels)."""
    ome_path = os.path.join(resources_dir, "retina_large.ome.tiff")
    ome_cs = nvimgcodec.CodeStream(ome_path)
    # [10] Get SubIFD offsets for a representative main IFD
    image_idx = 31
    selected_ifd = ome_cs.get_sub_code_stream(image_idx=image_idx)
    # Use subifd_offsets property to get pyramid level offsets
    subifd_offsets = selected_ifd.subifd_offsets
    print(f"Image {image_idx} has {len(subifd_offsets)} SubIFDs (pyramid levels)")
    print(f"SubIFD offsets: {subifd_offsets}")
    # Build pyramid level info
    print(f"\nPyramid levels for Z-slice {image_idx}:")
    print(f" Level 0 (full): {selected_ifd.width}x{selected_ifd.height}")
    for i, offset in enumerate(subifd_offsets):
        level_cs = nvimgcodec.CodeStream(ome_path, bitstream_offset=offset)
        print(f" Level {i + 1} (1/{2 ** (i + 1)}): {level_cs.width}x{level_cs.height}")

    # [11] Decode and display all pyramid levels
    num_levels = 1 + len(subifd_offsets)  # Main IFD + SubIFDs
    _fig, axes = plt.subplots(1, num_levels, figsize=(3 * num_levels, 3))
    # Decode main IFD (Level 0)
    img = decoder.decode(
        selected_ifd, params=nvimgcodec.DecodeParams(color_spec=nvimgcodec.ColorSpec.UNCHANGED)
    )
    axes[0].imshow(img.cpu(), cmap="gray")
    axes[0].set_title(f"Level 0 (full)\n{img.shape[1]}x{img.shape[0]}")
    # Decode SubIFDs (Level 1, 2, ...) using bitstream_offset
    for i, offset in enumerate(subifd_offsets):
        level_cs = nvimgcodec.CodeStream(ome_path, bitstream_offset=offset)
        img = decoder.decode(
            level_cs, params=nvimgcodec.DecodeParams(color_spec=nvimgcodec.ColorSpec.UNCHANGED)
        )
        axes[i + 1].imshow(img.cpu(), cmap="gray")
        title = f"Level {i + 1} (1/{2 ** (i + 1)})\n{img.shape[1]}x{img.shape[0]}"
        axes[i + 1].set_title(title)
        print(title.replace("\n", ": "))
    plt.tight_layout()


def run() -> None:
    # Use GPU_ONLY backend (some OME-TIFF image features are not supported with libtiff yet)
    decoder = nvimgcodec.Decoder(backends=[nvimgcodec.BackendKind.GPU_ONLY])
    part_1(decoder)
    part_2(decoder)
    part_3(decoder)


if __name__ == "__main__":
    if "--write" in sys.argv:
        write_files(sys.argv[-1])
    else:
        run()
