# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The rival's notebook on pages and SubIFDs runs to its end and prints what it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tifffile


def test_every_step(tmp_path):
    pytest.importorskip("matplotlib")
    from notebook import write_files

    write_files(str(tmp_path))
    # Without a GPU the CPU serves what asks for GPU_ONLY.
    environment = dict(
        os.environ,
        PYNVIMGCODEC_EXAMPLES_RESOURCES_DIR=str(tmp_path),
        MPLBACKEND="Agg",
        GLIMT_CPU_FALLBACK="1",
    )
    script = Path(__file__).parent / "notebook.py"
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    cat = tifffile.TiffFile(tmp_path / "cat_with_thumbnail.tiff").pages[0]
    retina = tifffile.TiffFile(tmp_path / "retina_large.ome.tiff").pages
    assert len(retina) == 192
    expected = [
        "Main image: 720x720, 3 channels",
        "Number of images (main IFDs): 1",
        f"SubIFD offsets: {list(cat.subifds)}",
        "Thumbnail: 180x180, 3 channels",
        "Total images in file: 192",
        "Image dimensions: 256x196",
    ]
    for batch in range(5):
        expected += [
            f"Batch {batch}: 10 images",
            f" -> Next offset: {retina[10 * batch + 10].offset}",
        ]
    expected += [
        " (stopping early for demo)",
        "Image 31 has 2 SubIFDs (pyramid levels)",
        f"SubIFD offsets: {list(retina[31].subifds)}",
        "",
        "Pyramid levels for Z-slice 31:",
        " Level 0 (full): 256x196",
        " Level 1 (1/2): 128x98",
        " Level 2 (1/4): 64x49",
        "Level 1 (1/2): 128x98",
        "Level 2 (1/4): 64x49",
    ]
    assert done.stdout.splitlines() == expected
