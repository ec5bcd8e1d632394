# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
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


@pytest.mark.parametrize(
    ("fill", "expected"),
    [(7, [7] * 5), (-3, [-3] * 5), (0.5, [0.5] * 5)],
)
def test_one_fill_sample(fill, expected):
    for region in (
        Region(0, 0, 1, 1, fill),
        Region([0, 0], [1, 1], out_of_bounds_sample=fill),
        Region((0, 0), (1, 1), fill),
    ):
        assert region.out_of_bounds_samples == expected
        assert type(region.out_of_bounds_samples[0]) is type(fill)


def test_fill_samples():
    for region in (
        Region(0, 0, 1, 1, [1, 2.5, 3]),
        Region(0, 0, 1, 1, out_of_bounds_samples=[1, 2.5, 3]),
        Region([0, 0], [1, 1], out_of_bounds_samples=[1, 2.5, 3]),
        Region((0, 0), (1, 1), [1, 2.5, 3]),
    ):
        assert region.out_of_bounds_samples == [1, 2.5, 3, 0, 0]


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
        lambda: Region(0, 0, 1, 1, "x"),
        lambda: Region(0.5, 0, 1, 1),
        lambda: Region(["a", 0], [1, 1]),
        lambda: Region(0, 0, 1, 1, nonsense=1),
    ],
)
def test_type_errors(make):
    with pytest.raises(TypeError):
        make()


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
    assert "bitstream_offset=99, limit_images=4" in repr(view)
    assert "region=Region(start=(0, 0)" in repr(view)


def test_view_is_read_only_and_counts_from_zero():
    with pytest.raises(AttributeError):
        CodeStreamView().image_idx = 1
    with pytest.raises(TypeError):
        CodeStreamView(image_idx=-1)
    with pytest.raises(TypeError):
        CodeStreamView(bitstream_offset=-1)
