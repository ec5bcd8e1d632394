# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""nvidia.nvimgcodec as another name of glimt, beside packages of the name nvidia of every kind."""

import os
import pathlib
import subprocess
import sys
import textwrap

import glimt
import pytest
from glimt import compat

PACKAGE_ROOT = str(pathlib.Path(glimt.__file__).parents[1])


@pytest.fixture
def python(tmp_path):
    """Runs code in an interpreter that knows glimt and the folders given, and no alias."""

    def run(code="", *arguments, folders=(), check=True, **environment):
        path = os.pathsep.join([str(folder) for folder in folders] + [PACKAGE_ROOT, *sys.path[1:]])
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GLIMT_COMPAT")}
        command = [sys.executable, *arguments] if arguments else [sys.executable, "-c", code]
        done = subprocess.run(
            command,
            env={**inherited, "PYTHONPATH": path, **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


def make_package(root, name, content="", regular_parents=False):
    """A package under root, "a.b": a/b/__init__.py; its parents are namespaces or regular."""
    folder = root
    *parents, last = name.split(".")
    for parent in parents:
        folder = folder / parent
        folder.mkdir(parents=True, exist_ok=True)
        if regular_parents:
            (folder / "__init__.py").touch()
    (folder / last).mkdir(parents=True, exist_ok=True)
    (folder / last / "__init__.py").write_text(content)
    return root


RIVAL = "__version__ = '0.9.0'\nclass Decoder: pass\n"
NEIGHBOUR = "name = 'neighbour'\n"
INSTALL = "import glimt.compat; mine = glimt.compat.install(); "
SAME = (
    "import glimt; from nvidia import nvimgcodec; import nvidia.nvimgcodec as again; "
    "import nvidia.nvimgcodec; assert again is nvimgcodec is nvidia.nvimgcodec; "
    "assert nvimgcodec.Decoder is glimt.Decoder; print(nvimgcodec.__version__)"
)


def test_off_by_default(python):
    done = python("import glimt, glimt.compat; import nvidia.nvimgcodec", check=False)
    assert "ModuleNotFoundError" in done.stderr


def test_same_objects_under_the_alias(python):
    code = (
        INSTALL
        + SAME
        + textwrap.dedent("""
        assert mine
        from nvidia.nvimgcodec import *
        from nvidia.nvimgcodec import Decoder as D, SRGB, ColorSpec
        assert Decoder is D is glimt.Decoder and SRGB is glimt.SRGB
        for name in glimt.__all__:
            if name not in ("__version__",):
                assert getattr(nvimgcodec, name) is getattr(glimt, name), name
        assert nvimgcodec.__version__ == "0.8.0"
        assert nvimgcodec.__cuda_version__ == glimt.__cuda_version__
        assert isinstance(nvimgcodec.__git_sha__, str) and nvimgcodec.__doc__
        assert nvimgcodec.__name__ == "nvidia.nvimgcodec"
        from nvidia.nvimgcodec import nvimgcodec_impl
        assert nvimgcodec_impl.Image is glimt.Image
        import pickle
        assert pickle.loads(pickle.dumps(nvimgcodec.CSS_420)) is glimt.CSS_420
        assert glimt.compat.install() is True and glimt.compat.is_installed()
        """)
    )
    assert python(code).stdout == "0.8.0\n"


def test_tools_are_an_empty_package_that_says_so(python):
    python(
        INSTALL
        + textwrap.dedent("""
        import nvidia.nvimgcodec.tools as tools
        assert "glimt" in tools.__doc__
        for code in ("import nvidia.nvimgcodec.tools.dicom", "from nvidia.nvimgcodec.tools import dicom"):
            try:
                exec(code)
            except ImportError as error:
                assert "dicom" in str(error)
            else:
                raise SystemExit(code)
        try:
            tools.dicom
        except AttributeError as error:
            assert "glimt" in str(error) and "dicom" in str(error)
        """)
    )


@pytest.mark.parametrize("regular", [False, True])
def test_other_packages_of_the_name_are_left_alone(python, tmp_path, regular):
    site = make_package(tmp_path / "site", "nvidia.cublas", NEIGHBOUR, regular)
    check = "import nvidia.cublas; assert nvidia.cublas.name == 'neighbour'; "
    for code in (
        INSTALL + SAME + "; " + check,
        check + INSTALL + SAME,
        check + INSTALL + check + SAME,
    ):
        assert python(code, folders=[site]).stdout == "0.8.0\n"


def test_two_namespaces_and_one_that_appears_later(python, tmp_path):
    one = make_package(tmp_path / "one", "nvidia.cublas", NEIGHBOUR)
    two = make_package(tmp_path / "two", "nvidia.cudnn", NEIGHBOUR)
    python(INSTALL + SAME + "; import nvidia.cublas, nvidia.cudnn", folders=[one, two])
    late = f"import sys; sys.path.append({str(one)!r}); import nvidia.cublas; "
    python(INSTALL + SAME + "; " + late + "assert nvidia.cublas.name == 'neighbour'")


@pytest.mark.parametrize("regular", [False, True])
def test_an_installed_rival_keeps_its_name(python, tmp_path, regular):
    site = make_package(tmp_path / "site", "nvidia.nvimgcodec", RIVAL, regular)
    show = "from nvidia import nvimgcodec; print(nvimgcodec.__version__, mine)"
    assert python(INSTALL + show, folders=[site]).stdout == "0.9.0 False\n"
    missing = INSTALL + "import nvidia.nvimgcodec.tools"  # one's lack is not made up by the other
    assert "ModuleNotFoundError" in python(missing, folders=[site], check=False).stderr
    forced = "import glimt.compat; mine = glimt.compat.install(force=True); "
    assert python(forced + show, folders=[site]).stdout == "0.8.0 True\n"
    after = "import nvidia.nvimgcodec as old; " + forced + show + "; print(old.__version__)"
    assert python(after, folders=[site]).stdout == "0.8.0 True\n0.9.0\n"


def test_a_broken_rival_is_not_hidden(python, tmp_path):
    site = make_package(tmp_path / "site", "nvidia.nvimgcodec", "raise ImportError('no driver')")
    done = python(INSTALL + "from nvidia import nvimgcodec", folders=[site], check=False)
    assert "no driver" in done.stderr


def test_uninstall(python, tmp_path):
    python(
        INSTALL
        + SAME
        + textwrap.dedent("""
        glimt.compat.uninstall()
        assert not glimt.compat.is_installed()
        import sys
        assert not any(name.startswith("nvidia") for name in sys.modules)
        try:
            import nvidia.nvimgcodec
        except ModuleNotFoundError:
            pass
        else:
            raise SystemExit("still there")
        """)
    )
    site = make_package(tmp_path / "site", "nvidia.nvimgcodec", RIVAL)
    code = (
        "import glimt.compat; glimt.compat.install(force=True); from nvidia import nvimgcodec; "
        "glimt.compat.uninstall(); from nvidia import nvimgcodec; print(nvimgcodec.__version__)"
    )
    assert python(code, folders=[site]).stdout == "0.9.0\n"


PROGRAM = """\
import sys
from nvidia import nvimgcodec
import glimt, helper
assert nvimgcodec.Encoder is glimt.Encoder
assert __name__ == "__main__"
print(sys.argv[1:], helper.value)
sys.exit(7 if "fail" in sys.argv else 0)
"""


@pytest.fixture
def program(tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "program.py").write_text(PROGRAM)
    (folder / "helper.py").write_text("value = 5\n")
    return folder / "program.py"


def test_running_a_program(python, program):
    run = [str(program), "--force", "-m", "x"]
    done = python("", "-m", "glimt.compat", *run)
    assert done.stdout == "['--force', '-m', 'x'] 5\n"
    assert done.stderr == ""
    assert python("", "-m", "glimt.compat", str(program), "fail", check=False).returncode == 7


def test_running_a_module(python, program):
    done = python("", "-m", "glimt.compat", "-m", "program", "-x", "1", folders=[program.parent])
    assert done.stdout == "['-x', '1'] 5\n"


def test_running_without_a_program(python):
    assert python("", "-m", "glimt.compat", check=False).returncode == 2
    assert "install-pth" in python("", "-m", "glimt.compat", "--help").stdout


def test_processes_of_the_program_have_the_alias_too(python, tmp_path):
    file = tmp_path / "workers.py"
    file.write_text(
        textwrap.dedent("""
        import multiprocessing
        from nvidia import nvimgcodec

        def version(_):
            return nvimgcodec.__version__

        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.map(version, [0]))
        """)
    )
    assert python("", "-m", "glimt.compat", str(file)).stdout == "['0.8.0']\n"


def test_the_program_is_told_that_the_rival_is_installed(python, tmp_path):
    site = make_package(tmp_path / "site", "nvidia.nvimgcodec", RIVAL)
    file = tmp_path / "show.py"
    file.write_text("from nvidia import nvimgcodec; print(nvimgcodec.__version__)")
    done = python("", "-m", "glimt.compat", str(file), folders=[site])
    assert done.stdout == "0.9.0\n"
    assert "--force" in done.stderr
    done = python("", "-m", "glimt.compat", "--force", str(file), folders=[site])
    assert done.stdout == "0.8.0\n"
    assert done.stderr == ""


def test_folder_for_pythonpath(python, tmp_path):
    folder = python("", "-m", "glimt.compat", "--path").stdout.strip()
    assert folder == compat.path_folder()
    assert python(SAME, folders=[folder]).stdout == "0.8.0\n"
    # Starting an interpreter imports no glimt, and another sitecustomize still runs.
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("print('other')")
    code = "import sys; print('glimt' in sys.modules, 'numpy' in sys.modules)"
    assert python(code, folders=[folder, other]).stdout == "other\nFalse False\n"
    site = make_package(tmp_path / "site", "nvidia.nvimgcodec", RIVAL)
    show = "from nvidia import nvimgcodec; print(nvimgcodec.__version__)"
    assert python(show, folders=[folder, site]).stdout == "0.9.0\n"
    forced = python(show, folders=[folder, site], GLIMT_COMPAT_FORCE="1")
    assert forced.stdout == "0.8.0\n"


def test_pth_file(python, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    file = pathlib.Path(compat.install_pth(str(site)))
    assert file.parent == site
    assert file.suffix == ".pth"
    with_pth = f"import site; site.addsitedir({str(site)!r}); "
    assert python(with_pth + SAME).stdout == "0.8.0\n"
    # It finds glimt by itself, and is silent when glimt has gone.
    alone = [sys.executable, "-c", with_pth + "from nvidia import nvimgcodec; print('found')"]
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    assert subprocess.run(alone, env=plain, capture_output=True, text=True).stdout == "found\n"
    file.write_text(file.read_text().replace("sitecustomize.py", "gone.py"))
    done = python(with_pth + "print('fine')")
    assert (done.stdout, done.stderr) == ("fine\n", "")
    assert compat.remove_pth(str(site)) is True
    assert compat.remove_pth(str(site)) is False
    assert not file.exists()


def test_pth_by_command(python, tmp_path):
    code = (
        "import sysconfig; sysconfig.get_path = lambda name: {!r}; import sys; "
        "from glimt.compat.__main__ import main; sys.exit(main([{!r}]))"
    )
    file = tmp_path / compat.PTH_NAME
    assert str(file) in python(code.format(str(tmp_path), "--install-pth")).stdout
    assert file.exists()
    assert python(code.format(str(tmp_path), "--remove-pth")).stdout == "removed\n"
    assert not file.exists()
    assert "nothing" in python(code.format(str(tmp_path), "--remove-pth")).stdout


def test_a_program_prints_what_it_prints_with_the_peer(python):
    """idioms.txt is the output of nvImageCodec 0.9.0, in an environment without a GPU."""
    programs = pathlib.Path(__file__).with_name("programs")
    done = python("", "-m", "glimt.compat", str(programs / "idioms.py"), GLIMT_LOG="silent")
    assert done.stdout == (programs / "idioms.txt").read_text()
    assert done.stderr == ""
