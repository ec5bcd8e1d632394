# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
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
    },
    JpegEncodeParams: {
        "progressive": (False, True),
        "optimized_huffman": (False, True),
        "restart_interval": (0, 8),
        "arithmetic": (False, True),
    },
    Jpeg2kEncodeParams: {
        "code_block_size": ((64, 64), (32, 16)),
        "num_resolutions": (6, 3),
        "bitstream_type": (Jpeg2kBitstreamType.JP2, Jpeg2kBitstreamType.J2K),
        "prog_order": (Jpeg2kProgOrder.RPCL, Jpeg2kProgOrder.LRCP),
        "mct_mode": (0, 1),
        "ht": (False, True),
    },
    PngEncodeParams: {"level": (-1, 9), "filter": (-1, 4)},
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
    DecodeParams: ["apply_exif_orientation", "color_spec", "allow_any_depth"],
    JpegEncodeParams: ["progressive", "optimized_huffman"],
    Jpeg2kEncodeParams: list(SETTABLE[Jpeg2kEncodeParams]),
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
        DecodeParams(True, ColorSpec.SRGB, False, SampleFormat.I_RGB)
    with pytest.raises(TypeError):
        JpegEncodeParams(False, False, 4)
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
    for wrong in ({"load_hint": 1.0}, {"backend_kind": 1}, {"backend_kind": None}):
        with pytest.raises(TypeError):
            Backend(**wrong)


def test_identity_is_equality():
    assert DecodeParams() != DecodeParams()
    params = DecodeParams()
    assert params == params
    assert glimt.Backend() != glimt.Backend()
