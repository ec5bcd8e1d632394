# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Decoding of a stream of sources in the background."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from . import _log
from .errors import FileError


def _decode(decoder: Any, sources: list[Any], params: Any) -> list[Any]:
    """A batch; a file that cannot be opened costs itself only."""
    try:
        images: list[Any] = decoder.decode(sources, params=params)
    except FileError:
        return [_decode_one(decoder, source, params) for source in sources]
    return images


def _decode_one(decoder: Any, source: Any, params: Any) -> Any:
    try:
        return decoder.decode(source, params=params)
    except FileError as error:
        _log.logger.warning("cannot decode: %s", error)
        return None


def imap(
    decoder: Any, sources: Iterable[Any], batch_size: int, prefetch: int, params: Any, ordered: bool
) -> Iterator[Any]:
    for name, value in (("batch_size", batch_size), ("prefetch", prefetch)):
        if value < 1:
            raise ValueError(f"{name} is at least 1, not {value}")
    return _run(decoder, iter(sources), batch_size, prefetch, params, ordered)


def _run(
    decoder: Any, sources: Iterator[Any], batch_size: int, prefetch: int, params: Any, ordered: bool
) -> Iterator[Any]:
    # In order, one batch at a time has all cores. Out of order, batches run beside each other.
    executor = ThreadPoolExecutor(1 if ordered else prefetch, thread_name_prefix="glimt-imap")
    pending: deque[tuple[int, Future[list[Any]]]] = deque()
    count = 0

    def fill() -> None:
        nonlocal count
        while len(pending) < prefetch and (batch := list(itertools.islice(sources, batch_size))):
            pending.append((count, executor.submit(_decode, decoder, batch, params)))
            count += len(batch)

    try:
        fill()
        while pending:
            first, future = pending[0]
            if not ordered and not future.done():
                done, _ = wait([item[1] for item in pending], return_when=FIRST_COMPLETED)
                first, future = next(item for item in pending if item[1] in done)
            images = future.result()
            pending.remove((first, future))
            del future
            fill()
            images.reverse()
            for index in range(first, first + len(images)):
                # Popped, so that what was yielded is the caller's alone.
                yield images.pop() if ordered else (index, images.pop())
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
