# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Times contenders against each other.

In every round each contender goes once over all files of the column, and the order turns from round to round:
whatever the machine does meanwhile hits all of them. A ratio is the median of the ratios of the rounds.
"""

import dataclasses
import gc
import resource
import statistics
import time
from collections.abc import Callable


@dataclasses.dataclass
class Contender:
    """One row. `run` does the work once over the column's files and returns the bytes that it wrote, or 0."""

    name: str
    run: Callable[[], int]


@dataclasses.dataclass
class Column:
    """One corpus. `amount` is what `run` works through, in `unit` (MP: million pixels)."""

    name: str
    amount: float
    unit: str = "MP"
    pixel_count: int = 0  # for bits a pixel of encoders
    whole_process: bool = False  # CPU time of all threads, not only of the calling one


@dataclasses.dataclass
class Measured:
    row: str
    wall_s: list[float] = dataclasses.field(default_factory=list)
    cpu_s: list[float] = dataclasses.field(default_factory=list)
    faults: list[int] = dataclasses.field(default_factory=list)
    written_bytes: int = 0
    error: str = ""


def measure_once(contender: Contender, column: Column, into: Measured) -> None:
    cpu_clock = time.process_time if column.whole_process else time.thread_time
    gc.collect()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    cpu, wall = cpu_clock(), time.perf_counter()
    into.written_bytes = contender.run()
    into.wall_s.append(time.perf_counter() - wall)
    into.cpu_s.append(cpu_clock() - cpu)
    into.faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults)


def measure(contenders: list[Contender], column: Column, round_count: int) -> list[dict]:
    """One dict a contender: medians and, where there is glimt, glimt's speed over the contender's."""
    measured = [Measured(c.name) for c in contenders]
    for contender, record in zip(contenders, measured):
        try:
            contender.run()  # warms caches, pools and lazily made decoders
        except Exception as error:
            record.error = f"{type(error).__name__}: {error}"[:200]
    running = [i for i, record in enumerate(measured) if not record.error]
    gc.disable()
    for round_index in range(round_count):
        turn = round_index % max(1, len(running))
        for i in running[turn:] + running[:turn]:
            measure_once(contenders[i], column, measured[i])
    gc.enable()
    return [summary(record, measured, column) for record in measured]


def twin_of(row: str, measured: list[Measured]) -> Measured | None:
    """The glimt row with the same buffer policy ("glimt", or "glimt, reused buffer")."""
    policy = row[row.index(",") :] if "," in row else ""
    wanted = [record for record in measured if record.row == "glimt" + policy and not record.error]
    return wanted[0] if wanted else None


def summary(record: Measured, measured: list[Measured], column: Column) -> dict:
    if record.error:
        return {"row": record.row, "column": column.name, "error": record.error}
    wall_s = statistics.median(record.wall_s)
    result = {
        "row": record.row,
        "column": column.name,
        "unit": column.unit,
        "rate": column.amount / wall_s,
        "cpu_ms": 1e3 * statistics.median(record.cpu_s) / column.amount,
        "faults": statistics.median(record.faults) / column.amount,
        "wall_s": record.wall_s,
    }
    if record.written_bytes and column.pixel_count:
        result["bits_per_pixel"] = 8 * record.written_bytes / column.pixel_count
    twin = twin_of(record.row, measured)
    if twin is not None:
        result["glimt_ratio"] = statistics.median(r / g for r, g in zip(record.wall_s, twin.wall_s))
    return result
