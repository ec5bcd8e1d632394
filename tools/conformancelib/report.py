# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of a run, aligned for a terminal or as Markdown."""

import collections

from . import headers

COLUMNS = (
    "format", "files", "a reference decodes", "equal", "within 1 level", "different",
    "refused", "crash or hang", "good %", "refused by all", "decoded alone",
)  # fmt: skip
BAD_OUTCOMES = ("crash", "hang", "raised")


def counts(results: list[dict]) -> list:
    by_outcome = collections.Counter(r["outcome"] for r in results)
    decodable = [r for r in results if r.get("references") or r["outcome"] in BAD_OUTCOMES]
    refused = sum(r["outcome"] == "refused" for r in decodable)
    good = by_outcome["equal"] + by_outcome["within"]
    return [
        len(results),
        len(decodable),
        by_outcome["equal"],
        by_outcome["within"],
        by_outcome["different"],
        refused,
        sum(by_outcome[o] for o in BAD_OUTCOMES),
        f"{100 * good / len(decodable):.2f}" if decodable else "-",
        by_outcome["refused"] - refused,
        by_outcome["alone"],
    ]


def table(results: list[dict]) -> list[list]:
    """A row per format for files on which the references agree, one for the others, and totals."""
    rows: list[list] = []
    for name in headers.FORMATS:
        of_format = [r for r in results if r["format"] == name]
        for disputed in (False, True):
            part = [r for r in of_format if r.get("disputed", False) is disputed]
            if part:
                rows.append([name + (", references disagree" if disputed else ""), *counts(part)])
    for label, disputed in (("all, references agree", False), ("all, references disagree", True)):
        rows.append([label, *counts([r for r in results if r.get("disputed", False) is disputed])])
    rows.append(["all", *counts(results)])
    return rows


def aligned(rows: list[list], header: tuple[str, ...]) -> str:
    cells = [list(header)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]))
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines)


def markdown(rows: list[list], header: tuple[str, ...]) -> str:
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def noteworthy(results: list[dict]) -> list[dict]:
    """Crashes, differences, and refusals of what a reference decodes; undisputed files first."""
    wanted = [
        r for r in results
        if r["outcome"] in (*BAD_OUTCOMES, "different") or (r["outcome"] == "refused" and r.get("references"))
    ]  # fmt: skip
    order = {outcome: i for i, outcome in enumerate((*BAD_OUTCOMES, "different", "refused"))}
    return sorted(
        wanted,
        key=lambda r: (r.get("disputed", False), order[r["outcome"]], r["format"], r["path"]),
    )


def grouped_reasons(results: list[dict]) -> list[list]:
    """Refusals and differences by format, agreement and reason, digits masked."""
    groups: collections.Counter = collections.Counter()
    for r in noteworthy(results):
        reason = "".join("#" if c.isdigit() else c for c in r["detail"])
        while "##" in reason:
            reason = reason.replace("##", "#")
        agreement = "disagree" if r.get("disputed") else "agree"
        groups[r["format"], agreement, r["outcome"], reason.replace("|", "/")[:120]] += 1
    return [
        [*key, n] for key, n in sorted(groups.items(), key=lambda item: (item[0][:2], -item[1]))
    ]


def replaced_block(text: str, name: str, block: str) -> str:
    """`text` with what stands between the markers of `name` replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if begin not in text or end not in text:
        raise ValueError(f"no {begin} ... {end} in the document")
    return text[: text.index(begin) + len(begin)] + f"\n{block}\n" + text[text.index(end) :]
