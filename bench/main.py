# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Measure glimt against other image libraries on bench/corpus.

Prints, per benchmark, aligned tables of medians: speed, glimt's speed over the row's (above 1: glimt is faster),
CPU time and page faults. Buffers: a plain row allocates each result in the library's ordinary way and drops it
before the next; a row with "reused buffer" decodes into one buffer again and again. All rows run one thread
unless the table says otherwise, from bytes in memory to a numpy array.
"""

import argparse
import importlib
import json
import pathlib
import sys

import driver
import report

FAMILIES = (
    "headers",
    "jpeg",
    "jpeg_encode",
    "batch",
    "png",
    "png_encode",
    "webp",
    "plain",
    "jpeg2000",
    "tiff",
)
DOCUMENT_MARK = "bench"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--family", choices=FAMILIES, action="append", help="only this benchmark; repeatable"
    )
    parser.add_argument(
        "--column", action="append", default=[], help="only columns that contain this text"
    )
    parser.add_argument(
        "--row", action="append", default=[], help="only rows that contain this text (and glimt)"
    )
    parser.add_argument("--rounds", type=int, default=15, help="rounds (default 15)")
    parser.add_argument(
        "--json", type=pathlib.Path, help="write machine, versions and all measured times here"
    )
    parser.add_argument("--from-json", type=pathlib.Path, help="no run: report an earlier one")
    parser.add_argument(
        "--markdown", type=pathlib.Path, help="put the tables between the markers of this document"
    )
    return parser.parse_args()


def chosen(name: str, wanted: list[str]) -> bool:
    return not wanted or any(text in name for text in wanted)


def run_family(name: str, arguments: argparse.Namespace) -> list[dict]:
    """The benchmarks of one module: each has a name, columns, and makers of contenders by row name."""
    families = []
    for benchmark in importlib.import_module(f"families.{name}").benchmarks():
        cells = []
        for column, makers in benchmark["columns"]:
            if not chosen(column.name, arguments.column):
                continue
            contenders = []
            for row, make in makers.items():
                if not (row.startswith("glimt") or chosen(row, arguments.row)):
                    continue
                try:
                    contenders.append(driver.Contender(row, make()))
                except Exception as error:
                    cells.append(
                        {
                            "row": row,
                            "column": column.name,
                            "error": f"{type(error).__name__}: {error}"[:200],
                        }
                    )
            print(
                f"\r\033[K{benchmark['name']}: {column.name}", end="", file=sys.stderr, flush=True
            )
            cells.extend(driver.measure(contenders, column, arguments.rounds))
        print("\r\033[K", end="", file=sys.stderr)
        if cells:
            family = {"name": benchmark["name"], "note": benchmark.get("note", ""), "cells": cells}
            print_family(family)
            families.append(family)
    return families


def print_family(family: dict) -> None:
    print(f"\n== {family['name']}")
    if family["note"]:
        print(family["note"])
    for _, grid in report.grids(family):
        print(f"\n{report.aligned(grid)}")
    for line in report.errors(family):
        print(f"  no figure: {line}")
    sys.stdout.flush()


def markdown_block(results: dict) -> str:
    machine, versions = results["machine"], results["versions"]
    parts = [
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['system']}, CPython {machine['python']}.",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        f"Medians of {results['rounds']} interleaved rounds.",
        report.markdown(report.overview(results["families"])),
    ]
    for family in results["families"]:
        parts.append(f"### {family['name']}")
        if family["note"]:
            parts.append(family["note"])
        parts.extend(report.markdown(grid) for _, grid in report.grids(family))
    return "\n\n".join(parts)


def write_markdown(path: pathlib.Path, results: dict) -> None:
    text = path.read_text()
    begin, end = f"<!-- {DOCUMENT_MARK}:begin -->", f"<!-- {DOCUMENT_MARK}:end -->"
    if begin not in text or end not in text:
        sys.exit(f"{path} has no {begin} ... {end}")
    head, tail = text[: text.index(begin) + len(begin)], text[text.index(end) :]
    path.write_text(f"{head}\n{markdown_block(results)}\n{tail}")


def main() -> None:
    arguments = parse_arguments()
    if arguments.from_json:
        results = json.loads(arguments.from_json.read_text())
        for family in results["families"]:
            print_family(family)
    else:
        results = {
            "machine": report.machine(),
            "versions": report.versions(),
            "rounds": arguments.rounds,
        }
        results["families"] = []
        for name in arguments.family or FAMILIES:
            results["families"] += run_family(name, arguments)
            if arguments.json:  # after each family: a long run that is stopped keeps what it has
                arguments.json.write_text(json.dumps(results, indent=1))
    print(
        "\n== glimt against its peers (above 1: glimt is faster)\n"
        + report.aligned(report.overview(results["families"]))
    )
    if arguments.markdown:
        write_markdown(arguments.markdown, results)


if __name__ == "__main__":
    main()
