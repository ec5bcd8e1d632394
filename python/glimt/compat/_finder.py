# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The import hook behind glimt.compat.

Needs the standard library only, so that it can be put in place when the interpreter starts; glimt is
imported when ``nvidia.nvimgcodec`` is.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ALIAS = "nvidia.nvimgcodec"
VERSION = "0.8.0"
"""The release of nvImageCodec whose API the alias has."""

_NO_TOOLS = "glimt stands in for nvidia.nvimgcodec and has none of its tools: {} is missing"


class _NvidiaFolders:
    """``__path__`` of a package nvidia that nobody has installed: folders that appear later count."""

    def __iter__(self) -> Iterator[str]:
        folders = (os.path.join(entry or os.curdir, "nvidia") for entry in sys.path)
        return iter([folder for folder in folders if os.path.isdir(folder)])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)})"


def _import_glimt() -> ModuleType:
    try:
        return importlib.import_module("glimt")
    except ModuleNotFoundError as error:
        if error.name != "glimt":
            raise
        # Put in place by its file alone: the package is two folders up.
        sys.path.append(
            os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        )
        return importlib.import_module("glimt")


class _Loader:
    """Fills the modules of the alias with the objects of glimt."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name == "nvidia":
            module.__path__ = _NvidiaFolders()  # type: ignore[assignment]
        elif name == ALIAS + ".tools":
            module.__doc__ = _NO_TOOLS.format("the package's content")
            module.__getattr__ = _refuse_tool  # type: ignore[method-assign]
        else:
            self._fill(module)

    def _fill(self, module: ModuleType) -> None:
        glimt = _import_glimt()
        module.__doc__ = f"glimt {glimt.__version__} under the name of nvImageCodec."
        contents: dict[str, Any] = {name: getattr(glimt, name) for name in glimt.__all__}
        contents["__version__"] = VERSION
        contents["__all__"] = [name for name in glimt.__all__ if not name.startswith("__")]
        vars(module).update(contents)
        if module.__name__ == ALIAS:
            for submodule in ("nvimgcodec_impl", "tools"):
                importlib.import_module(f"{ALIAS}.{submodule}")


def _refuse_tool(name: str) -> Any:
    raise AttributeError(_NO_TOOLS.format(f"tools.{name}"))


class Finder:
    """Finds the alias; one at the end of ``sys.meta_path`` leaves installed packages in peace."""

    def __init__(self, shadows: bool) -> None:
        self.shadows = shadows

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "nvidia" and not self.shadows:
            return ModuleSpec(name, _Loader(), is_package=True)  # type: ignore[arg-type]
        if name in (ALIAS, ALIAS + ".tools", ALIAS + ".nvimgcodec_impl") and self._is_ours(name):
            package = not name.endswith("_impl")
            return ModuleSpec(name, _Loader(), origin="glimt", is_package=package)  # type: ignore[arg-type]
        if name.startswith(ALIAS + ".tools.") and self._is_ours(name):
            raise ModuleNotFoundError(_NO_TOOLS.format(name), name=name)
        return None

    @staticmethod
    def _is_ours(name: str) -> bool:
        """A part of nvImageCodec's own package that is missing there is not made up."""
        package = sys.modules.get(ALIAS)
        return name == ALIAS or package is None or is_alias(package)


def is_alias(module: ModuleType | None) -> bool:
    return isinstance(getattr(getattr(module, "__spec__", None), "loader", None), _Loader)


def finders() -> list[Finder]:
    """Those in place."""
    return [finder for finder in sys.meta_path if isinstance(finder, Finder)]


def install_hooks(force: bool = False) -> None:
    """Imports nothing, not even a package nvidia."""
    if not any(not finder.shadows for finder in finders()):
        sys.meta_path.append(Finder(shadows=False))
    if force and not any(finder.shadows for finder in finders()):
        sys.meta_path.insert(0, Finder(shadows=True))


def install(force: bool = False) -> bool:
    """See glimt.compat.install."""
    install_hooks(force)
    if force and not is_alias(sys.modules.get(ALIAS)):
        _forget()
    imported = sys.modules.get(ALIAS)
    if imported is not None:
        return is_alias(imported)
    spec = importlib.util.find_spec(ALIAS)
    return isinstance(spec.loader if spec else None, _Loader)


def uninstall() -> None:
    """See glimt.compat.uninstall."""
    for finder in finders():
        sys.meta_path.remove(finder)
    if is_alias(sys.modules.get(ALIAS)):
        _forget()
    if is_alias(sys.modules.get("nvidia")):
        del sys.modules["nvidia"]


def _forget() -> None:
    for name in [name for name in sys.modules if name == ALIAS or name.startswith(ALIAS + ".")]:
        del sys.modules[name]
    vars(sys.modules.get("nvidia", ModuleType("nvidia"))).pop("nvimgcodec", None)
