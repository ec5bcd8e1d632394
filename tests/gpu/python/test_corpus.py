# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Every file of a folder, as the GPU's decoder and the CPU's see it: same answer, same pixels.

GLIMT_GPU_CORPUS names the folder, such as the fuzz targets' corpora or a conformance suite.
"""

from __future__ import annotations

import os
from pathlib import Path

import glimt
import numpy as np
import pytest
from gpu_files import CPU

FOLDER = os.environ.get("GLIMT_GPU_CORPUS", "")
TOGETHER = 64


def test_a_folder_of_files() -> None:
    if not FOLDER:
        pytest.skip("GLIMT_GPU_CORPUS names no folder of files")
    paths = sorted(path for path in Path(FOLDER).rglob("*") if path.is_file())
    gpu = glimt.Decoder(options=":fancy_upsampling=1")
    cpu = glimt.Decoder(options=":fancy_upsampling=1", backends=CPU)
    wrong = []
    for first in range(0, len(paths), TOGETHER):
        batch = paths[first : first + TOGETHER]
        sources = [path.read_bytes() for path in batch]
        for path, one, other in zip(batch, gpu.decode(sources), cpu.decode(sources), strict=True):
            if (one is None) != (other is None):
                wrong.append(f"{path}: {'GPU' if one is None else 'CPU'} refuses it")
            elif one is not None and not np.array_equal(np.asarray(one.cpu()), np.asarray(other)):
                wrong.append(f"{path}: pixels differ")
    assert paths, "the folder is empty"
    assert not wrong, "\n".join(wrong)
