# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Runs programs that were written for nvImageCodec: ``from nvidia import nvimgcodec`` gives glimt.

Nothing happens unless it is asked for, in one of four ways:

* ``glimt.compat.install()`` in the program, before its imports;
* ``python -m glimt.compat program.py ...`` or ``python -m glimt.compat -m module ...``;
* ``PYTHONPATH=$(python -m glimt.compat --path) python program.py``;
* ``python -m glimt.compat --install-pth`` once, for every program of the environment.

An installed nvImageCodec keeps its name in all of them, unless ``force`` (``--force``, or
``GLIMT_COMPAT_FORCE=1``) is given. Other packages ``nvidia.*`` are never touched.

>>> import glimt.compat
>>> glimt.compat.install()
True
>>> from nvidia import nvimgcodec
>>> nvimgcodec.Decoder is glimt.Decoder
True
"""

from __future__ import annotations

import os
import sysconfig

from . import _finder

__all__ = ["install", "install_pth", "is_installed", "path_folder", "remove_pth", "uninstall"]

PTH_NAME = "glimt_nvimgcodec.pth"


def install(force: bool = False) -> bool:
    """Makes ``nvidia.nvimgcodec`` importable as another name of glimt, in this process.

    force: also where nvImageCodec is installed, and even imported, already.
    Returns whether the name is glimt's now: False when an installed nvImageCodec keeps it.
    """
    return _finder.install(force)


def uninstall() -> None:
    """Takes the name away again; what was imported from it goes on working."""
    _finder.uninstall()


def is_installed() -> bool:
    """Whether ``install()`` has been called and not been undone."""
    return bool(_finder.finders())


def path_folder() -> str:
    """A folder to put on PYTHONPATH: interpreters that start with it have the alias."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "path")


def install_pth(folder: str | None = None) -> str:
    """Writes a .pth file, so that every interpreter of the environment has the alias.

    folder: one that Python searches for .pth files; by default the environment's site-packages.
    Returns the name of the file. OSError: it cannot be written.
    """
    file = os.path.join(folder or sysconfig.get_path("purelib"), PTH_NAME)
    startup = os.path.join(path_folder(), "sitecustomize.py")
    # One line, as .pth files have it; silent when glimt has been removed since.
    line = (
        f"import os; p = {startup!r}; os.path.exists(p) and "
        "exec(compile(open(p).read(), p, 'exec'), {'__file__': p, '__name__': 'glimt_compat_pth'})"
    )
    with open(file, "w", encoding="utf-8") as pth:
        pth.write(line + "\n")
    return file


def remove_pth(folder: str | None = None) -> bool:
    """Removes what install_pth wrote. Returns whether there was anything to remove."""
    file = os.path.join(folder or sysconfig.get_path("purelib"), PTH_NAME)
    try:
        os.remove(file)
    except FileNotFoundError:
        return False
    return True
