# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What the constructors of Decoder and Encoder take, and what the environment adds."""

import glimt
import numpy as np
import pytest
from glimt import Backend, BackendKind, Decoder, Encoder, LoadHintPolicy

CPU = BackendKind.CPU_ONLY
GPU_KINDS = [BackendKind.GPU_ONLY, BackendKind.HYBRID_CPU_GPU, BackendKind.HW_GPU_ONLY]


@pytest.fixture(params=[Decoder, Encoder])
def codec(request):
    return request.param


@pytest.fixture
def works(png, rgb):
    """Uses a Decoder or Encoder once."""

    def use(made):
        result = made.decode(png) if isinstance(made, Decoder) else made.encode(rgb, "png")
        assert result.width == 64
        return True

    return use


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (0,),
        (-1, 1),
        (-99999, 2, [CPU]),
        (-1, 0, None, ""),
        (glimt.NVIMGCODEC_DEVICE_CPU_ONLY, 3, [CPU], ":fancy_upsampling=1"),
        (glimt.NVIMGCODEC_DEVICE_CURRENT,),
    ],
)
def test_positional_arguments(codec, works, arguments):
    made = codec(*arguments)
    assert works(made)
    assert made.device_id == (arguments[0] if arguments else -1)


@pytest.mark.parametrize("device_id", [-1, 0, 1, 7, -99999])
def test_any_device_without_a_gpu(codec, works, device_id):
    made = codec(device_id=device_id)
    assert made.device_id == device_id
    assert works(made)
    with pytest.raises(AttributeError):
        made.device_id = 3


@pytest.mark.parametrize("threads", [-1, 0, 1, 2, 3, 64, 1000, np.int64(2)])
def test_thread_counts(codec, works, threads, warnings):
    assert works(codec(max_num_cpu_threads=threads))
    assert warnings() == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"device_id": "a"},
        {"device_id": 1.5},
        {"device_id": None},
        {"max_num_cpu_threads": 1.0},
        {"max_num_cpu_threads": None},
        {"options": None},
        {"options": 5},
        {"backends": CPU},
        {"backends": Backend(CPU)},
        {"backends": 5},
        {"backends": [1]},
        {"backends": ["CPU_ONLY"]},
        {"backends": "CPU_ONLY"},
        {"backends": [None]},
        {"backends": [glimt.SRGB]},
        {"nonsense": 1},
    ],
)
def test_wrong_types(codec, arguments):
    with pytest.raises(TypeError):
        codec(**arguments)


def test_too_many_arguments(codec):
    with pytest.raises(TypeError):
        codec(-1, 0, None, "", 5)


@pytest.mark.parametrize(
    "backends",
    [
        None,
        [],
        (),
        [CPU],
        (CPU,),
        [Backend(CPU)],
        [Backend(CPU), CPU],
        [CPU, Backend(BackendKind.GPU_ONLY, load_hint=0.5)],
        [*GPU_KINDS, CPU],
        [Backend(CPU, 0.0)],
        [Backend(CPU, 0.5, LoadHintPolicy.ADAPTIVE_MINIMIZE_IDLE_TIME)],
    ],
)
def test_backends_that_allow_the_cpu(codec, works, backends, warnings):
    assert works(codec(backends=backends))
    assert warnings() == []


@pytest.mark.parametrize("policy", list(LoadHintPolicy))
@pytest.mark.parametrize("hint", [0.0, 0.3, 1.0, 5.0, -1.0, float("nan")])
def test_load_hints_leave_no_image_out(policy, hint, files, rgb):
    backends = [Backend(BackendKind.GPU_ONLY, hint, policy), Backend(CPU, hint, policy)]
    decoder = Decoder(backends=backends)
    for sources in ([files["png"]], [files["png"], files["bmp"]] * 5, list(files.values())):
        images = decoder.decode(sources)
        assert all(image is not None for image in images)
        assert (np.asarray(images[0]) == rgb).all()
    streams = Encoder(backends=backends).encode([rgb] * 5, "png")
    assert all((np.asarray(decoder.decode(stream)) == rgb).all() for stream in streams)


@pytest.mark.parametrize(
    "backends", [[kind] for kind in GPU_KINDS] + [GPU_KINDS, [Backend()], [Backend(GPU_KINDS[1])]]
)
def test_gpu_kinds_alone_need_a_gpu(codec, works, backends, warnings, monkeypatch):
    with pytest.raises(RuntimeError, match="GPU"):
        codec(backends=backends)
    assert warnings() == []
    assert works(codec(backends=backends, options=":cpu_fallback=1"))
    assert len(warnings()) == 1
    with pytest.raises(RuntimeError):
        codec(backends=backends, options=":cpu_fallback=0")
    monkeypatch.setenv("GLIMT_CPU_FALLBACK", "1")
    assert works(codec(backends=backends))
    assert len(warnings()) == 1


# Of nvImageCodec's decoders, some by two names; all are taken, though glimt has no use for most.
PEER_OPTIONS = [
    ":fancy_upsampling=0",
    ":fancy_upsampling=1",
    "nvjpeg:fancy_upsampling=1",
    "nvjpeg_cuda_decoder:fancy_upsampling=1",
    "nvjpeg_cuda_decoder:hybrid_huffman_threshold=1000000",
    "nvjpeg_cuda_decoder:device_memory_padding=16777216",
    "nvjpeg_cuda_decoder:host_memory_padding=8388608",
    "nvjpeg_cuda_decoder:preallocate_buffers=1",
    "nvjpeg_cuda_decoder:extra_flags=0",
    "nvjpeg_hw_decoder:preallocate_width_hint=4096",
    "nvjpeg_hw_decoder:preallocate_height_hint=4096",
    "nvjpeg_hw_decoder:preallocate_batch_size=8",
    "nvjpeg_lossless_decoder:extra_flags=0",
    "nvjpeg2k_cuda_decoder:num_parallel_tiles=16",
    "nvjpeg2k_decoder:num_parallel_tiles=16",
    "libjpeg_turbo_decoder:fancy_upsampling=1",
    "libjpeg_turbo_decoder:fast_idct=1",
    ":num_cuda_streams=1",
    ":fancy_upsampling=1 nvjpeg_cuda_decoder:preallocate_buffers=0  libjpeg_turbo_decoder:fast_idct=0",
]


@pytest.mark.parametrize("options", PEER_OPTIONS)
def test_options_of_the_peer(options, works, warnings):
    assert works(Decoder(options=options))
    assert warnings() == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (":nonsense=1", ":nonsense=1"),
        ("nobody:fancy_upsampling=1", "nobody:fancy_upsampling=1"),
        (
            "libjpeg_turbo_decoder:nonsense=1 :fancy_upsampling=1",
            "libjpeg_turbo_decoder:nonsense=1",
        ),
        (":a=1 :b=2", ":a=1 :b=2"),
    ],
)
def test_unknown_options_are_named_once(codec, works, options, named, warnings):
    assert works(codec(options=options))
    (text,) = warnings()
    assert named in text


@pytest.mark.parametrize("options", ["", " ", "word", "a=b", "a:b", "=:", "two words here"])
def test_what_is_no_option_is_ignored(codec, works, options, warnings):
    assert works(codec(options=options))
    assert warnings() == []


@pytest.mark.parametrize("name", ["GLIMT_MAX_IMAGE_SIZE", "NVIMGCODEC_MAX_IMAGE_SIZE"])
def test_image_size_by_environment(name, files, monkeypatch, warnings):
    bmp, size = files["bmp"], 64 * 48 * 3
    monkeypatch.setenv(name, str(size))
    assert Decoder().decode(bmp) is not None
    monkeypatch.setenv(name, str(size - 1))
    decoder = Decoder()
    assert decoder.decode(bmp) is None
    assert str(size - 1) in warnings()[0]
    part = glimt.CodeStream(bmp).get_sub_code_stream(region=glimt.Region(0, 0, 40, 64))
    assert decoder.decode(part).height == 40
    assert decoder.decode(bmp, params=glimt.DecodeParams(color_spec=glimt.GRAY)) is not None


def test_our_names_win(png, monkeypatch):
    monkeypatch.setenv("NVIMGCODEC_MAX_IMAGE_SIZE", "1")
    monkeypatch.setenv("GLIMT_MAX_IMAGE_SIZE", "1000000")
    assert Decoder().decode(png) is not None
    assert Decoder(options=":max_image_bytes=10").decode(png) is None


@pytest.mark.parametrize("name", ["GLIMT_MAX_JPEG_SCANS", "NVIMGCODEC_MAX_JPEG_SCANS"])
def test_scans_by_environment(name, pillow_bytes, rgb, monkeypatch, warnings):
    jpeg = pillow_bytes(rgb, "JPEG", progressive=True)
    assert Decoder().decode(jpeg) is not None
    monkeypatch.setenv(name, "2")
    assert Decoder().decode(jpeg) is None
    assert "scans" in warnings()[0]


LIMITS = {
    "max_image_bytes": 9215,
    "max_pixels": 3071,
    "max_dimension": 63,
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_by_options(name, files, warnings):
    assert Decoder(options=f":{name}={LIMITS[name] + 1}").decode(files["bmp"]) is not None
    outcome = Decoder(options=f"glimt:{name}={LIMITS[name]}").try_decode(files["bmp"])
    assert outcome.status == "limit"
    assert str(LIMITS[name]) in outcome.message
    assert warnings() == []
    Decoder(options=f":{name}=many")
    assert "many" in warnings()[0]


@pytest.mark.parametrize(
    "name",
    [
        "GLIMT_MAX_IMAGE_SIZE",
        "NVIMGCODEC_MAX_IMAGE_SIZE",
        "NVIMGCODEC_MAX_JPEG_SCANS",
        "NVIMGCODEC_DEFAULT_NUM_CUDA_STREAMS",
    ],
)
def test_nonsense_in_the_environment_is_warned_of(name, works, codec, monkeypatch, warnings):
    monkeypatch.setenv(name, "nonsense")
    made = codec()
    (text,) = warnings()
    assert name in text
    assert "nonsense" in text
    assert works(made)
    monkeypatch.setenv(name, "")
    assert works(codec())
    assert warnings() == []


@pytest.mark.parametrize("count", [0, 3, 100])
def test_more_streams_than_threads(codec, works, count, monkeypatch, warnings):
    assert works(codec(max_num_cpu_threads=2, options=f":num_cuda_streams={count}"))
    assert "1..2" in warnings()[0]
    monkeypatch.setenv("NVIMGCODEC_DEFAULT_NUM_CUDA_STREAMS", str(count))
    assert works(codec(max_num_cpu_threads=2))
    assert "1..2" in warnings()[0]


def test_context_manager(codec, works):
    made = codec()
    with made as entered:
        assert entered is made
        assert works(made)
    assert made.device_id == -1
    assert made.__enter__() is made
    with pytest.raises(ZeroDivisionError), codec():
        raise ZeroDivisionError
    made.__exit__(None, None, None)  # a second time
    made.__exit__()


def test_a_closed_decoder_decodes_nothing(png, tmp_path, warnings):
    decoder = Decoder()
    decoder.__exit__(None, None, None)
    for method in (decoder.decode, decoder.read):
        assert method(png) is None
        assert method([png, png]) == [None, None]
        assert method([]) == []
        assert method(None) is None
        assert method(str(tmp_path / "missing")) is None
    assert len(warnings()) >= 4
    with pytest.raises(RuntimeError, match="closed"):
        decoder.get_metadata(png)
    with pytest.raises(RuntimeError, match="closed"):
        decoder.try_decode(png)


def test_a_closed_encoder_raises(rgb, tmp_path):
    encoder = Encoder()
    encoder.__exit__(None, None, None)
    path = tmp_path / "x.png"
    for call in (
        lambda: encoder.encode(rgb, "png"),
        lambda: encoder.encode([rgb], "png"),
        lambda: encoder.write(path, rgb),
        lambda: encoder.write([path], [rgb]),
    ):
        with pytest.raises(RuntimeError, match="closed"):
            call()
    assert encoder.encode([], "png") == []
    assert encoder.encode(None, "png") is None
    assert not path.exists()
