# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Every name, argument and default of the reference exists, in the module and in its stub."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import glimt
import pytest
from glimt import _glimt

FOLDER = Path(__file__).parent
LINES = [
    line
    for line in (FOLDER / "reference.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
NAMES = [line for line in LINES if "(" not in line]
SIGNATURES = [line for line in LINES if "(" in line]


class Parameter(NamedTuple):
    name: str
    default: object  # REQUIRED: it has none
    keyword_only: bool


REQUIRED = object()


def value_of(expression):
    """A default: of a constant, or of the name of an enum member."""
    text = ast.unparse(expression).removeprefix("glimt.") if expression is not None else None
    return REQUIRED if text is None else eval(text, vars(glimt))


def parameters_of(signature):
    """Of a line "name(a, *, b=1)" or "def name(self, a: int = 1) -> None"."""
    text = signature if signature.startswith("def ") else f"def {signature}"
    text = re.sub(r"^def \w+\.", "def ", text)
    arguments = ast.parse(f"{text}: ...").body[0].args
    positional = arguments.posonlyargs + arguments.args
    missing = [None] * (len(positional) - len(arguments.defaults))
    parameters = [
        Parameter(argument.arg, value_of(default), False)
        for argument, default in zip(positional, missing + arguments.defaults)
    ]
    parameters += [
        Parameter(argument.arg, value_of(default), True)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults)
    ]
    return [parameter for parameter in parameters if parameter.name != "self"]


def accepts(ours, wanted):
    """All that is wanted, in this order; whatever we have beyond it is optional."""
    if ours[: len(wanted)] != wanted:
        return False
    return all(parameter.default is not REQUIRED for parameter in ours[len(wanted) :])


def overloads_of(name):
    target = glimt
    for part in name.split("."):
        target = getattr(target, part)
    # The module's own text of a signature has \\N for the Nth default.
    return [
        re.sub(r"\\(\d+)", lambda match, values=values: repr(values[int(match[1])]), text)
        for text, _, values in target.__nb_signature__
    ]


@pytest.mark.parametrize("name", NAMES)
def test_name(name):
    cls, member = name.split(".")
    assert hasattr(getattr(glimt, cls), member)


@pytest.mark.parametrize("line", SIGNATURES)
def test_signature(line):
    name = line.partition("(")[0]
    if line.endswith(".__init__()") and name not in ("Backend.__init__", "Metadata.__init__"):
        assert getattr(glimt, name.split(".")[0])() is not None  # an overload with defaults will do
        return
    ours = [parameters_of(signature) for signature in overloads_of(name)]
    assert any(accepts(overload, parameters_of(line)) for overload in ours), ours


def test_the_stub_says_the_same():
    stub = Path(_glimt.__file__).with_name("_glimt.pyi")
    if not stub.exists():
        stub = Path(glimt.__file__).with_name("_glimt.pyi")
    found = {}
    for node in ast.parse(stub.read_text()).body:
        for item in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(item, ast.FunctionDef):
                owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
                head = ast.unparse(item).split(":\n")[0]
                head = "def " + head.split("def ", 1)[1].split("\n")[0].removesuffix(":")
                found.setdefault(owner + item.name, []).append(head.removesuffix(" ..."))
    for line in SIGNATURES:
        name = line.partition("(")[0]
        if line.endswith(".__init__()"):
            continue
        ours = [parameters_of(head.rstrip(":")) for head in found[name]]
        assert any(accepts(overload, parameters_of(line)) for overload in ours), (line, ours)
