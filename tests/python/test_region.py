# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import copy
import pickle

import numpy as np
import pytest
from glimt import CodeStreamView, Region


@pytest.mark.parametrize(
    "region",
    [
        Region(1, 2, 30, 40),
        Region(start_y=1, start_x=2, end_y=30, end_x=40),
        Region(end_x=40, end_y=30, start_x=2, start_y=1),
        Region([1, 2], [30, 40]),
        Region((1, 2), (30, 40)),
        Region(start=[1, 2], end=[30, 40]),
        Region(start=(1, 2), end=(30, 40)),
        Region(end=(30, 40), start=(1, 2)),
        Region(end=[30, 40], start=[1, 2]),
        Region(np.array([1, 2]), np.array([30, 40])),
        Region([1, 2], np.array([30, 40], np.int16)),
        Region(range(1, 3), range(30, 50, 10)),
        Region(np.int64(1), np.uint8(2), np.int32(30), 40),
        Region([np.int64(1), 2], [30, np.uint16(40)]),
        Region(True, 2, 30, 40),
    ],
)
def test_ways_to_say_the_same(region):
    assert region.ndim == 2
    assert region.start == (1, 2)
    assert region.end == (30, 40)
    assert isinstance(region.start, tuple)
    assert region.out_of_bounds_samples == [0, 0, 0, 0, 0]


def test_empty():
    assert Region().ndim == 0
    assert Region().start == ()
    assert Region().end == ()


@pytest.mark.parametrize("ndim", [1, 2, 3, 4, 5])
def test_up_to_five_dimensions(ndim):
    region = Region([0] * ndim, [7] * ndim)
    assert region.ndim == ndim
    assert region.end == (7,) * ndim


def test_negative_and_outside():
    assert Region(-5, -6, 1000, 2000).start == (-5, -6)


CORNERS = [(0, 0, 1, 1), ([0, 0], [1, 1]), ((0, 0), (1, 1))]
FLOAT_01 = float(np.float32(0.1))


@pytest.mark.parametrize("corners", CORNERS)
@pytest.mark.parametrize(
    ("fill", "kept", "text"),
    [
        (0, 0, "0"),
        (7, 7, "7"),
        (-3, -3, "-3"),
        (255, 255, "255"),
        (65535, 65535, "65535"),
        (2**31, 2**31, "2147483648"),
        (2**32 - 1, 2**32 - 1, "4294967295"),
        (-(2**31), -(2**31), "-2147483648"),
        (2**32, float(2**32), "4.29497e+09"),
        (-(2**31) - 1, float(-(2**31)), "-2.14748e+09"),
        (0.5, 0.5, "0.5"),
        (1.0, 1.0, "1"),
        (-0.25, -0.25, "-0.25"),
        (0.1, FLOAT_01, "0.1"),
        (np.float64(0.1), FLOAT_01, "0.1"),
        (np.float32(0.1), FLOAT_01, "0.1"),
        (np.uint8(3), 3, "3"),
        (np.int64(-3), -3, "-3"),
        (True, 1, "1"),
        (1e300, float("inf"), "inf"),
    ],
)
def test_one_fill_sample(corners, fill, kept, text):
    for region in (Region(*corners, fill), Region(*corners, out_of_bounds_sample=fill)):
        assert region.out_of_bounds_samples == [kept] * 5
        assert [type(sample) for sample in region.out_of_bounds_samples] == [type(kept)] * 5
        assert repr(region).endswith(f"samples=[{', '.join([text] * 5)}])")


@pytest.mark.parametrize("corners", CORNERS)
@pytest.mark.parametrize(
    ("fill", "kept"),
    [
        ([], [0, 0, 0, 0, 0]),
        ([9], [9, 0, 0, 0, 0]),
        ([1, 2.5, 3], [1, 2.5, 3, 0, 0]),
        ((1, 2), [1, 2, 0, 0, 0]),
        (np.array([7, 8]), [7, 8, 0, 0, 0]),
        ([1, -2, 0.25, 4, 5], [1, -2, 0.25, 4, 5]),
    ],
)
def test_fill_samples(corners, fill, kept):
    for region in (Region(*corners, fill), Region(*corners, out_of_bounds_samples=fill)):
        assert isinstance(region.out_of_bounds_samples, list)
        assert region.out_of_bounds_samples == kept


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: Region([0, 0], [1]), ["2", "1"]),
        (lambda: Region([0] * 6, [1] * 6), ["6"]),
        (lambda: Region(0, 5, 10, 5), ["1", "5"]),
        (lambda: Region(9, 0, 3, 5), ["0", "9", "3"]),
        (lambda: Region(0, 0, 1, 1, out_of_bounds_samples=[1] * 6), ["6"]),
    ],
)
def test_refusals(make, names):
    with pytest.raises(RuntimeError) as error:
        make()
    for name in names:
        assert name in str(error.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Region([0, 0], (1, 1)),
        lambda: Region((0, 0), [1, 1]),
        lambda: Region(0, 0, 1),
        lambda: Region("ab", "cd"),
        lambda: Region(b"ab", b"cd"),
        lambda: Region([0, 0]),
        lambda: Region(1, 2),
        lambda: Region(None),
        lambda: Region(0, 0, 1, 1, None),
        lambda: Region(0, 0, 1, 1, out_of_bounds_sample=[7]),
        lambda: Region(0, 0, 1, 1, out_of_bounds_samples=7),
        lambda: Region(0, 0, 1, 1, 5, 6),
        lambda: Region(1.0, 0, 2, 2),
        lambda: Region(0, 0, 2**31, 2),
        lambda: Region([0, 0.5], [1, 1]),
        lambda: Region((0, 0.5), (1, 1)),
        lambda: Region(0, 0, 1, 1, "x"),
        lambda: Region(0.5, 0, 1, 1),
        lambda: Region(["a", 0], [1, 1]),
        lambda: Region(0, 0, 1, 1, nonsense=1),
    ],
)
def test_type_errors(make):
    with pytest.raises(TypeError):
        make()


@pytest.mark.parametrize("name", ["start", "end", "ndim", "out_of_bounds_samples"])
def test_read_only(name):
    region = Region(1, 2, 3, 4)
    with pytest.raises(AttributeError):
        setattr(region, name, getattr(region, name))
    with pytest.raises(AttributeError):
        region.nonsense = 1


@pytest.mark.parametrize(
    "region",
    [
        Region(),
        Region([3], [4]),
        Region(-1, 2, 30, 40, 0.1),
        Region((1, 2, 3), (4, 5, 6), [1, -2, 2**32 - 1]),
    ],
)
@pytest.mark.parametrize("twin_of", [copy.copy, lambda r: pickle.loads(pickle.dumps(r))])
def test_copies_and_pickles(region, twin_of):
    twin = twin_of(region)
    assert twin is not region
    assert repr(twin) == repr(region)
    assert twin.out_of_bounds_samples == region.out_of_bounds_samples


def test_identity_is_equality():
    assert Region(0, 0, 1, 1) != Region(0, 0, 1, 1)


@pytest.mark.parametrize("ndim", [0, 1, 2, 3, 4, 5])
def test_repr_of_dimensions(ndim):
    region = Region([0] * ndim, [1] * ndim)
    start, end = ", ".join("0" * ndim), ", ".join("1" * ndim)
    assert repr(region).startswith(f"Region(start=({start}) end=({end}) out_of_bounds_policy=")


def test_repr():
    assert repr(Region(1, 2, 30, 40, 5)) == (
        "Region(start=(1, 2) end=(30, 40) out_of_bounds_policy=CONSTANT with samples=[5, 5, 5, 5, 5])"
    )
    assert "samples=[0.5, 1, 0, 0, 0]" in repr(Region([0, 0], [1, 1], [0.5, 1]))


def test_view():
    view = CodeStreamView()
    assert (view.image_idx, view.region, view.bitstream_offset, view.limit_images) == (
        0,
        None,
        0,
        0,
    )
    view = CodeStreamView(3, Region(0, 0, 5, 6), bitstream_offset=99, limit_images=4)
    assert (view.image_idx, view.bitstream_offset, view.limit_images) == (3, 99, 4)
    assert view.region.end == (5, 6)
    assert CodeStreamView(region=Region()).region is None
    assert repr(CodeStreamView(1)) == "CodeStreamView(image_idx=1, region=None)"
    assert "), bitstream_offset=99, limit_images=4)" in repr(view)
    assert "(image_idx=3, region=Region(start=(0, 0)" in repr(view)


def test_view_is_read_only_and_counts_from_zero():
    with pytest.raises(AttributeError):
        CodeStreamView().image_idx = 1
    with pytest.raises(TypeError):
        CodeStreamView(image_idx=-1)
    with pytest.raises(TypeError):
        CodeStreamView(bitstream_offset=-1)
