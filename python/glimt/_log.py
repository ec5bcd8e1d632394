# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The logger ``glimt``: why an image became ``None``, and what else a user should know.

Records go to stderr. ``GLIMT_LOG`` (silent, error, warning, info, debug, or a number) or nvImageCodec's
``PYNVIMGCODEC_VERBOSITY`` (0 silent, 1 errors, 2 warnings, the default, 3 info, 4 and 5 debug) set the
level; so does ``logging.getLogger("glimt").setLevel(...)``.
"""

from __future__ import annotations

import logging
import os
import sys

logger = logging.getLogger("glimt")

_SILENT = logging.CRITICAL + 10
_LEVELS = {
    "0": _SILENT,
    "1": logging.ERROR,
    "2": logging.WARNING,
    "3": logging.INFO,
    "4": logging.DEBUG,
    "5": logging.DEBUG,
    "silent": _SILENT,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}


class _StderrHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to what ``sys.stderr`` is at the time, unless the root logger does so already."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(logging.Formatter("[%(levelname)s] %(name)s: %(message)s"))

    @property
    def stream(self):  # type: ignore[no-untyped-def]
        return sys.stderr

    def emit(self, record: logging.LogRecord) -> None:
        for handler in logging.getLogger().handlers:
            if type(handler) is logging.StreamHandler and handler.stream is sys.stderr:
                return
        if sys.stderr is not None:
            super().emit(record)


def _configure() -> None:
    if logger.handlers:  # The program has set the logger up already.
        return
    logger.addHandler(_StderrHandler())
    logger.setLevel(logging.WARNING)
    for variable in ("GLIMT_LOG", "PYNVIMGCODEC_VERBOSITY"):
        value = os.environ.get(variable, "").strip().lower()
        if not value:
            continue
        level = _LEVELS.get(value)
        if level is None:
            logger.warning(
                "%s=%r is not understood: use one of %s", variable, value, ", ".join(_LEVELS)
            )
            continue
        logger.setLevel(level)
        break


def record(level: int, message: str) -> None:
    """What the extension module calls."""
    logger.log(level, "%s", message)


_configure()
