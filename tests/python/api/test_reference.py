# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Every name, argument and default of the reference exists, in the module and in its stub.

reference.txt is the table of them. Each line is looked for in the signatures that the module and the
stub declare, and each argument is handed over by its keyword in a call.
"""

import ast
import importlib.util
import inspect
import re
from pathlib import Path
from typing import NamedTuple

import glimt
import numpy as np
import pytest

FOLDER = Path(__file__).parent
LINES = [
    line
    for line in (FOLDER / "reference.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
SIGNATURES = [line for line in LINES if "(" in line]
NAMES = [line for line in LINES if "(" not in line]
CLASSES = [line for line in NAMES if "." not in line]
MEMBERS = [line for line in NAMES if "." in line]
# Of 0.9, which names only, and behaviour.md's arguments that the reference lacks.
LATER = [
    "CodeStream.__init__(bytes, bitstream_offset=0, limit_images=0)",
    "CodeStream.__init__(array, bitstream_offset=0, limit_images=0)",
    "CodeStream.__init__(filename, bitstream_offset=0, limit_images=0)",
    "CodeStream.get_sub_code_stream(image_idx=0, region=None, bitstream_offset=0, limit_images=0)",
    "CodeStreamView.__init__(image_idx=0, region=None, bitstream_offset=0, limit_images=0)",
    "DecodeParams.__init__(apply_exif_orientation=True, color_spec=ColorSpec.SRGB, "
    "allow_any_depth=False, sample_format=SampleFormat.I_AUTO_COMPONENTS)",
]
LATER_NAMES = (
    "CodeStream.chroma_subsampling CodeStream.ifd_offset CodeStream.next_ifd_offset "
    "CodeStream.next_bitstream_offset CodeStream.subifd_offsets CodeStreamView.bitstream_offset "
    "CodeStreamView.limit_images DecodeParams.sample_format Decoder.__enter__ Decoder.__exit__ "
    "Decoder.device_id Encoder.__enter__ Encoder.__exit__ Encoder.device_id Image.__array__ "
    "Image.__array_interface__ Image.num_channels MetadataKind.TIFF_TAG_LIST MetadataType.IFD "
    "SampleFormat.I_AUTO_COMPONENTS SampleFormat.P_AUTO_COMPONENTS"
).split()


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
    """Of a line "name(a, *, b: int = 1)" or "def name(self, a: int = 1) -> None"."""
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
        keywords = {p.name: p for p in ours if p.keyword_only}
        positional = [p for p in wanted if not p.keyword_only]
        if ours[: len(positional)] != positional:
            return False
        if any(keywords.get(p.name) != p for p in wanted if p.keyword_only):
            return False
    named = {parameter.name for parameter in wanted}
    return all(p.default is not REQUIRED for p in ours if p.name not in named)


def overloads_of(name):
    target = glimt
    for part in name.split("."):
        target = getattr(target, part)
    # The module's own text of a signature has \\N for the Nth default.
    return [
        re.sub(r"\\(\d+)", lambda match, values=values: repr(values[int(match[1])]), text)
        for text, _, values in target.__nb_signature__
    ]


def stub_tree():
    """(owner or "", definition) of everything that the package's files declare."""
    package = Path(glimt.__file__).parent
    for file in (package / "_glimt.pyi", package / "enums.py"):
        for node in ast.parse(file.read_text()).body:
            yield "", node
            for item in node.body if isinstance(node, ast.ClassDef) else []:
                yield node.name, item


def stub_signatures():
    found = {}
    for owner, node in stub_tree():
        if isinstance(node, ast.FunctionDef):
            head = f"def {node.name}({ast.unparse(node.args)})"
            found.setdefault(f"{owner}.{node.name}".strip("."), []).append(head)
    return found


def stub_names():
    names = set()
    for owner, node in stub_tree():
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(f"{owner}.{node.name}".strip("."))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(f"{owner}.{ast.unparse(target)}".strip(".") for target in targets)
    return names


def is_plain_default(line):
    """ "X.__init__()": an overload of which every argument has a default does as well."""
    return line.endswith(".__init__()")


@pytest.mark.parametrize("name", CLASSES)
def test_class(name):
    assert inspect.isclass(getattr(glimt, name))
    assert getattr(glimt, name).__name__ == name
    assert getattr(glimt, name).__doc__
    assert name in glimt.__all__
    assert name in stub_names()


@pytest.mark.parametrize("name", MEMBERS + LATER_NAMES)
def test_member(name):
    cls, member = name.split(".")
    assert hasattr(getattr(glimt, cls), member)
    if cls in glimt.enums.__all__:
        assert isinstance(getattr(getattr(glimt, cls), member), getattr(glimt, cls))
        assert hasattr(glimt, member)
    assert name in stub_names()


def test_every_public_name_of_a_later_release():
    for line in (FOLDER / "names.txt").read_text().splitlines():
        found = glimt
        for part in [] if line.startswith("#") else line.split("."):
            assert hasattr(found, part), line
            found = getattr(found, part)


@pytest.mark.parametrize("line", SIGNATURES + LATER)
def test_signature(line):
    name = line.partition("(")[0]
    ours = [parameters_of(signature) for signature in overloads_of(name)]
    stub = [parameters_of(head) for head in stub_signatures()[name]]
    wanted = parameters_of(line)
    assert any(accepts(overload, wanted) for overload in ours), ours
    assert any(accepts(overload, wanted) for overload in stub), stub


@pytest.fixture(scope="module")
def examples(png, rgb, tmp_path_factory):
    """A value for each name of an argument, or one for each of several types of it."""
    path = tmp_path_factory.mktemp("api") / "image.png"
    path.write_bytes(png)
    stream = glimt.CodeStream(png)
    return {
        "allow_any_depth": True,
        "apply_exif_orientation": False,
        "array": np.frombuffer(png, np.uint8),
        "backend_kind": glimt.CPU_ONLY,
        "backends": [glimt.Backend(glimt.CPU_ONLY), glimt.CPU_ONLY],
        "bitstream_offset": 0,
        "bitstream_type": glimt.J2K,
        "buffer": b"data",
        "bytes": png,
        "chroma_subsampling": glimt.CSS_420,
        "code_block_size": (32, 16),
        "code_stream": stream,
        "code_stream_s": glimt.CodeStream(10),
        "codec": "png",
        "color_spec": glimt.GRAY,
        "cuda_stream": 0,
        "device_id": 0,
        "end": (5, 6),
        "end_x": 6,
        "end_y": 5,
        "file_name": str(path.with_name("one.png")),
        "file_names": [str(path.with_name("two.png"))],
        "filename": path,
        "format": glimt.RAW,
        "ht": True,
        "id": 256,
        "image": {"Decoder": glimt.Decoder().decode(stream), "Encoder": rgb},
        "image_idx": 0,
        "image_s": rgb,
        "images": {"Decoder": [None, None], "Encoder": [rgb]},
        "jpeg2k_encode_params": glimt.Jpeg2kEncodeParams(ht=True),
        "jpeg_encode_params": glimt.JpegEncodeParams(True),
        "kind": glimt.EXIF,
        "limit_images": 0,
        "load_hint": 0.5,
        "load_hint_policy": glimt.IGNORE,
        "max_num_cpu_threads": 1,
        "mct_mode": 1,
        "num_resolutions": 3,
        "optimized_huffman": True,
        "options": ":fancy_upsampling=1",
        "out_of_bounds_sample": 7,
        "out_of_bounds_samples": [1, 2],
        "params": {"Decoder": glimt.DecodeParams(), "Encoder": glimt.EncodeParams()},
        "path": path,
        "paths": [str(path), path],
        "pin_memory": False,
        "pre_allocated_size": 100,
        "prog_order": glimt.LRCP,
        "progressive": True,
        "quality_type": glimt.QUALITY,
        "quality_value": 50,
        "region": glimt.Region(1, 2, 3, 4),
        "sample_format": glimt.I_RGB,
        "source": rgb,
        "sources": [rgb, rgb],
        "src": stream,
        "srcs": [stream, png],
        "start": (1, 2),
        "start_x": 2,
        "start_y": 1,
        "stream": None,
        "synchronize": False,
        "tile_height": 64,
        "tile_width": 64,
        "view": glimt.CodeStreamView(),
    }


# Asking for memory of a GPU says so where there is none.
NEEDS_GPU = {"Image.cuda"}
PAIRS = {"tile_width": "tile_height", "tile_height": "tile_width"}


def receiver_of(name, examples):
    owner = name.partition(".")[0]
    if name.endswith("__init__"):
        return getattr(glimt, owner)
    makers = {
        "CodeStream": lambda: examples["src"],
        "Decoder": glimt.Decoder,
        "Encoder": glimt.Encoder,
        "Image": lambda: examples["image"]["Decoder"],
    }
    whole = makers[owner]() if owner in makers else glimt
    return getattr(whole, name.rpartition(".")[2])


def example_of(owner, parameter, examples):
    value = examples[parameter]
    return value[owner] if isinstance(value, dict) else value


def same(found, given):
    """Objects of classes without equality print the same."""
    return found == given or repr(found) == repr(given)


def call(name, arguments, examples):
    function = receiver_of(name, examples)
    try:
        result = function(**arguments)
    except RuntimeError as error:
        assert name in NEEDS_GPU
        assert "GPU" in str(error)
        return None
    assert result is not None or name == "Decoder.get_metadata"
    return result


CALLS = [
    (line, parameter.name)
    for line in SIGNATURES + LATER
    for parameter in [*parameters_of(line), Parameter("", REQUIRED, False)]
]


@pytest.mark.parametrize(("line", "parameter"), CALLS)
def test_call_with_keywords(line, parameter, examples):
    """The required arguments alone, then each optional one with its default and with another value."""
    name, _, rest = line.partition("(")
    owner = name.partition(".")[0]
    wanted = parameters_of(line)
    required = {
        p.name: example_of(owner, p.name, examples) for p in wanted if p.default is REQUIRED
    }
    if "list[int]" in rest:
        required = {key: list(v) if isinstance(v, tuple) else v for key, v in required.items()}
    call(name, required, examples)
    for p in wanted:
        if p.name != parameter or p.default is REQUIRED:
            continue
        plain = call(name, {**required, p.name: p.default}, examples)
        value = example_of(owner, p.name, examples)
        also = {PAIRS[p.name]: value} if p.name in PAIRS else {}
        result = call(name, {**required, **also, p.name: value}, examples)
        if name.endswith("__init__") and hasattr(result, p.name):
            assert same(getattr(result, p.name), value)
            assert getattr(plain, p.name) == p.default or p.default is None


def test_the_table_is_complete(capsys):
    """What was checked, for the eye; the numbers are those of the reference of 0.8."""
    signatures = [parameters_of(line) for line in SIGNATURES]
    arguments = sum(map(len, signatures))
    defaults = sum(p.default is not REQUIRED for parameters in signatures for p in parameters)
    with capsys.disabled():
        print(
            f"\nAPI reference: {len(CLASSES)} classes, {len(MEMBERS)} members, "
            f"{len(SIGNATURES)} signatures, {arguments} arguments, {defaults} defaults; "
            f"later releases: {len(LATER_NAMES)} members, {len(LATER)} signatures; none is missing"
        )
    counts = (len(CLASSES), len(MEMBERS), len(SIGNATURES), arguments, defaults)
    assert counts == (24, 161, 45, 114, 71)


SAMPLE = """\
- class nvidia.nvimgcodec.Kind#
Enum of kinds.
Members:
- ONE :
The first.- TWO :
The second.
THREE : the third
- class nvidia.nvimgcodec.Thing#
- __init__(*args, **kwargs)#
Overloaded function.
__init__(self: nvidia.nvimgcodec.nvimgcodec_impl.Thing) -> None
__init__(self: nvidia.nvimgcodec.nvimgcodec_impl.Thing, kind: nvidia.nvimgcodec.nvimgcodec_impl.Kind = <Kind.ONE: 1>, name: str = ‘’) -> None
- property size#
NOTE : no member of an enumeration
- show(
- self: nvidia.nvimgcodec.nvimgcodec_impl.Thing,
- *,
- width: int = 80,
Shows it.
cpu(self: nvidia.nvimgcodec.nvimgcodec_impl.Thing) object#
- __dlpack_device__( ) tuple#
- nvidia.nvimgcodec.as_thing(
- source: object,
- kind: nvidia.nvimgcodec.nvimgcodec_impl.Kind | None = None,
Wraps it.
"""


def test_the_parser():
    spec = importlib.util.spec_from_file_location("make_reference", FOLDER / "make_reference.py")
    parser = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(parser)
    assert list(parser.entries(SAMPLE)) == [
        "Kind",
        "Kind.ONE",
        "Kind.TWO",
        "Kind.THREE",
        "Thing",
        "Thing.__init__()",
        "Thing.__init__(kind: Kind = Kind.ONE, name: str = '')",
        "Thing.size",
        "Thing.show(*, width: int = 80)",
        "Thing.cpu()",
        "Thing.__dlpack_device__()",
        "as_thing(source: object, kind: Kind | None = None)",
    ]
