# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of a benchmark run, aligned for a terminal or as Markdown."""

import importlib.metadata
import platform
import statistics
import subprocess

PEERS = (
    "glimt", "nvidia-nvimgcodec-cu12", "simplejpeg", "PyTurboJPEG", "opencv-python-headless", "imagecodecs",
    "Pillow", "kornia-rs", "fpng-py", "pyspng-seunglab", "numpy",
)  # fmt: skip


def number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


VALUES = {
    "speed": ("rate", number),
    "glimt's speed over the row's": ("glimt_ratio", lambda v: f"{v:.2f}"),
    "CPU time of the row over glimt's": ("cpu_ratio", lambda v: f"{v:.2f}"),
    "bits a pixel written": ("bits_per_pixel", lambda v: f"{v:.2f}"),
    "CPU ms": ("cpu_ms", lambda v: f"{v:.3f}"),
    "page faults": ("faults", lambda v: f"{v:.0f}" if v >= 10 else f"{v:.1f}"),
}


def with_cpu_ratios(family: dict) -> dict:
    """Adds each row's CPU time over that of the glimt row with the same buffers: steadier than the clock
    on a machine that others use."""
    cpu = {(c["row"], c["column"]): c["cpu_ms"] for c in family["cells"] if c.get("cpu_ms")}
    for cell in family["cells"]:
        row, column = cell["row"], cell["column"]
        policy = row[row.index(",") :] if "," in row else ""
        twin = cpu.get(("glimt" + policy, column))
        if twin and (row, column) in cpu:
            cell["cpu_ratio"] = cpu[row, column] / twin
    return family


def grids(family: dict) -> list[tuple[str, list[list[str]]]]:
    """A grid (header row first) for each value that the family has."""
    cells = {(c["row"], c["column"]): c for c in with_cpu_ratios(family)["cells"]}
    rows = list(dict.fromkeys(c["row"] for c in family["cells"]))
    columns = list(dict.fromkeys(c["column"] for c in family["cells"]))
    unit = next((c["unit"] for c in family["cells"] if "unit" in c), "")
    labels = {
        "speed": f"{unit}/s",
        "CPU ms": f"CPU ms a {unit}",
        "page faults": f"page faults a {unit}",
    }
    found = []
    for title, (key, form) in VALUES.items():
        if not any(key in c for c in family["cells"]):
            continue
        if key in ("glimt_ratio", "cpu_ratio") and all(
            c["row"].startswith("glimt") for c in family["cells"]
        ):
            continue
        grid = [[labels.get(title, title), *columns]]
        for row in rows:
            values = [cells.get((row, column), {}) for column in columns]
            grid.append([row, *(form(v[key]) if key in v else "-" for v in values)])
        found.append((title, grid))
    if gains := scaling(family):
        found.insert(1, ("scaling", gains))
    return found


def scaling(family: dict) -> list[list[str]]:
    """Speed-ups of the rows named "WHO, K threads" over "WHO, 1 threads", round by round."""
    cells = {(c["row"], c["column"]): c for c in family["cells"] if "wall_s" in c}
    columns = list(dict.fromkeys(c["column"] for c in family["cells"]))
    grid = [["speed-up over one thread", *columns]]
    rows = [
        r
        for r in dict.fromkeys(c["row"] for c in family["cells"])
        if r.endswith(" threads") and ", " in r
    ]
    gains: dict[tuple[str, str], float] = {}
    for row in rows:
        one = row.split(", ")[0] + ", 1 threads"
        for column in columns:
            if row != one and (row, column) in cells and (one, column) in cells:
                pairs = zip(cells[one, column]["wall_s"], cells[row, column]["wall_s"])
                gains[row, column] = statistics.median(a / b for a, b in pairs)
    for row in dict.fromkeys(row for row, _ in gains):
        grid.append([row, *(f"{gains[row, c]:.2f}" if (row, c) in gains else "-" for c in columns)])
        spinning = "spinning, " + row.split(", ")[1]
        if row != spinning and any((spinning, c) in gains for c in columns):
            shares = [
                gains[row, c] / gains[spinning, c] if (row, c) in gains else 0 for c in columns
            ]
            grid.append(
                [f"{row}: share of the spinning threads'", *(f"{share:.2f}" for share in shares)]
            )
    return grid if len(grid) > 1 else []


def aligned(grid: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in grid) for i in range(len(grid[0]))]
    lines = [
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))])
        for line in grid
    ]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines)


def markdown(grid: list[list[str]]) -> str:
    lines = ["| " + " | ".join(line) + " |" for line in grid]
    lines.insert(1, "| --- |" + " ---: |" * (len(grid[0]) - 1))
    return "\n".join(lines)


def errors(family: dict) -> list[str]:
    return [f"{c['row']}, {c['column']}: {c['error']}" for c in family["cells"] if "error" in c]


def cpu_model() -> str:
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.processor()


def machine() -> dict:
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "cpu": cpu_model(),
        "cores": int(cores),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def versions() -> dict:
    found = {}
    for name in PEERS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


NO_PEERS = ("glimt", "copy", "spinning")


def best_peer_ratio(family: dict, column: str, key: str) -> float | None:
    """glimt over the best peer, with each library's ordinary allocation."""
    ratios = [
        c[key] for c in family["cells"]
        if c["column"] == column and key in c and not c["row"].startswith(NO_PEERS) and "," not in c["row"]
    ]  # fmt: skip
    return min(ratios) if ratios else None


def overview(families: list[dict]) -> list[list[str]]:
    """A line per benchmark and column: glimt over its best peer, by the clock and by CPU time."""
    grid = [["benchmark", "column", "glimt / best peer", "by CPU time"]]
    for family in families:
        with_cpu_ratios(family)
        for column in dict.fromkeys(c["column"] for c in family["cells"]):
            wall = best_peer_ratio(family, column, "glimt_ratio")
            cpu = best_peer_ratio(family, column, "cpu_ratio")
            if wall is not None and cpu is not None:
                grid.append([family["name"], column, f"{wall:.2f}", f"{cpu:.2f}"])
    return grid
