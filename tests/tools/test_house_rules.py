# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Each house rule finds its fault, and leaves right code alone."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "house_rules.py"
spec = importlib.util.spec_from_file_location("house_rules", SCRIPT)
house_rules = importlib.util.module_from_spec(spec)
spec.loader.exec_module(house_rules)


def faults(check, path, text):
    return [fault.line for fault in check(path, text)]


@pytest.mark.parametrize(
    "line",
    [
        "std::thread worker;",
        "std::mutex lock;",
        'if (getenv("A")) return;',
        "throw 1;",
        "std::fprintf(stderr, x);",
        "cudaMallocAsync(&p, 1, s);",
        "cudaDeviceSynchronize();",
    ],
)
def test_what_formats_must_not_do(line):
    text = f"int a;\n{line}\n"
    assert faults(house_rules.check_formats, "src/formats/png/rows.cc", text) == [2]
    assert faults(house_rules.check_formats, "src/engine/pool.cc", text) == []
    assert faults(house_rules.check_formats, "src/formats/png/rows_test.cc", text) == []


def test_comments_and_strings_are_no_code():
    text = 'int a = 1\'000;  // throw\nauto b = "throw \\" throw"; /* std::thread\n*/ int c;\n'
    code = house_rules.blank_literals(text)
    assert faults(house_rules.check_formats, "src/formats/png/rows.cc", code) == []
    assert len(code) == len(text) and code.count("\n") == 3 and "int c;" in code


def test_arrows_go_one_way():
    def lines(path, header):
        return faults(house_rules.check_includes, path, f'#include "{header}"\n')

    assert lines("src/base/log.cc", "engine/pool.h") == [1]
    assert lines("src/formats/tiff/read.cc", "formats/jpeg/jpeg.h") == [1]
    assert lines("src/formats/tiff/read.cc", "formats/tiff/tags.h") == []
    assert lines("src/engine/pool.cc", "base/log.h") == []
    assert lines("src/formats/tiff/read_test.cc", "engine/pool.h") == []


def test_cuda_switch():
    text = "#if GLIMT_CUDA\n#endif\n"
    assert faults(house_rules.check_cuda_switch, "src/formats/jpeg/format.cc", text) == [1]
    assert faults(house_rules.check_cuda_switch, "src/engine/catalogue.cc", text) == []


def test_lengths():
    body = "  ++a;\n" * 90
    text = f"namespace n {{\nint f(int a) {{\n{body}  return a;\n}}\nint g() {{ return 1; }}\n}}\n"
    assert faults(house_rules.check_cpp_functions, "src/base/a.cc", text) == [2]
    constructor = f"namespace n {{\nA::A() : a{{1}}, b{{2}} {{\n{body}}}\n}}\n"
    assert len(faults(house_rules.check_cpp_functions, "src/base/a.cc", constructor)) == 1
    assert (
        faults(house_rules.check_cpp_functions, "src/base/a.cc", f"int t[] = {{\n{body}}};") == []
    )
    python = "def f():\n" + "    a = 1\n" * 90
    assert faults(house_rules.check_python_functions, "a.py", python) == [1]
    documented = 'def f():\n    """Text.\n' + "    more\n" * 90 + '    """\n    return 1\n'
    assert faults(house_rules.check_python_functions, "a.py", documented) == []


def test_an_interface_has_two_implementations():
    one = "struct Reader {\n  virtual int read() = 0;\n};\nstruct FileReader : Reader {};\n"
    two = one + "class MemoryReader final : public Reader {};\n"
    assert [f.line for f in house_rules.check_lone_interfaces({"src/a.h": one})] == [2]
    assert list(house_rules.check_lone_interfaces({"src/a.h": two})) == []


def test_header_marks_and_paths():
    mark, home = "".join(("TO", "DO")), "".join(("ro", "ot"))  # this file is checked too
    header = (
        "// SPDX-FileCopyrightText: The glimt authors\n// SPDX-License-Identifier: Apache-2.0\n"
    )
    assert faults(house_rules.check_any_text, "src/a.cc", header + "int a;\n") == []
    assert faults(house_rules.check_any_text, "src/a.cc", "int a;\n") == [1]
    assert faults(house_rules.check_any_text, "src/a.cc", header + f"// {mark} later\n") == [3]
    assert faults(house_rules.check_any_text, "src/a.cc", header + "int a;\n" * 800) == [1]
    assert faults(house_rules.check_paths, "README.md", f"see /{home}/file") == [1]
    assert (
        faults(house_rules.check_paths, "README.md", "see https://x.org/root/file, src/work/a")
        == []
    )


def test_names_that_say_nothing():
    for name in ("IDecoder", "DecoderImpl", "BufferManager", "ImageUtils"):
        assert faults(house_rules.check_type_names, "src/a.h", f"class {name} {{}};") == [1]
    for name in ("IfdReader", "IFD", "Image"):
        assert faults(house_rules.check_type_names, "src/a.h", f"class {name} {{}};") == []
