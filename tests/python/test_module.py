# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import copy
import os
import pathlib
import pickle
import re
import subprocess
import sys

import glimt
import pytest


def test_the_cuda_version_is_that_of_the_build():
    root = pathlib.Path(__file__).resolve().parents[2]
    cache = pathlib.Path(os.environ.get("GLIMT_BUILD_DIR", root / "build" / "release"))
    cache /= "CMakeCache.txt"
    if not cache.exists():
        pytest.skip("not run from a build folder")
    built = re.search(r"^GLIMT_CUDA:BOOL=(ON|1|TRUE)$", cache.read_text(), re.MULTILINE)
    assert (glimt.__cuda_version__ >= 12000) == (built is not None)


def test_stamps():
    assert re.fullmatch(r"\d+\.\d+\.\d+", glimt.__version__)
    assert isinstance(glimt.__cuda_version__, int)
    assert isinstance(glimt.__git_sha__, str)
    assert glimt.__git_sha__
    assert glimt.__doc__


def test_everything_in_all_exists():
    for name in glimt.__all__:
        assert hasattr(glimt, name), name


@pytest.mark.parametrize(
    "make",
    [
        glimt.Decoder,
        glimt.Encoder,
        glimt.CodeStreamView,
        lambda: glimt.CodeStream(b"x"),
    ],
)
def test_objects_are_not_copied(make):
    with pytest.raises(TypeError):
        pickle.dumps(make())
    with pytest.raises(TypeError):
        copy.copy(make())


def test_image_has_no_constructor():
    with pytest.raises(TypeError):
        glimt.Image()


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess:
    import os

    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


FAIL = "import glimt; assert glimt.Decoder().decode(b'this is no image') is None"


@pytest.mark.parametrize(
    ("environment", "speaks"),
    [
        ({}, True),
        ({"PYNVIMGCODEC_VERBOSITY": "1"}, False),
        ({"PYNVIMGCODEC_VERBOSITY": "0"}, False),
        ({"PYNVIMGCODEC_VERBOSITY": "2"}, True),
        ({"GLIMT_LOG": "error"}, False),
        ({"GLIMT_LOG": "debug", "PYNVIMGCODEC_VERBOSITY": "0"}, True),
        ({"GLIMT_LOG": "nonsense", "PYNVIMGCODEC_VERBOSITY": "1"}, False),
    ],
)
def test_level_from_the_environment(environment, speaks):
    environment = {"GLIMT_LOG": "", "PYNVIMGCODEC_VERBOSITY": "", **environment}
    stderr = run_python(FAIL, **environment).stderr
    assert ("cannot decode" in stderr) is speaks
    if speaks:
        assert stderr.count("cannot decode") == 1
        assert stderr.startswith("[WARNING] glimt: ")
    assert ("not understood" in stderr) is (environment["GLIMT_LOG"] == "nonsense")


def test_no_second_line_when_the_program_logs_to_stderr_itself():
    code = "import logging; logging.basicConfig(); " + FAIL
    assert run_python(code).stderr.count("cannot decode") == 1


AFFINITY = """
import glimt, pathlib, time
sources = [bytes(glimt.Encoder().encode(memoryview(bytes(3 * 64 * 64)).cast("B", (64, 64, 3)), "png"))] * 64
assert None not in glimt.Decoder(max_num_cpu_threads=4).decode(sources)

def on_one():  # threads that are confined to CPU 0; a new one confines itself first of all
    texts = [status.read_text() for status in pathlib.Path("/proc/self/task").glob("*/status")]
    return sum("Cpus_allowed_list:\\t0\\n" in text for text in texts)

end = time.monotonic() + 20
while pathlib.Path("/proc/self/task").exists() and on_one() < 3 and time.monotonic() < end:
    time.sleep(0.01)
print(on_one() if pathlib.Path("/proc/self/task").exists() else "no /proc")
"""


@pytest.mark.parametrize("name", ["GLIMT_AFFINITY_MASK", "NVIMGCODEC_AFFINITY_MASK"])
def test_cpus_of_the_pool(name):
    done = run_python(AFFINITY, **{name: "0"})
    assert done.stdout.strip() in ("3", "4", "no /proc")  # 4: the process may use one CPU only
    assert done.stderr == ""
    done = run_python(AFFINITY, **{name: "none"})
    assert f"{name}='none'" in done.stderr
    assert done.stderr.count("ignored") == 1


def test_no_gil_is_needed_by_the_module():
    # On free-threaded Python the import must not turn the GIL on; elsewhere there is always one.
    code = (
        "import sys, glimt; "
        "print(getattr(sys, '_is_gil_enabled', lambda: True)() and not "
        "__import__('sysconfig').get_config_var('Py_GIL_DISABLED'))"
    )
    expected = not __import__("sysconfig").get_config_var("Py_GIL_DISABLED")
    assert run_python(code).stdout.strip() == str(expected)
