# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The stub is exact: programs that use the API pass mypy --strict and pyright's strict mode."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys

import glimt
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE_ROOT = pathlib.Path(glimt.__file__).parents[1]
PROGRAMS = [str(ROOT / "tests" / "python" / "typed_program.py")]
PROGRAMS += sorted(map(str, (ROOT / "examples").glob("*.py")))


def check(command, folder):
    done = subprocess.run(
        command,
        env={**os.environ, "MYPYPATH": str(PACKAGE_ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
@pytest.mark.parametrize("what", ["programs", "package"])
def test_mypy(what, tmp_path):
    names = ["-p", "glimt"] if what == "package" else PROGRAMS
    check(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), *names], tmp_path
    )


@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed")
def test_pyright(tmp_path):
    for program in PROGRAMS:
        shutil.copy(program, tmp_path)
    config = {"typeCheckingMode": "strict", "extraPaths": [str(PACKAGE_ROOT)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    check(["pyright", "--pythonpath", sys.executable, "-p", str(tmp_path)], tmp_path)
