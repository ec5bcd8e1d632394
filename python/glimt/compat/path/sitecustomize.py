# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Puts the alias nvidia.nvimgcodec in place when the interpreter starts (see glimt.compat).

Runs as the module sitecustomize, when its folder is on PYTHONPATH, or from a .pth file. It loads the
import hook by its file, as importing glimt would be too much for every start.
"""

import importlib.machinery
import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_HOOK = "glimt.compat._finder"


def _install_alias() -> None:
    hook = sys.modules.get(_HOOK)
    if hook is None:
        file = os.path.join(os.path.dirname(_HERE), "_finder.py")
        spec = importlib.util.spec_from_file_location(_HOOK, file)
        assert spec is not None
        assert spec.loader is not None
        hook = importlib.util.module_from_spec(spec)
        sys.modules[_HOOK] = hook
        spec.loader.exec_module(hook)
    hook.install_hooks(force=os.environ.get("GLIMT_COMPAT_FORCE") == "1")


def _run_the_next_sitecustomize() -> None:
    """The one that this file hides, if any."""
    folders = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", folders)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_install_alias()
if __name__ == "sitecustomize":
    _run_the_next_sitecustomize()
