# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a program with ``nvidia.nvimgcodec`` as another name of glimt."""

from __future__ import annotations

import argparse
import os
import runpy
import sys

from . import install, install_pth, path_folder, remove_pth


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m glimt.compat",
        usage="%(prog)s [--force] (PROGRAM | -m MODULE) [ARGUMENT ...]\n"
        "       %(prog)s --path | --install-pth | --remove-pth",
        description="Runs a program that was written for nvImageCodec: its name nvidia.nvimgcodec "
        "stands for glimt, in the program and in the Python processes that it starts.",
    )
    add = parser.add_argument
    add("--force", action="store_true", help="also where nvImageCodec is installed")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--path", action="store_true", help="print a folder for PYTHONPATH")
    what.add_argument("--install-pth", action="store_true", help="for all of this environment")
    what.add_argument("--remove-pth", action="store_true", help="undo --install-pth")
    add("-m", dest="module", action="store_true", help="PROGRAM is the name of a module")
    add("program", nargs="?", help="a file, or a folder with __main__.py")
    add("arguments", nargs=argparse.REMAINDER, help="of the program")
    return parser


def _run(program: str, arguments: list[str], is_module: bool, force: bool) -> None:
    if not install(force):
        print(
            "glimt.compat: nvImageCodec is installed here and keeps its name; --force gives it to glimt",
            file=sys.stderr,
        )
    # Processes that the program starts (workers, say) get the same.
    inherited = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [path_folder(), inherited]))
    if force:
        os.environ["GLIMT_COMPAT_FORCE"] = "1"
    sys.argv = [program, *arguments]
    if is_module:
        sys.path[0] = os.getcwd()
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        if not os.path.isdir(program):
            sys.path[0] = os.path.dirname(os.path.abspath(program))
        runpy.run_path(program, run_name="__main__")


def main(arguments: list[str]) -> int:
    parser = _parser()
    # What follows the program's name is the program's, options too.
    given = parser.parse_args(arguments)
    if given.path:
        print(path_folder())
    elif given.install_pth:
        print(f"wrote {install_pth()}")
    elif given.remove_pth:
        print("removed" if remove_pth() else "there was nothing to remove")
    elif given.program is None:
        parser.print_usage(sys.stderr)
        return 2
    else:
        _run(given.program, given.arguments, given.module, given.force)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
