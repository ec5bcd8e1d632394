# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import copy
import itertools
import operator
import pickle

import glimt
import numpy as np
import pytest
from glimt import enums

VALUES = {
    "BackendKind": "CPU_ONLY 1, GPU_ONLY 2, HYBRID_CPU_GPU 3, HW_GPU_ONLY 4",
    "LoadHintPolicy": "IGNORE 1, FIXED 2, ADAPTIVE_MINIMIZE_IDLE_TIME 3",
    "ColorSpec": "UNKNOWN 0, UNCHANGED 0, SRGB 1, GRAY 2, SYCC 3, CMYK 4, YCCK 5, PALETTE 6, "
    "ICC_PROFILE 7, UNSUPPORTED -1",
    "SampleFormat": "UNKNOWN 0, P_UNCHANGED 1, I_UNCHANGED 2, P_Y 3, I_Y 4, P_YA 5, I_YA 6, P_RGB 7, "
    "I_RGB 8, P_BGR 9, I_BGR 10, P_YUV 11, P_YCC 11, I_YUV 12, I_YCC 12, P_RGBA 13, I_RGBA 14, "
    "P_YCCK 15, I_YCCK 16, P_CMYK 17, I_CMYK 18, UNSUPPORTED -1, P_AUTO_COMPONENTS 1, "
    "I_AUTO_COMPONENTS 2",
    "ChromaSubsampling": "CSS_444 0, CSS_422 2, CSS_420 3, CSS_440 4, CSS_411 5, CSS_410 6, "
    "CSS_GRAY 7, CSS_410V 8",
    "QualityType": "DEFAULT 0, LOSSLESS 1, QUALITY 2, QUANTIZATION_STEP 3, PSNR 4, SIZE_RATIO 5",
    "ImageBufferKind": "STRIDED_DEVICE 1, STRIDED_HOST 2",
    "Jpeg2kBitstreamType": "J2K 0, JP2 1, JPH 2",
    "Jpeg2kProgOrder": "LRCP 0, RLCP 1, RPCL 2, PCRL 3, CPRL 4",
    "MetadataKind": "UNKNOWN 0, TIFF_TAG 1, ICC_PROFILE 2, EXIF 3, GEO 4, MED_APERIO 5, "
    "MED_PHILIPS 6, MED_VENTANA 7, MED_LEICA 8, MED_TRESTLE 9, TIFF_TAG_LIST 10, XMP 100, IPTC 101, "
    "MED_HAMAMATSU 102, TEXT 103, RESOLUTION 104",
    "MetadataFormat": "UNKNOWN 0, RAW 1, JSON 2, XML 3, XMP 4",
    "MetadataType": "UNKNOWN 0, BYTE 1, ASCII 2, SHORT 3, LONG 4, RATIONAL 5, SBYTE 6, UNDEFINED 7, "
    "SSHORT 8, SLONG 9, SRATIONAL 10, FLOAT 11, DOUBLE 12, IFD 13, LONG8 16, SLONG8 17, IFD8 18",
}


@pytest.mark.parametrize("name", enums.__all__)
def test_members_and_values(name):
    expected = {n: int(v) for n, v in (item.split() for item in VALUES[name].split(", "))}
    members = getattr(glimt, name).__members__
    assert {n: m.value for n, m in members.items()} == expected


@pytest.mark.parametrize("name", enums.__all__)
def test_members_convert_print_and_pickle(name):
    for member in getattr(glimt, name):
        assert int(member) == member.value
        assert repr(member) == f"<{name}.{member.name}: {member.value}>"
        assert str(member) == f"{name}.{member.name}"
        assert pickle.loads(pickle.dumps(member)) is member
        assert getattr(glimt, name)(member.value) is member
        assert member != member.value


def test_aliases_are_one_object_that_prints_its_first_name():
    assert glimt.ColorSpec.UNCHANGED is glimt.ColorSpec.UNKNOWN
    assert glimt.SampleFormat.P_YCC is glimt.SampleFormat.P_YUV
    assert glimt.SampleFormat.I_AUTO_COMPONENTS is glimt.SampleFormat.I_UNCHANGED
    assert repr(glimt.SampleFormat.I_AUTO_COMPONENTS) == "<SampleFormat.I_UNCHANGED: 2>"
    assert repr(glimt.ColorSpec.UNCHANGED) == "<ColorSpec.UNKNOWN: 0>"


def test_bare_names():
    assert glimt.UNKNOWN is glimt.MetadataType.UNKNOWN
    assert glimt.ICC_PROFILE is glimt.MetadataKind.ICC_PROFILE
    assert glimt.UNSUPPORTED is glimt.SampleFormat.UNSUPPORTED
    assert glimt.XMP is glimt.MetadataFormat.XMP
    assert glimt.UNCHANGED is glimt.ColorSpec.UNCHANGED
    assert glimt.SRGB is glimt.ColorSpec.SRGB
    for name in enums.__all__:
        for member in getattr(glimt, name).__members__:
            assert member in glimt.__all__
            assert getattr(glimt, member).name is not None


@pytest.mark.parametrize("name", enums.__all__)
def test_members_count_but_are_no_ints(name):
    cls = getattr(glimt, name)
    for member in cls:
        assert not isinstance(member, int)
        assert operator.index(member) == member.value
        assert f"{member}" == str(member)
        assert "%d" % member == str(member.value)  # noqa: UP031
        assert np.int64(member) == member.value
        assert hash(member) == hash(cls(member.value))
        assert bool(member)
        assert copy.copy(member) is member
        assert copy.deepcopy(member) is member
        for nonsense in (lambda m: m + 1, lambda m: m | m, lambda m: m < m, lambda m: m >= 0):
            with pytest.raises(TypeError):
                nonsense(member)
    for wrong in ("SRGB", None, 1.5, b"x"):
        with pytest.raises(TypeError):
            cls(wrong)
    with pytest.raises(ValueError):
        cls(99)
    with pytest.raises(TypeError):
        cls()


def test_members_of_different_enums_differ():
    for one, other in itertools.combinations(enums.__all__, 2):
        for left in getattr(glimt, one):
            assert not any(left == right for right in getattr(glimt, other))

    assert glimt.ColorSpec.SRGB != glimt.BackendKind.CPU_ONLY
    with pytest.raises(TypeError):
        glimt.DecodeParams(color_spec=glimt.SampleFormat.I_RGB)
    with pytest.raises(TypeError):
        glimt.DecodeParams(color_spec=1)
