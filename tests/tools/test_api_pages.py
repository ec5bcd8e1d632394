# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""docs/python is what tools/api_pages makes of the docstrings."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="older versions print signatures otherwise")
def test_the_pages_are_up_to_date():
    build = pathlib.Path(os.environ.get("GLIMT_BUILD_DIR", ROOT / "build" / "release"))
    stub = build / "python" / "glimt" / "_glimt.pyi"
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "api_pages", stub, "--check"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
