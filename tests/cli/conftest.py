# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the built program: GLIMT_CLI, else GLIMT_BUILD_DIR/bin/glimt, else build/release/bin/glimt."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def program() -> Path:
    built = Path(os.environ.get("GLIMT_BUILD_DIR", ROOT / "build/release")) / "bin/glimt"
    path = Path(os.environ.get("GLIMT_CLI", built))
    assert path.exists(), f"{path} is not built; run tools/dev build, or set GLIMT_CLI"
    return path


@pytest.fixture(scope="session")
def glimt(program):
    """glimt(*arguments, status=0, **run_options) -> CompletedProcess; asserts the exit status."""

    def run(*arguments, status: int = 0, **options) -> subprocess.CompletedProcess:
        command = [str(program), *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, **options
        )
        assert done.returncode == status, f"{command}\n{done.stdout}{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def samples() -> Path:
    return ROOT / "samples"
