#!/usr/bin/env python3
# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/architecture.md that a program can check; part of tools/dev lint.

Prints one line a fault, "file:line: what is wrong", and exits with 1 when there is any.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 80

CPP = {".cc", ".h", ".cu", ".cuh"}
OWN_TEST = re.compile(r"_(test|fuzz)\.(cc|cu)$")


class Fault(NamedTuple):
    path: str
    line: int
    what: str


# A codec gets its threads, memory and errors from the engine.
FORBIDDEN_IN_FORMATS = [
    (r"\bstd::(jthread|thread|async)\b|\bpthread_\w+", "only engine/pool.cc makes threads"),
    (
        r"\bstd::(\w*mutex|lock_guard|scoped_lock|unique_lock|condition_variable)\b|\bcall_once\b",
        "formats hold no lock; state shared by threads is a StreamState",
    ),
    (r"\bgetenv\b", "options come through Options, not through the environment"),
    (r"\bthrow\b", "codecs return a Status"),
    (r"\b\w*printf\b|\bstd::(cout|cerr|clog)\b|\bf?puts\b", "codecs do not print; text is fmt's"),
    (r"\bcudaMalloc\w*\b", "device memory comes from the pool of src/gpu"),
    (r"\bcudaDeviceSynchronize\b", "codecs do not synchronise; one event per batch"),
]

# Arrows go one way: a folder may include those of a lower rank, and itself.
RANK = {
    "base": 0,
    "pixel": 1,
    "gpu": 1,
    "metadata": 1,
    "codec": 2,
    "formats": 3,
    "engine": 4,
    "python": 5,
    "cli": 5,
}

# The one place that names every format.
CATALOGUE = re.compile(r"^src/engine/catalogue\w*\.cc$")

# Spelled in pieces, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.~}])/(work|root|farm|home|tmp)/" r"\w")
PACKAGE_MIRROR = re.compile(r"--((extra-)?index" r"-url|trusted" r"-host|find" r"-links)")

BAD_TYPE_NAME = re.compile(r"\b(?:class|struct)\s+(I[A-Z][a-z]\w*|\w*(?:Impl|Manager|Utils?))\b")
PURE_VIRTUAL = re.compile(r"\)\s*(?:const\s*)?(?:noexcept\s*)?=\s*0\s*;")
TYPE_HEAD = re.compile(
    r"\b(class|struct)\s+(?:GLIMT_API\s+|\[\[\w+\]\]\s*)*(\w+)[^;{}()]*(?::[^;{}]*)?$"
)


def tree_files() -> list[str]:
    """Files that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted({path for path in listed.stdout.splitlines() if Path(path).is_file()})


def blank_literals(text: str) -> str:
    """C++ text with comments, strings and characters blanked; lines and columns stay."""
    token = re.compile(
        r'R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
        r"|(?<![\w])'(?:\\.|[^'\\\n])+'",
        re.DOTALL,
    )
    return token.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def is_script(path: str, text: str) -> bool:
    return Path(path).suffix in {".sh", ".py", ".cmake"} or text.startswith("#!")


def check_any_text(path: str, text: str) -> Iterator[Fault]:
    """Rules of every source file, whatever its language."""
    needs_header = (
        Path(path).suffix in CPP
        or is_script(path, text)
        or Path(path).name in {"CMakeLists.txt", "Makefile"}
    )
    if not needs_header:
        return
    head = "\n".join(text.splitlines()[:4])
    if "SPDX-FileCopyrightText: The glimt authors" not in head or (
        "SPDX-License-Identifier: Apache-2.0" not in head
    ):
        yield Fault(path, 1, "the two SPDX lines are missing")
    lines = text.splitlines()
    if len(lines) >= MAX_FILE_LINES:
        yield Fault(path, 1, f"{len(lines)} lines; files stay under {MAX_FILE_LINES}")
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield Fault(path, number, "an unfinished mark: finish it, or open an issue")


def check_paths(path: str, text: str) -> Iterator[Fault]:
    """What belongs to one machine stays out of the tree, documents included."""
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield Fault(path, number, "a path of one machine")
        if PACKAGE_MIRROR.search(line):
            yield Fault(path, number, "a package mirror; pip's own settings name it")


def check_formats(path: str, code: str) -> Iterator[Fault]:
    if not path.startswith("src/formats/") or OWN_TEST.search(path):
        return
    for pattern, why in FORBIDDEN_IN_FORMATS:
        for match in re.finditer(pattern, code):
            yield Fault(path, line_of(code, match.start()), f"{match.group()}: {why}")


def check_cuda_switch(path: str, code: str) -> Iterator[Fault]:
    if path.startswith("src/gpu/") or CATALOGUE.match(path):
        return
    for match in re.finditer(r"^[ \t]*#[ \t]*(?:el)?if\w*.*\bGLIMT_CUDA\b", code, re.MULTILINE):
        yield Fault(
            path,
            line_of(code, match.start()),
            "GLIMT_CUDA is asked for in the catalogue, src/gpu and CMake only",
        )


def check_includes(path: str, text: str) -> Iterator[Fault]:
    parts = Path(path).parts
    if parts[0] != "src" or OWN_TEST.search(path) or parts[1] not in RANK:
        return
    own = parts[1]
    for match in re.finditer(r'^#include "([^"]+)"', text, re.MULTILINE):
        target = match.group(1).split("/")
        other = target[0]
        if other not in RANK:
            continue
        line = line_of(text, match.start())
        if other != own and RANK[other] > RANK[own]:
            yield Fault(path, line, f"src/{own} includes {other}: arrows go the other way")
        if own == other == "formats" and target[1] != parts[2]:
            yield Fault(path, line, "a format never includes another format")


def check_type_names(path: str, code: str) -> Iterator[Fault]:
    for match in BAD_TYPE_NAME.finditer(code):
        yield Fault(
            path, line_of(code, match.start()), f"{match.group(1)}: a name that says nothing"
        )


def block_kind(head: str, after_initializer: bool) -> str:
    """What the brace after `head` opens: "scope" (namespace, type), "function" or "other"."""
    head = head.strip()
    if re.search(r"\b(namespace|extern)\b", head) or (
        re.search(r"\b(class|struct|union|enum)\b", head) and not re.search(r"\)\s*$", head)
    ):
        return "scope"
    if ")" in head or (after_initializer and (head == "" or head.startswith(","))):
        return "function"
    return "other"


def function_spans(code: str) -> Iterator[tuple[int, int]]:
    """First and last offset of each function body that stands in a namespace or type."""
    code = re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: " " * len(m.group()), code, flags=re.M
    )
    stack: list[tuple[str, int]] = []
    head_start = 0
    last_closed = ("", -1)  # kind and depth of the block that closed last
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match.group() == "{":
            outer = all(kind == "scope" for kind, _ in stack)
            follows = last_closed == ("function", len(stack))
            kind = block_kind(code[head_start:at], follows) if outer else "other"
            stack.append((kind, head_start + re.match(r"\s*", code[head_start:]).end()))
        elif match.group() == "}" and stack:
            kind, start = stack.pop()
            last_closed = (kind, len(stack))
            if kind == "function":
                yield start, at
        else:
            last_closed = ("", -1)
        head_start = at + 1


def check_cpp_functions(path: str, code: str) -> Iterator[Fault]:
    for start, end in function_spans(code):
        lines = code.count("\n", start, end) + 1
        if lines >= MAX_FUNCTION_LINES:
            what = f"a function of {lines} lines; they stay under {MAX_FUNCTION_LINES}"
            yield Fault(path, line_of(code, start), what)


def check_python_functions(path: str, text: str) -> Iterator[Fault]:
    for node in ast.walk(ast.parse(text, path)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        # A docstring is documentation: it may be as long as the reader needs.
        first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
        lines = (node.end_lineno or node.lineno) - first.lineno + 2
        if lines >= MAX_FUNCTION_LINES:
            what = f"{node.name}: {lines} lines; functions stay under {MAX_FUNCTION_LINES}"
            yield Fault(path, node.lineno, what)


def check_lone_interfaces(sources: dict[str, str]) -> Iterator[Fault]:
    """An interface is put in when a second implementation exists."""
    interfaces: dict[str, tuple[str, int]] = {}
    children: dict[str, set[str]] = defaultdict(set)
    for path, code in sources.items():
        if OWN_TEST.search(path):
            continue
        for match in re.finditer(r"\b(?:class|struct)\s+(\w+)[^;{}()]*:\s*([^;{}]+)\{", code):
            for base in re.findall(r"(?:public\s+)?(?:\w+::)*(\w+)", match.group(2)):
                children[base].add(f"{path}:{match.group(1)}")
        for match in PURE_VIRTUAL.finditer(code):
            name = enclosing_type(code, match.start())
            if name:
                interfaces.setdefault(name, (path, line_of(code, match.start())))
    for name, (path, line) in interfaces.items():
        if len(children[name]) < 2:
            count = len(children[name])
            yield Fault(path, line, f"{name}: an interface with {count} implementation(s)")


def enclosing_type(code: str, offset: int) -> str | None:
    depth = 0
    for at in range(offset, -1, -1):
        if code[at] == "}":
            depth += 1
        elif code[at] == "{":
            if depth == 0:
                head = TYPE_HEAD.search(code[max(0, at - 300) : at].rstrip())
                return head.group(2) if head else None
            depth -= 1
    return None


def check_tree() -> list[Fault]:
    faults: list[Fault] = []
    sources: dict[str, str] = {}
    for path in tree_files():
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image, say
        faults += check_any_text(path, text)
        faults += check_paths(path, text)
        if Path(path).suffix == ".py":
            faults += check_python_functions(path, text)
        if Path(path).suffix in CPP:
            code = blank_literals(text)
            sources[path] = code
            faults += check_includes(path, text)
            for check in (check_formats, check_cuda_switch, check_type_names, check_cpp_functions):
                faults += check(path, code)
    return faults + list(check_lone_interfaces(sources))


def main() -> int:
    faults = check_tree()
    for fault in sorted(faults):
        print(f"{fault.path}:{fault.line}: {fault.what}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
