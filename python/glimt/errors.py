# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The exceptions of glimt's own.

A damaged or unsupported image raises nothing: it decodes to ``None`` and a record on the logger
``glimt``. What programs written for nvImageCodec catch keeps working, hence the several bases.
"""

from __future__ import annotations

__all__ = ["FileError", "FileMissing", "MemoryKindError"]


class FileError(OSError, RuntimeError, TypeError):
    """A file cannot be opened, is empty, or cannot be written."""


class FileMissing(FileError, FileNotFoundError):
    """There is no file (or, for writing, no folder) of this name."""


class MemoryKindError(AttributeError, RuntimeError):
    """An image was asked for an interface of memory in which it does not lie."""
