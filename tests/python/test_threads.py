# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""One object, many threads."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import glimt
import numpy as np
import pytest

THREADS = 8
NAMES = ["png", "bmp", "webp", "jpeg2k"]


def hammer(work, threads=THREADS):
    """Runs work(i) in many threads that start together; raises what any of them raised."""
    barrier = threading.Barrier(threads)

    def run(i):
        barrier.wait(30)
        return work(i)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@pytest.mark.parametrize("max_num_cpu_threads", [0, 1, 3])
def test_one_decoder(max_num_cpu_threads, files, rgb):
    decoder = glimt.Decoder(max_num_cpu_threads=max_num_cpu_threads)

    def work(i):
        for k in range(40):
            name = NAMES[(i + k) % 4]
            if k % 5 == 4:
                images = decoder.decode([files[name], files["png"], b"nothing"])
                assert images[2] is None
                assert (np.asarray(images[1]) == rgb).all()
                image = images[0]
            else:
                image = decoder.decode(files[name])
            assert (np.asarray(image) == rgb).all()

    hammer(work)


def test_one_stream_and_its_sub_streams(files, rgb):
    decoder = glimt.Decoder()
    for name in NAMES:
        stream = glimt.CodeStream(files[name])  # not parsed yet: all threads ask at once

        def work(i, stream=stream):
            assert stream.width == 64
            for y in range(0, 48, 8):
                region = glimt.Region(y, i, y + 8, i + 20)
                image = decoder.decode(stream.get_sub_code_stream(region=region))
                assert (np.asarray(image) == rgb[y : y + 8, i : i + 20]).all()

        hammer(work)


def test_one_encoder_and_one_image(rgb, decoder):
    encoder = glimt.Encoder()
    image = glimt.as_image(rgb)

    def work(i):
        for k in range(20):
            name = NAMES[(i + k) % 4]
            params = glimt.EncodeParams(quality_type=glimt.QualityType.LOSSLESS)
            stream = encoder.encode(image, name, params=params)
            assert (np.asarray(decoder.decode(stream)) == rgb).all()

    hammer(work)


def test_one_image_that_threads_decode_into_and_look_at(files, pillow_bytes, rgb):
    decoder = glimt.Decoder()
    image = decoder.decode(files["png"])
    sizes = [(8, 8), (48, 64), (5, 60), (100, 90)]
    sources = [
        pillow_bytes(np.full((*size, 3), i * 60, np.uint8), "PNG") for i, size in enumerate(sizes)
    ]
    shapes = {(*size, 3) for size in sizes}

    def work(i):
        for k in range(60):
            if i % 2 == 0:
                assert decoder.decode(sources[(i + k) % 4], image=image) is image
                continue
            view = np.asarray(image)
            assert view.shape in shapes  # shape and memory belong together, whoever wrote last
            assert view.sum() >= 0
            assert np.from_dlpack(image).shape in shapes
            interface = image.__array_interface__
            assert interface["shape"] in shapes
            assert len(bytes(image)) in {np.prod(shape) for shape in shapes}
            assert decoder.decode(glimt.Encoder().encode(image, "bmp")).shape in shapes

    hammer(work)
    assert decoder.decode(files["png"], image=image) is image
    assert (np.asarray(image) == rgb).all()


def test_one_output_stream_that_threads_encode_into_and_read(rgb):
    encoder, decoder = glimt.Encoder(), glimt.Decoder()
    stream = encoder.encode(rgb, "png")
    crops = [rgb, rgb[:8, :8], rgb[:, :5]]

    def work(i):
        for k in range(40):
            if i % 2 == 0:
                encoder.encode(crops[(i + k) % 3], NAMES[k % 2], code_stream_s=stream)
                continue
            try:  # between two images there is none
                data = bytes(stream)
                child = stream.get_sub_code_stream(0)
                assert stream.capacity >= 0
            except RuntimeError:
                continue
            for source in (data, child):
                image = decoder.decode(source)
                assert any(np.array_equal(np.asarray(image), crop) for crop in crops)

    hammer(work)
    assert encoder.encode(rgb, "png", code_stream_s=stream) is stream
    assert (np.asarray(decoder.decode(stream)) == rgb).all()


def test_one_stream_is_parsed_by_all_threads_at_once(files, tmp_path):
    for name in NAMES:
        path = tmp_path / name
        path.write_bytes(files[name])
        for source in (files[name], path, files[name][:30], b"nothing"):
            for _ in range(5):
                stream = glimt.CodeStream(source)

                def work(i, stream=stream):
                    try:
                        return stream.width, stream.codec_name, repr(stream)
                    except RuntimeError as error:
                        return str(error)[:20]

                assert len(set(hammer(work))) == 1


def test_the_gil_is_released(pillow_bytes):
    pixels = np.random.default_rng(3).integers(0, 255, (3000, 3000, 3), np.uint8)
    data = pillow_bytes(pixels, "JPEG", quality=95)
    decoder = glimt.Decoder(max_num_cpu_threads=1)
    decoder.decode(data)
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    decoder.decode(data)
    stop = time.perf_counter()
    done.set()
    thread.join()
    # Were the GIL held, no tick could fall inside but for one at either end.
    inside = [t for t in ticks if start + 2 * interval < t < stop - 2 * interval]
    assert len(inside) >= 3


def test_closing_a_decoder_that_others_use(files):
    for _ in range(10):
        decoder = glimt.Decoder()

        def work(i, decoder=decoder):
            if i == 0:
                decoder.__exit__(None, None, None)
                return None
            return [decoder.decode(files["png"]) for _ in range(5)]

        for images in hammer(work)[1:]:
            for image in images:
                assert image is None or image.width == 64
        assert decoder.decode(files["png"]) is None
