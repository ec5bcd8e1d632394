# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Eight threads on one Decoder, one CodeStream of each kind and one Image, every result checked.

GLIMT_STRESS_SECONDS says for how long (2).
"""

import collections
import os
import threading
import time

import glimt
import numpy as np

THREADS = 8
SECONDS = float(os.environ.get("GLIMT_STRESS_SECONDS", "2"))
LOSSLESS = glimt.EncodeParams(quality_type=glimt.QualityType.LOSSLESS)


class Shared:
    """What all threads use at once."""

    def __init__(self, files, rgb, folder):
        self.rgb, self.files = rgb, files
        self.names = ["png", "bmp", "pnm", "webp", "jpeg2k", "jpeg"]
        self.decoder = glimt.Decoder()
        self.encoder = glimt.Encoder()
        self.pixels = {n: np.asarray(glimt.Decoder().decode(files[n])).copy() for n in self.names}
        self.planes = rgb.transpose(2, 0, 1)
        self.paths = {name: folder / f"{name}.x" for name in self.names}
        for name, path in self.paths.items():
            path.write_bytes(files[name])
        large = np.random.default_rng(1).integers(0, 256, (900, 1200, 3), np.uint8)
        self.large, self.large_path = large, folder / "large.bmp"
        self.encoder.write(self.large_path, large)
        # Not parsed yet: the first questions come from all threads.
        self.streams = {name: glimt.CodeStream(files[name]) for name in self.names}
        self.file_streams = {name: glimt.CodeStream(self.paths[name]) for name in self.names}
        self.large_stream = glimt.CodeStream(self.large_path)
        self.image = self.decoder.decode(files["png"])
        self.planar = glimt.as_image(
            np.ascontiguousarray(self.planes), sample_format=glimt.SampleFormat.P_RGB
        )
        self.encoded = {
            n: bytes(self.encoder.encode(rgb, n, params=LOSSLESS)) for n in self.names[:5]
        }
        self.shown = self.image._repr_png_()


def check(condition):
    if not condition:
        raise AssertionError("a result is wrong")


def same(image, expected):
    check(image is not None and np.array_equal(np.asarray(image), expected))


def window(rng, height, width):
    y, x = int(rng.integers(0, height - 1)), int(rng.integers(0, width - 1))
    return y, x, int(rng.integers(y + 1, height + 1)), int(rng.integers(x + 1, width + 1))


def decode_one(s, rng, own):
    name = s.names[rng.integers(6)]
    source = (s.files, s.paths, s.streams, s.file_streams)[rng.integers(4)][name]
    same(s.decoder.decode(source), s.pixels[name])


def decode_batch(s, rng, own):
    names = [s.names[i] for i in rng.integers(0, 6, 6)]
    sources = [(s.files, s.paths, s.streams, s.file_streams)[rng.integers(4)][n] for n in names]
    images = s.decoder.decode([*sources, b"nothing", None])
    check(images[-2:] == [None, None])
    for name, image in zip(names, images):
        same(image, s.pixels[name])


def decode_regions(s, rng, own):
    name = s.names[rng.integers(6)]
    parent = (s.streams, s.file_streams)[rng.integers(2)][name]
    windows = [window(rng, 48, 64) for _ in range(8)]
    children = [parent.get_sub_code_stream(region=glimt.Region(*w)) for w in windows]
    for (y0, x0, y1, x1), image in zip(windows, s.decoder.decode(children)):
        same(image, s.pixels[name][y0:y1, x0:x1])


def decode_nested(s, rng, own):
    y0, x0, y1, x1 = window(rng, 40, 50)
    outer = s.streams["png"].get_sub_code_stream(region=glimt.Region(y0, x0, y1, x1))
    inner = outer.get_sub_code_stream(region=glimt.Region(0, 0, 1, 1), nested=True)
    same(s.decoder.decode(inner), s.rgb[y0 : y0 + 1, x0 : x0 + 1])


def decode_tiles_of_a_map(s, rng, own):
    stream = s.large_stream if rng.integers(2) else glimt.CodeStream(s.large_path)
    y, x = int(rng.integers(0, 800)), int(rng.integers(0, 1100))
    child = stream.get_sub_code_stream(region=glimt.Region(y, x, y + 100, x + 100))
    same(s.decoder.decode(child), s.large[y : y + 100, x : x + 100])


def decode_into_own(s, rng, own):
    name = s.names[rng.integers(6)]
    check(s.decoder.decode(s.streams[name], image=own["image"]) is own["image"])
    same(own["image"], s.pixels[name])
    image = glimt.as_image(own["array"])
    check(s.decoder.decode(s.files[name], image=image) is image)
    check(np.array_equal(own["array"], s.pixels[name]))
    params = glimt.DecodeParams(sample_format=glimt.SampleFormat.P_RGB)
    check(s.decoder.decode(s.files["png"], image=own["image"], params=params) is own["image"])
    same(own["image"], s.planes)


def ask(s, rng, own):
    name = s.names[rng.integers(6)]
    for stream in (s.streams[name], s.file_streams[name]):
        check((stream.width, stream.height, stream.num_channels) == (64, 48, 3))
        check(stream.codec_name == name and stream.size == len(s.files[name]))
        check(bytes(stream) == s.files[name])
        check(f"codec_name={name}" in repr(stream))
    image = s.image
    check(image.shape == (48, 64, 3) and image.dtype == np.uint8 and image.strides == (192, 3, 1))
    check(image.cpu() is image and image.sample_format is glimt.SampleFormat.I_RGB)


def look(s, rng, own):
    same(s.image, s.rgb)
    check(np.array_equal(np.from_dlpack(s.image), s.rgb))
    check(bytes(s.image) == s.rgb.tobytes())
    same(glimt.from_dlpack(s.image.to_dlpack()), s.rgb)
    same(glimt.as_image(s.image, precision=7), s.rgb)
    check(np.array_equal(np.array(s.image, np.float32), s.rgb))
    same(s.planar, s.planes)


def encode(s, rng, own):
    name = s.names[rng.integers(5)]
    source = (s.image, s.planar, s.rgb)[rng.integers(3)]
    check(bytes(s.encoder.encode(source, name, params=LOSSLESS)) == s.encoded[name])
    out = s.encoder.encode(source, name, params=LOSSLESS, code_stream_s=own["stream"])
    check(out is own["stream"] and bytes(out) == s.encoded[name])
    same(s.decoder.decode(out), s.rgb)


def show(s, rng, own):
    check(s.image._repr_png_() == s.shown)


def fail(s, rng, own):
    check(s.decoder.decode(b"no image") is None)
    outcomes = s.decoder.try_decode([s.files["png"][:60], s.files["png"]])
    check([outcome.ok for outcome in outcomes] == [False, True])
    for error, source in ((glimt.FileMissing, "/no/such/file"), (TypeError, 5)):
        try:
            s.decoder.decode(source)
        except error:
            continue
        raise AssertionError("nothing was raised")


WORKS = [decode_one, decode_batch, decode_regions, decode_nested, decode_tiles_of_a_map,
         decode_into_own, ask, look, encode, show, fail]  # fmt: skip


def test_eight_threads(files, rgb, tmp_path, caplog, record_property):
    caplog.set_level("CRITICAL", logger="glimt")
    shared = Shared(files, rgb, tmp_path)
    stop = time.monotonic() + SECONDS
    barrier = threading.Barrier(THREADS)
    errors, done = [], [collections.Counter() for _ in range(THREADS)]

    def run(i):
        rng = np.random.default_rng(i)
        own = {
            "image": shared.decoder.decode(files["gray.png"]),
            "array": np.zeros((48, 64, 3), np.uint8),
            "stream": glimt.CodeStream(100),
        }
        barrier.wait(30)
        try:
            while time.monotonic() < stop and not errors:
                work = WORKS[rng.integers(len(WORKS))]
                work(shared, rng, own)
                done[i][work.__name__] += 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    total = sum(done, collections.Counter())
    record_property("calls", dict(total))
    print(f"{sum(total.values())} checked calls in {SECONDS:g} s: {dict(total)}")
    assert set(total) == {work.__name__ for work in WORKS}
    same(shared.image, rgb)
