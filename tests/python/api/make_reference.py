# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Turns the text of nvImageCodec's Python API reference into the table that test_reference.py walks.

    python tests/python/api/make_reference.py api-reference.txt > tests/python/api/reference.txt

The text is that of the reference's web page: a class or function a section, "property x", members of
enumerations as "X : what it is", signatures on one line, or with one argument a line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

HEAD = """\
# What nvImageCodec's Python API reference (0.8) names: classes, members of enumerations, properties, and the
# signatures of every overload. Made by make_reference.py from the text of the reference.
"""
CLASS = re.compile(r"^- class nvidia\.nvimgcodec\.(\w+)#$")
FUNCTION = re.compile(r"^- nvidia\.nvimgcodec\.(\w+)\($")
PROPERTY = re.compile(r"^- property (\w+)#$")
MEMBER = re.compile(r"(?:^|- )([A-Z][A-Z0-9_a-z]*) :(?: |$)")
ONE_LINE = re.compile(r"^(?:- )?(\w+)\((self: .*)\)(?: -> .*| \w+#)$")
OPENS = re.compile(r"^- (\w+)\(( \) \w+#)?$")
ARGUMENT = re.compile(r"^- (\*|\w+: .*),$")
# Longest first: the prefix of names of the module, and how the page writes enum members and quotes.
CLEAN = [
    (re.compile(r"nvidia\.nvimgcodec\.(nvimgcodec_impl\.)?"), ""),
    (re.compile(r"<(\w+\.\w+): -?\d+>"), r"\1"),
    (re.compile("[‘’]"), "'"),
    (re.compile(r"^self: \w+(, )?"), ""),
]


def cleaned(arguments: str) -> str:
    for pattern, text in CLEAN:
        arguments = pattern.sub(text, arguments)
    return arguments


def arguments_after(lines: list[str], at: int) -> str:
    """The arguments of a signature that has one a line."""
    found = []
    while match := ARGUMENT.match(lines[at]):
        found.append(match[1])
        at += 1
    return ", ".join(found)


def entries(text: str) -> Iterator[str]:
    lines = text.splitlines()
    owner, members = "", False
    for at, line in enumerate(lines):
        if match := CLASS.match(line):
            owner, members = match[1], False
            yield owner
        elif match := FUNCTION.match(line):
            owner, members = "", False
            yield f"{match[1]}({cleaned(arguments_after(lines, at + 1))})"
        elif match := PROPERTY.match(line):
            yield f"{owner}.{match[1]}"
        elif match := ONE_LINE.match(line):
            yield f"{owner}.{match[1]}({cleaned(match[2])})"
        elif (match := OPENS.match(line)) and owner:
            yield f"{owner}.{match[1]}({cleaned(arguments_after(lines, at + 1))})"
        elif line.endswith("Members:"):
            members = True
        elif members and (match := MEMBER.search(line)):
            yield f"{owner}.{match[1]}"


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(entries(file.read()))
    print(HEAD + "\n".join(sorted(dict.fromkeys(found), key=lambda entry: entry.partition("(")[0])))
