# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Decoder.imap: streams of sources, in bounded memory; and last_status."""

import gc
import itertools
import logging
import weakref

import glimt
import numpy as np
import pytest


@pytest.fixture(scope="module")
def numbered():
    """PNG files whose pixels are their number."""
    pixels = [np.full((5 + i % 3, 7, 3), i, np.uint8) for i in range(60)]
    return [bytes(stream) for stream in glimt.Encoder().encode(pixels, "png")]


def number(image):
    return int(np.asarray(image.cpu())[0, 0, 0])


@pytest.mark.parametrize("batch_size", [1, 7, 60, 100])
@pytest.mark.parametrize("prefetch", [1, 2, 5])
def test_images_come_in_the_order_of_the_sources(numbered, batch_size, prefetch):
    images = glimt.Decoder().imap(numbered, batch_size=batch_size, prefetch=prefetch)
    assert [number(image) for image in images] == list(range(60))


@pytest.mark.parametrize("batch_size", [1, 7])
def test_unordered_images_come_with_their_index(numbered, batch_size):
    pairs = list(
        glimt.Decoder().imap(iter(numbered), batch_size=batch_size, prefetch=3, ordered=False)
    )
    assert sorted(index for index, _ in pairs) == list(range(60))
    assert all(number(image) == index for index, image in pairs)


def test_an_endless_stream_is_read_no_further_than_its_bound(numbered):
    read = itertools.count()
    sources = (numbered[next(read) % 60] for _ in itertools.repeat(None))
    stream = glimt.Decoder().imap(sources, batch_size=4, prefetch=2)
    for _ in range(10):
        next(stream)
    stream.close()
    # Three batches are being consumed, two lie ahead.
    assert next(read) <= 4 * (3 + 2)


def test_yielded_images_are_not_kept(numbered):
    stream = glimt.Decoder().imap(numbered, batch_size=10)
    alive = []
    for image in stream:
        alive.append(weakref.ref(image))
        del image
        gc.collect()
        assert sum(ref() is not None for ref in alive) == 0


def test_what_cannot_be_had_is_none_and_logged(numbered, tmp_path, caplog):
    good = tmp_path / "good.png"
    good.write_bytes(numbered[3])
    sources = [numbered[1], b"not an image", good, tmp_path / "missing.png", None, numbered[2]]
    with caplog.at_level(logging.WARNING, logger="glimt"):
        images = list(glimt.Decoder().imap(sources, batch_size=3))
    assert [None if image is None else number(image) for image in images] == [
        1,
        None,
        3,
        None,
        None,
        2,
    ]
    assert "missing.png" in caplog.text


def test_params_are_those_of_decode(numbered):
    params = glimt.DecodeParams(color_spec=glimt.ColorSpec.GRAY)
    assert all(image.shape[2] == 1 for image in glimt.Decoder().imap(numbered, params=params))


@pytest.mark.parametrize("bad", [{"batch_size": 0}, {"prefetch": 0}, {"batch_size": -3}])
def test_bounds_are_checked_at_the_call(numbered, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        glimt.Decoder().imap(numbered, **bad)


def test_an_empty_stream_ends():
    assert list(glimt.Decoder().imap([])) == []


def test_an_error_of_the_source_reaches_the_caller(numbered):
    def broken():
        yield numbered[0]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk is gone"):
        list(glimt.Decoder().imap(broken(), batch_size=1))


def test_last_status_tells_of_every_image_of_the_last_call(numbered):
    decoder = glimt.Decoder()
    assert decoder.last_status == []
    decoder.decode([numbered[0], b"junk", numbered[1][:60]])
    statuses = decoder.last_status
    assert [status.ok for status in statuses] == [True, False, False]
    assert statuses[0].image is None
    assert statuses[0].attempts[-1][1] == "ok"
    assert statuses[1].status == "unsupported"
    assert statuses[2].status == "truncated"
    decoder.decode(numbered[0])
    assert [status.ok for status in decoder.last_status] == [True]


def test_last_status_of_an_encoder():
    encoder = glimt.Encoder()
    pixels = np.zeros((4, 4, 3), np.uint8)
    encoder.encode([pixels, np.zeros((4, 4, 3), np.float64)], "png")
    assert [status.ok for status in encoder.last_status] == [True, False]
