# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import copy
import pickle

import glimt
import numpy as np
import pytest
from glimt import (
    Backend,
    BackendKind,
    ChromaSubsampling,
    ColorSpec,
    DecodeParams,
    EncodeParams,
    Jpeg2kBitstreamType,
    Jpeg2kEncodeParams,
    Jpeg2kProgOrder,
    JpegEncodeParams,
    LoadHintPolicy,
    PngEncodeParams,
    QualityType,
    SampleFormat,
    TiffEncodeParams,
    WebpEncodeParams,
)

# class -> property -> (default, another value)
SETTABLE = {
    DecodeParams: {
        "apply_exif_orientation": (True, False),
        "color_spec": (ColorSpec.SRGB, ColorSpec.UNCHANGED),
        "allow_any_depth": (False, True),
        "sample_format": (SampleFormat.I_UNCHANGED, SampleFormat.P_RGB),
        "errors": ("strict", "partial"),
        "reduce": (0, 2),
    },
    JpegEncodeParams: {
        "progressive": (False, True),
        "optimized_huffman": (False, True),
        "restart_interval": (0, 8),
        "arithmetic": (False, True),
        "lossless": (False, True),
        "precision": (0, 12),
    },
    Jpeg2kEncodeParams: {
        "code_block_size": ((64, 64), (32, 16)),
        "num_resolutions": (6, 3),
        "bitstream_type": (Jpeg2kBitstreamType.JP2, Jpeg2kBitstreamType.J2K),
        "prog_order": (Jpeg2kProgOrder.RPCL, Jpeg2kProgOrder.LRCP),
        "mct_mode": (0, 1),
        "ht": (False, True),
        "layers": (1, 5),
        "precincts": ([], [(256, 256), (128, 64)]),
        "sop": (False, True),
        "eph": (False, True),
        "plt": (False, True),
        "code_block_style": (0, 9),
    },
    PngEncodeParams: {"level": (-1, 9), "filter": (-1, 4)},
    TiffEncodeParams: {
        "compression": ("lzw", "zstd"),
        "predictor": (None, 2),
        "bigtiff": (None, True),
        "rows_per_strip": (0, 16),
        "planar": (False, True),
        "level": (None, 3),
        "max_error": (0.0, 0.5),
        "palette": (False, True),
    },
    WebpEncodeParams: {"method": (4, 6), "exact": (True, False), "near_lossless": (100, 60)},
    EncodeParams: {
        "quality_type": (QualityType.DEFAULT, QualityType.QUALITY),
        "quality_value": (0, 95.5),
        "color_spec": (ColorSpec.UNCHANGED, ColorSpec.GRAY),
        "chroma_subsampling": (None, ChromaSubsampling.CSS_420),
        "tile_width": (0, 128),
        "tile_height": (0, 256),
    },
}
CASES = [(cls, name) for cls, fields in SETTABLE.items() for name in fields]


@pytest.mark.parametrize(("cls", "name"), CASES)
def test_default_keyword_and_setter(cls, name):
    default, other = SETTABLE[cls][name]
    assert getattr(cls(), name) == default
    if not name.startswith("tile_"):
        assert getattr(cls(**{name: other}), name) == other
    params = cls()
    setattr(params, name, other)
    assert getattr(params, name) == other
    setattr(params, name, default)
    assert getattr(params, name) == default
    with pytest.raises(TypeError):
        setattr(params, name, object())
    with pytest.raises(TypeError):
        cls(nonsense=1)


POSITIONAL = {
    DecodeParams: ["apply_exif_orientation", "color_spec", "allow_any_depth", "sample_format"],
    JpegEncodeParams: ["progressive", "optimized_huffman"],
    Jpeg2kEncodeParams: list(SETTABLE[Jpeg2kEncodeParams])[:6],
    EncodeParams: ["quality_type", "quality_value", "color_spec", "chroma_subsampling"],
}


@pytest.mark.parametrize("cls", POSITIONAL)
def test_order_of_arguments(cls):
    values = [SETTABLE[cls][name][1] for name in POSITIONAL[cls]]
    params = cls(*values)
    for name, value in zip(POSITIONAL[cls], values):
        assert getattr(params, name) == value


def test_extensions_are_keywords():
    with pytest.raises(TypeError):
        DecodeParams(True, ColorSpec.SRGB, False, SampleFormat.I_RGB, "partial")
    with pytest.raises(TypeError):
        JpegEncodeParams(False, False, 4)
    with pytest.raises(TypeError):
        Jpeg2kEncodeParams((64, 64), 6, glimt.JP2, glimt.RPCL, 0, False, 2)
    with pytest.raises(TypeError):
        EncodeParams(glimt.DEFAULT, 0, glimt.UNCHANGED, None, None, None, None, None, None)
    with pytest.raises(ValueError, match="lzw, deflate"):
        TiffEncodeParams("nonsense")
    with pytest.raises(ValueError, match="nonsense"):
        DecodeParams(errors="nonsense")


def test_tiles_come_in_pairs():
    params = EncodeParams(tile_width=64, tile_height=32)
    assert (params.tile_width, params.tile_height) == (64, 32)
    for alone in ({"tile_width": 64}, {"tile_height": 64}):
        with pytest.raises(ValueError):
            EncodeParams(**alone)
    EncodeParams().tile_width = 64  # a setter does not look at the other one


PARTS = {
    "jpeg": (JpegEncodeParams, "progressive", True),
    "jpeg2k": (Jpeg2kEncodeParams, "ht", True),
    "tiff": (TiffEncodeParams, "planar", True),
    "png": (PngEncodeParams, "level", 9),
    "webp": (WebpEncodeParams, "method", 6),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_live_and_have_two_names(name):
    cls, field, value = PARTS[name]
    params = EncodeParams()
    part = getattr(params, f"{name}_params")
    assert isinstance(part, cls)
    setattr(part, field, value)
    assert getattr(getattr(params, f"{name}_params"), field) == value
    assert getattr(getattr(params, f"{name}_encode_params"), field) == value
    fresh = cls()
    setattr(params, f"{name}_params", fresh)  # a setter copies
    setattr(fresh, field, value)
    assert getattr(getattr(params, f"{name}_params"), field) != value
    del params
    setattr(part, field, value)  # the part keeps its whole alive
    given = EncodeParams(**{f"{name}_encode_params": part})
    assert getattr(getattr(given, f"{name}_params"), field) == value
    assert getattr(EncodeParams(**{f"{name}_encode_params": None}), f"{name}_params") is not None


def test_two_names_of_one_argument():
    assert EncodeParams(jpeg_params=JpegEncodeParams(True)).jpeg_params.progressive
    assert EncodeParams(jpeg2k_params=Jpeg2kEncodeParams(ht=True)).jpeg2k_params.ht
    with pytest.raises(ValueError, match="jpeg_params"):
        EncodeParams(jpeg_params=JpegEncodeParams(), jpeg_encode_params=JpegEncodeParams())


BOOLS = [(cls, name) for cls, name in CASES if isinstance(SETTABLE[cls][name][0], bool)]


@pytest.mark.parametrize(("cls", "name"), BOOLS)
@pytest.mark.parametrize("value", [True, False, 0, 1, 2, 0.0, 1.5, np.bool_(True), np.int8(0)])
def test_bools_are_what_has_a_truth_value(cls, name, value):
    params = cls(**{name: value})
    assert getattr(params, name) is bool(value)
    setattr(params, name, not value)
    setattr(params, name, value)
    assert getattr(params, name) is bool(value)


@pytest.mark.parametrize(("cls", "name"), BOOLS)
@pytest.mark.parametrize("value", ["x", "", [], [1], b"", {}, object()])
def test_containers_are_no_bools(cls, name, value):
    with pytest.raises(TypeError):
        cls(**{name: value})
    with pytest.raises(TypeError):
        setattr(cls(), name, value)


MAY_BE_NONE = {"tile_width", "tile_height"}  # beside those that are None


@pytest.mark.parametrize(("cls", "name"), CASES)
def test_none_is_no_value(cls, name):
    if SETTABLE[cls][name][0] is None or name in MAY_BE_NONE:
        cls(**{name: None})
        return
    with pytest.raises(TypeError):
        cls(**{name: None})
    with pytest.raises(TypeError):
        setattr(cls(), name, None)


ENUMS = [(cls, name) for cls, name in CASES if hasattr(SETTABLE[cls][name][1], "value")]


@pytest.mark.parametrize(("cls", "name"), ENUMS)
def test_enums_are_of_their_class(cls, name):
    for wrong in (1, "SRGB", glimt.MetadataFormat.RAW, type(SETTABLE[cls][name][1])):
        with pytest.raises(TypeError):
            cls(**{name: wrong})
        with pytest.raises(TypeError):
            setattr(cls(), name, wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code_block_size", (-3, 7)),
        ("code_block_size", (0, 0)),
        ("code_block_size", [32, 16]),
        ("code_block_size", np.array([32, 16])),
        ("num_resolutions", -1),
        ("num_resolutions", 0),
        ("num_resolutions", 100),
        ("num_resolutions", np.int64(3)),
        ("mct_mode", -1),
        ("mct_mode", 2),
        ("mct_mode", True),
    ],
)
def test_ranges_are_judged_when_encoding(name, value):
    kept = tuple(int(v) for v in value) if name == "code_block_size" else int(value)
    params = Jpeg2kEncodeParams(**{name: value})
    assert getattr(params, name) == kept
    params = Jpeg2kEncodeParams()
    setattr(params, name, value)
    assert getattr(params, name) == kept


@pytest.mark.parametrize("value", [(32,), (32, 16, 8), 32, (32.0, 16.0), ("a", "b"), None])
def test_no_code_block_sizes(value):
    with pytest.raises(TypeError):
        Jpeg2kEncodeParams(value)
    with pytest.raises(TypeError):
        Jpeg2kEncodeParams().code_block_size = value


@pytest.mark.parametrize(
    ("value", "kept"),
    [(95, 95.0), (0.1, float(np.float32(0.1))), (-3, -3.0), (1e10, 1e10), (True, 1.0)],
)
def test_quality_value_is_a_float32(value, kept):
    assert EncodeParams(quality_value=value).quality_value == kept
    assert isinstance(EncodeParams(quality_value=value).quality_value, float)


COPIES = [copy.copy, copy.deepcopy, lambda params: pickle.loads(pickle.dumps(params))]


def changed(cls):
    """One with every field at its other value."""
    params = cls()
    for name, (_, other) in SETTABLE[cls].items():
        setattr(params, name, other)
    if cls is EncodeParams:
        for part, (part_cls, _, _) in PARTS.items():
            setattr(params, f"{part}_params", changed(part_cls))
    return params


def fields_of(params):
    cls = type(params)
    fields = {name: getattr(params, name) for name in SETTABLE[cls]}
    if cls is EncodeParams:
        fields |= {part: fields_of(getattr(params, f"{part}_params")) for part in PARTS}
    return fields


@pytest.mark.parametrize("cls", SETTABLE)
@pytest.mark.parametrize("make_copy", COPIES)
@pytest.mark.parametrize("make", [lambda cls: cls(), changed])
def test_copies_and_pickles(cls, make_copy, make):
    params = make(cls)
    twin = make_copy(params)
    assert type(twin) is cls
    assert twin is not params
    assert fields_of(twin) == fields_of(params)
    assert repr(twin) == repr(params)
    name, (default, other) = next(iter(SETTABLE[cls].items()))
    before = getattr(params, name)
    setattr(twin, name, other if before == default else default)
    assert getattr(params, name) == before


def test_a_copy_knows_whether_a_quality_was_given(png, decoder, encoder):
    """A PNG's LOSSLESS with no value takes the default level, with 0 it stores."""
    image = decoder.decode(png)
    for kwargs in ({}, {"quality_value": 0}):
        params = EncodeParams(QualityType.LOSSLESS, **kwargs)
        sizes = {encoder.encode(image, "png", params=p).size for p in (params, copy.copy(params))}
        assert len(sizes) == 1


def test_repr_has_what_is_not_the_default():
    assert repr(DecodeParams()) == "DecodeParams()"
    assert repr(JpegEncodeParams(True)) == "JpegEncodeParams(progressive=True)"
    assert repr(EncodeParams(jpeg_params=JpegEncodeParams(True))) == (
        "EncodeParams(jpeg_params=JpegEncodeParams(progressive=True))"
    )
    assert repr(Backend(BackendKind.CPU_ONLY, 0.5)) == (
        "Backend(backend_kind=<BackendKind.CPU_ONLY: 1>, load_hint=0.5, "
        "load_hint_policy=<LoadHintPolicy.FIXED: 2>)"
    )


UNHONOURED = [
    ("jpeg", {"jpeg_encode_params": JpegEncodeParams(precision=12)}, "precision"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(layers=2)}, "layers"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(precincts=[(64, 64)])}, "precincts"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(sop=True)}, "sop"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(eph=True)}, "eph"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(plt=True)}, "plt"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(code_block_style=1)}, "code_block"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(num_resolutions=-1)}, "-1"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams(num_resolutions=100)}, "100"),
    ("jpeg2k", {"jpeg2k_encode_params": Jpeg2kEncodeParams((3, 7))}, "3 x 7"),
]


@pytest.mark.parametrize(("codec", "kwargs", "name"), UNHONOURED)
def test_what_no_encoder_honours_is_refused_by_name(codec, kwargs, name, encoder, rgb):
    outcome = encoder.try_encode(rgb, codec, params=EncodeParams(**kwargs))
    assert outcome.code_stream is None
    assert name in outcome.message
    assert encoder.encode(rgb, codec, params=EncodeParams(**kwargs)) is None
    for other in {"jpeg", "jpeg2k", "png"} - {codec}:  # the parameters of other formats
        assert encoder.encode(rgb, other, params=EncodeParams(**kwargs)) is not None


def test_reduce_is_refused_where_no_decoder_can(decoder, files):
    for source in files.values():
        outcome = decoder.try_decode(source, params=DecodeParams(reduce=1))
        assert outcome.image is None
        assert "reduce 1" in outcome.message


def test_numbers_of_numpy():
    assert EncodeParams(quality_value=np.float64(50)).quality_value == 50
    assert EncodeParams(quality_value=np.float32(50)).quality_value == 50
    assert EncodeParams(quality_value=np.int64(50)).quality_value == 50
    assert JpegEncodeParams(restart_interval=np.int32(5)).restart_interval == 5


def test_backend():
    backend = Backend()
    assert backend.backend_kind is BackendKind.GPU_ONLY
    assert backend.load_hint == 1.0
    assert backend.load_hint_policy is LoadHintPolicy.FIXED
    backend = Backend(BackendKind.CPU_ONLY, 0.5, LoadHintPolicy.IGNORE)
    assert backend.backend_kind is BackendKind.CPU_ONLY
    assert backend.load_hint == 0.5
    assert backend.load_hint_policy is LoadHintPolicy.IGNORE
    backend = Backend(backend_kind=BackendKind.CPU_ONLY, load_hint=0.25)
    assert backend.load_hint_policy is LoadHintPolicy.FIXED
    for name in ("backend_kind", "load_hint", "load_hint_policy"):
        with pytest.raises(AttributeError):
            setattr(backend, name, getattr(backend, name))
    for wrong in (
        {"load_hint": 1.0},
        {"backend_kind": 1},
        {"backend_kind": None},
        {"backend_kind": glimt.CPU_ONLY, "load_hint_policy": None},
        {"backend_kind": glimt.CPU_ONLY, "load_hint": None},
        {"backend_kind": Backend()},
    ):
        with pytest.raises(TypeError):
            Backend(**wrong)


def test_a_backend_is_copied_and_pickled():
    backend = Backend(BackendKind.CPU_ONLY, 0.1, LoadHintPolicy.IGNORE)
    for make_copy in COPIES:
        assert repr(make_copy(backend)) == repr(backend)


def test_identity_is_equality():
    assert DecodeParams() != DecodeParams()
    params = DecodeParams()
    assert params == params
    assert glimt.Backend() != glimt.Backend()
