# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the Python module on a machine with a GPU; each skips by name where there is none.

They need glimt (the wheel of tools/bundle), numpy and Pillow, and torch and cupy where a test names them.
"""

from __future__ import annotations

import pytest
from gpu_files import GPUS


@pytest.fixture(autouse=True)
def gpu() -> None:
    if GPUS == 0:
        pytest.skip("there is no GPU")
