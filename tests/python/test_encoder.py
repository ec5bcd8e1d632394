# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
import io
import pathlib

import glimt
import numpy as np
import pytest
from glimt import (
    Backend,
    BackendKind,
    ChromaSubsampling,
    CodeStream,
    ColorSpec,
    EncodeParams,
    Encoder,
    JpegEncodeParams,
    QualityType,
    SampleFormat,
    as_image,
)
from PIL import Image as PillowImage

LOSSLESS = EncodeParams(quality_type=QualityType.LOSSLESS)
CODECS = ["png", "bmp", "pnm", "webp", "jpeg2k"]


def decoded(stream):
    params = glimt.DecodeParams(color_spec=ColorSpec.UNCHANGED, allow_any_depth=True)
    return np.asarray(glimt.Decoder().decode(stream, params=params))


@pytest.mark.parametrize("codec", CODECS)
def test_lossless_round_trip(codec, encoder, rgb):
    stream = encoder.encode(rgb, codec, params=LOSSLESS)
    assert isinstance(stream, CodeStream)
    assert (decoded(stream) == rgb).all()
    reference = np.asarray(PillowImage.open(io.BytesIO(bytes(stream))).convert("RGB"))
    assert (reference == rgb).all()


def test_properties_describe_the_written_bitstream(encoder, rgb):
    stream = encoder.encode(rgb, "jpeg")
    assert stream.codec_name == "jpeg"
    assert stream.color_spec is ColorSpec.SYCC
    assert stream.sample_format is SampleFormat.P_YCC
    assert stream.precision == 8
    assert (stream.height, stream.width, stream.num_channels) == (48, 64, 3)
    assert stream.size == len(bytes(stream))
    assert stream.capacity >= stream.size
    assert stream.view.image_idx == 0
    assert stream.view.region is None
    assert stream.pin_memory is True
    assert bytes(stream)[:2] == b"\xff\xd8"
    again = CodeStream(bytes(stream))
    for name in ("color_spec", "sample_format", "precision", "num_channels", "chroma_subsampling"):
        assert getattr(stream, name) == getattr(again, name)


NAMES = {
    "jpeg": ["jpeg", "JPEG", ".jpg", ".JPG", ".jpeg"],
    "png": ["png", ".png", ".PNG"],
    "bmp": ["bmp", ".bmp"],
    "pnm": ["pnm", ".pnm", ".ppm"],
    "webp": ["webp", ".Webp"],
    "jpeg2k": ["jpeg2k", ".jp2", ".J2K"],
}


@pytest.mark.parametrize(
    ("codec", "expected"),
    [(name, codec) for codec, names in NAMES.items() for name in names],
)
def test_codec_names(codec, expected, encoder, rgb):
    assert encoder.encode(rgb, codec).codec_name == expected


def test_codec_refusals(encoder, rgb, warnings):
    for codec in ("", ".xyz", "."):
        with pytest.raises(ValueError, match="codec"):
            encoder.encode(rgb, codec)
    assert warnings() == []
    for codec in ("xyz", "jpg", "ppm"):
        assert encoder.encode(rgb, codec) is None
        assert encoder.encode([rgb, rgb], codec) == [None, None]
        assert len(warnings()) == 3
    for wrong in (None, 3, b"png"):
        with pytest.raises(TypeError):
            encoder.encode(rgb, wrong)


def test_batches(encoder, rgb, gray, warnings):
    streams = encoder.encode([rgb, None, gray, "no image", as_image(rgb)], "png")
    assert [stream is None for stream in streams] == [False, True, False, True, False]
    assert (decoded(streams[0]) == rgb).all()
    assert (decoded(streams[2])[..., 0] == gray).all()
    texts = warnings()
    assert len(texts) == 2
    assert "[1]" in texts[0]
    assert "[3]" in texts[1]
    assert isinstance(encoder.encode((rgb, gray), "png"), list)
    assert encoder.encode([], "png") == []
    assert encoder.encode((), "png") == []
    assert encoder.encode([None], "png") == [None]
    warnings()
    assert encoder.encode(None, "png") is None
    assert warnings() == []
    assert encoder.encode(object(), "png") is None
    assert len(warnings()) == 1


STRIDED = {
    "padded": lambda a: np.pad(a, ((0, 0), (0, 9), (0, 0)))[:, :-9],
    "upside down": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "mirrored": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "channels turned": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "planes": lambda a: np.ascontiguousarray(a.transpose(2, 0, 1)).transpose(1, 2, 0),
    "Fortran": np.asfortranarray,
}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", STRIDED)
def test_strided_input(name, codec, encoder, rgb):
    stream = encoder.encode(STRIDED[name](rgb), codec, params=LOSSLESS)
    assert (decoded(stream) == rgb).all()


def test_relabelled_input(encoder, rgb):
    bgr = as_image(np.ascontiguousarray(rgb[..., ::-1]), sample_format=SampleFormat.I_BGR)
    assert (decoded(encoder.encode(bgr, "png")) == rgb).all()
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1))
    planar = as_image(planes, sample_format=SampleFormat.P_RGB)
    assert (decoded(encoder.encode(planar, "png")) == rgb).all()


@pytest.mark.parametrize("dtype", ["u2", "u1"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_each_kind(channels, dtype, encoder):
    array = np.random.default_rng(2).integers(0, np.iinfo(dtype).max, (20, 30, channels), dtype)
    stream = encoder.encode(array, "png")
    assert stream.num_channels == channels
    assert (decoded(stream) == array).all()


# Streams to write into


def test_reuse_of_a_stream(encoder, rgb, gray):
    stream = CodeStream(100_000)
    assert encoder.encode(rgb, "png", code_stream_s=stream) is stream
    assert stream.codec_name == "png"
    assert stream.capacity >= 100_000
    assert (decoded(stream) == rgb).all()
    assert encoder.encode(gray, "bmp", code_stream_s=stream) is stream
    assert stream.codec_name == "bmp"
    assert (decoded(stream)[..., 0] == gray).all()
    assert stream.capacity >= 100_000


@pytest.mark.parametrize("pin_memory", [True, False])
def test_a_stream_grows(pin_memory, encoder, rgb):
    for size in (0, 10):
        stream = CodeStream(size, pin_memory)
        assert encoder.encode(rgb, "bmp", code_stream_s=stream) is stream
        assert (decoded(stream) == rgb).all()
        assert stream.capacity >= stream.size > rgb.nbytes
        assert stream.pin_memory is pin_memory


def test_streams_of_a_batch(encoder, rgb, gray):
    streams = [CodeStream(), CodeStream(50_000)]
    results = encoder.encode([rgb, gray], "png", code_stream_s=streams)
    assert results[0] is streams[0]
    assert results[1] is streams[1]
    assert (decoded(streams[0]) == rgb).all()
    mixed = encoder.encode([rgb, gray], "png", code_stream_s=[None, streams[1]])
    assert mixed[0] is not streams[0]
    assert mixed[1] is streams[1]
    for wrong in ([CodeStream()], [CodeStream()] * 3):
        with pytest.raises(ValueError, match=f"{len(wrong)} .* 2"):
            encoder.encode([rgb, gray], "png", code_stream_s=wrong)
    with pytest.raises(ValueError):
        encoder.encode(rgb, "png", code_stream_s=CodeStream(b"encoded data"))
    for wrong in (3, [CodeStream()], []):
        with pytest.raises(ValueError, match="code_stream_s"):
            encoder.encode(rgb, "png", code_stream_s=wrong)
    for wrong in (3, CodeStream(), [3, 4]):
        with pytest.raises(ValueError, match="code_stream_s"):
            encoder.encode([rgb, gray], "png", code_stream_s=wrong)


def test_a_failed_encode_empties_the_stream(encoder, rgb):
    stream = encoder.encode(rgb, "png")
    assert encoder.encode(np.zeros((4, 4, 3), np.float32), "jpeg", code_stream_s=stream) is None
    with pytest.raises(RuntimeError):
        _ = stream.width
    assert encoder.encode(rgb, "png", code_stream_s=stream) is stream
    assert (decoded(stream) == rgb).all()


# Parameters


def test_quality(encoder, rgb):
    def size(value):
        params = EncodeParams(quality_type=QualityType.QUALITY, quality_value=value)
        return encoder.encode(rgb, "jpeg", params=params).size

    assert size(20) < size(75) < size(98)
    assert encoder.encode(rgb, "jpeg").size == size(75)


def test_parameters_are_read_at_each_call(encoder, rgb):
    params = EncodeParams()
    baseline = encoder.encode(rgb, "jpeg", params=params)
    params.jpeg_params.progressive = True
    progressive = encoder.encode(rgb, "jpeg", params=params)
    assert b"\xff\xc0" in bytes(baseline)
    assert b"\xff\xc2" in bytes(progressive)
    assert progressive.coding != baseline.coding


@pytest.mark.parametrize("name", ["CSS_444", "CSS_422", "CSS_420", "CSS_440", "CSS_411"])
def test_chroma_subsampling(name, encoder, rgb):
    css = ChromaSubsampling[name]
    stream = encoder.encode(rgb, "jpeg", params=EncodeParams(chroma_subsampling=css))
    assert stream.chroma_subsampling is css


def test_gray_target(encoder, rgb):
    stream = encoder.encode(rgb, "jpeg", params=EncodeParams(color_spec=ColorSpec.GRAY))
    assert stream.num_channels == 1
    assert stream.color_spec is ColorSpec.GRAY


def test_restart_interval(encoder, rgb):
    params = EncodeParams(jpeg_encode_params=JpegEncodeParams(restart_interval=4))
    assert b"\xff\xdd" in bytes(encoder.encode(rgb, "jpeg", params=params))


@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_jpeg(bits, channels, encoder, unchanged):
    samples = np.random.default_rng(bits).integers(0, 2**bits, (20, 30, channels))
    samples = samples.astype(np.uint8 if bits == 8 else np.uint16)
    jpeg = JpegEncodeParams(lossless=True, precision=bits)
    stream = encoder.encode(samples, "jpeg", params=EncodeParams(jpeg_encode_params=jpeg))
    assert stream.coding == "lossless"
    assert stream.precision == bits
    assert stream.dtype == samples.dtype
    decoded = glimt.Decoder().decode(stream, params=unchanged)
    assert (np.asarray(decoded) == samples).all()
    again = encoder.encode(
        decoded,
        "jpeg",
        params=EncodeParams(jpeg_encode_params=JpegEncodeParams(lossless=True)),
    )
    assert bytes(again) == bytes(stream)


@pytest.mark.parametrize(
    ("jpeg", "reason"),
    [
        (JpegEncodeParams(lossless=True, precision=7), "set precision to 8"),
        (JpegEncodeParams(lossless=True, progressive=True), "progressive"),
        (JpegEncodeParams(lossless=True, restart_interval=5), "multiple of 64"),
        (JpegEncodeParams(precision=12), "precision"),
    ],
)
def test_refused_jpeg_parameters(jpeg, reason, encoder, rgb, caplog):
    assert encoder.encode(rgb, "jpeg", params=EncodeParams(jpeg_encode_params=jpeg)) is None
    assert reason in caplog.text


@pytest.mark.parametrize(
    ("codec", "params"),
    [
        ("jpeg", LOSSLESS),
        ("jpeg", EncodeParams(quality_type=QualityType.QUALITY, quality_value=101)),
        ("jpeg", EncodeParams(quality_type=QualityType.PSNR, quality_value=40)),
        ("png", EncodeParams(quality_type=QualityType.QUALITY, quality_value=50)),
        ("bmp", EncodeParams(quality_type=QualityType.SIZE_RATIO, quality_value=0.5)),
    ],
)
def test_refused_parameters(codec, params, encoder, rgb, warnings):
    assert encoder.encode(rgb, codec, params=params) is None
    (text,) = warnings()
    assert "cannot encode the image as " + codec in text


def test_png_levels(encoder, rgb):
    def size(**arguments):
        params = EncodeParams(quality_type=QualityType.LOSSLESS, **arguments)
        return encoder.encode(rgb, "png", params=params).size

    stored = size(quality_value=0)
    assert stored > rgb.nbytes
    assert size() < stored
    assert size(quality_value=9) <= size(quality_value=1) < stored


# Files


@pytest.mark.parametrize("convert", [str, pathlib.Path])
def test_write(convert, encoder, rgb, tmp_path):
    path = convert(tmp_path / "image.png")
    assert encoder.write(path, rgb) == str(path)
    assert (np.asarray(PillowImage.open(path)) == rgb).all()
    assert encoder.write(file_name=path, image=rgb, codec="bmp", params=None, cuda_stream=0)
    assert CodeStream(path).codec_name == "bmp"
    assert encoder.write(path, rgb, ".webp", LOSSLESS)
    assert CodeStream(path).codec_name == "webp"
    assert [p.name for p in tmp_path.iterdir()] == ["image.png"]


def test_write_a_batch(encoder, rgb, gray, tmp_path, warnings):
    paths = [str(tmp_path / name) for name in ("a.png", "b.bmp", "c.PNG", "d.png")]
    assert encoder.write(paths, [rgb, gray, rgb, None]) == [*paths[:3], None]
    assert CodeStream(paths[1]).codec_name == "bmp"
    assert CodeStream(paths[2]).codec_name == "png"
    assert len(warnings()) == 1
    assert not pathlib.Path(paths[3]).exists()
    assert encoder.write(file_names=paths[:1], images=[rgb]) == paths[:1]
    assert encoder.write([], []) == []
    with pytest.raises(ValueError, match=r"2 .* 1"):
        encoder.write(paths[:2], [rgb])
    with pytest.raises(ValueError, match=r"1 .* 48"):
        encoder.write(paths[:1], rgb)
    with pytest.raises(TypeError):
        encoder.write(paths[:1], 5)
    assert encoder.write(paths[:1], rgb[None]) == paths[:1]  # an array is a sequence of images
    assert encoder.write(paths[:2], [rgb, rgb], "nonsense") == [None, None]


def test_write_without_an_extension(encoder, rgb, tmp_path, warnings):
    path = str(tmp_path / "image")
    assert encoder.write(path, rgb) == path
    assert CodeStream(path).codec_name == "jpeg"
    assert "JPEG" in warnings()[0]
    for wrong, codec in ((tmp_path / "x.xyz", ""), (tmp_path / "x.png", ".xyz")):
        with pytest.raises(ValueError, match="xyz"):
            encoder.write(wrong, rgb, codec)
        assert not wrong.exists()


def test_a_failed_write_leaves_nothing(encoder, tmp_path, warnings):
    path = tmp_path / "image.jpg"
    assert encoder.write(path, np.zeros((4, 4, 3), np.float64)) is None
    assert len(warnings()) == 1
    path.write_bytes(b"what was there before")
    assert encoder.write(path, np.zeros((4, 4, 3), np.float64)) is None
    assert path.read_bytes() == b"what was there before"
    assert len(list(tmp_path.iterdir())) == 1
    assert encoder.write(path, None) is None


def test_paths_that_cannot_be_written(encoder, rgb, tmp_path, warnings):
    missing = tmp_path / "missing" / "image.png"
    for error in (glimt.FileMissing, FileNotFoundError, RuntimeError):
        with pytest.raises(error, match="missing"):
            encoder.write(missing, rgb)
    good = tmp_path / "good.png"
    assert encoder.write([missing, good], [rgb, rgb]) == [None, str(good)]
    assert len(warnings()) == 1
    assert CodeStream(good).width == 64
    folder = tmp_path / "folder.png"
    folder.mkdir()
    with pytest.raises(RuntimeError):
        encoder.write(folder, rgb)


# Outcomes and life cycle


def test_try_encode(encoder, rgb, warnings):
    good, bad = encoder.try_encode([rgb, np.zeros((4, 4, 3), np.float32)], "jpeg")
    assert good.ok
    assert good.code_stream.codec_name == "jpeg"
    assert not bad.ok
    assert bad.code_stream is None
    assert "float32" in bad.message
    assert encoder.try_encode(rgb, "png").ok
    assert warnings() == []


def test_constructor(rgb, warnings):
    encoder = Encoder(device_id=-1, max_num_cpu_threads=0, backends=None, options="")
    assert encoder.device_id == -1
    assert Encoder(backends=[Backend(BackendKind.CPU_ONLY)]).encode(rgb, "png").width == 64
    with pytest.raises(RuntimeError, match="GPU"):
        Encoder(backends=[BackendKind.GPU_ONLY])
    Encoder(options=":nonsense=1")
    assert len(warnings()) == 1


def test_context_manager(rgb, tmp_path):
    with Encoder() as encoder:
        assert encoder.encode(rgb, "png").width == 64
    with pytest.raises(RuntimeError, match="closed"):
        encoder.encode(rgb, "png")
    with pytest.raises(RuntimeError, match="closed"):
        encoder.write(tmp_path / "x.png", rgb)
    with Encoder() as outer:
        assert outer.__enter__() is outer


def test_argument_names(encoder, rgb):
    stream = encoder.encode(
        image_s=rgb, codec="png", code_stream_s=None, params=None, cuda_stream=0
    )
    assert stream.width == 64
    for call in (
        lambda: encoder.encode(rgb),
        lambda: encoder.encode(rgb, "png", None),
        lambda: encoder.encode(rgb, "png", nonsense=1),
        lambda: encoder.encode(rgb, "png", params=3),
    ):
        with pytest.raises(TypeError):
            call()


def test_chained_without_a_copy_by_the_user(decoder, encoder, rgb):
    image = decoder.decode(encoder.encode(decoder.decode(encoder.encode(rgb, "png")), "bmp"))
    assert (np.asarray(image) == rgb).all()


def test_raw_inks_survive_decoding_and_encoding():
    """Adobe's JPEG files hold inverted inks; an Image that was decoded UNCHANGED remembers it."""
    inks = np.zeros((32, 32, 4), np.uint8)
    inks[:16, :, 0] = 200
    inks[:, :16, 3] = 90
    first = glimt.Encoder().encode(
        glimt.as_image(
            inks, sample_format=glimt.SampleFormat.I_CMYK, color_spec=glimt.ColorSpec.CMYK
        ),
        "jpeg",
    )
    raw = glimt.DecodeParams(color_spec=glimt.ColorSpec.UNCHANGED)
    decoded = glimt.Decoder().decode(first, params=raw)
    again = glimt.Decoder().decode(glimt.Encoder().encode(decoded, "jpeg"), params=raw)
    stored, stored_again = (np.asarray(image.cpu()).astype(int) for image in (decoded, again))
    assert np.abs(stored - (255 - inks.astype(int))).max() <= 4
    assert np.abs(stored - stored_again).max() <= 4


@pytest.mark.parametrize("codec", ["jpeg", "jpeg2k", "png", "bmp", "pnm", "webp"])
@pytest.mark.parametrize("subsampling", [None, *glimt.ChromaSubsampling])
def test_gray_has_no_chroma_to_subsample(codec, subsampling, encoder, gray):
    plain = encoder.encode(gray, codec)
    stream = encoder.encode(gray, codec, params=EncodeParams(chroma_subsampling=subsampling))
    assert bytes(stream) == bytes(plain)


@pytest.mark.parametrize("codec", ["jpeg2k", "png", "bmp", "pnm", "webp"])
def test_gray_written_as_rgb(codec, encoder, decoder, gray, unchanged):
    params = EncodeParams(QualityType.LOSSLESS, color_spec=ColorSpec.SRGB)
    stream = encoder.encode(gray, codec, params=params)
    assert stream.num_channels == 3
    pixels = np.asarray(decoder.decode(stream, params=unchanged))
    assert (pixels == gray[..., None]).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("quality_type", [QualityType.LOSSLESS, QualityType.QUALITY])
def test_webp_of_colour_as_gray(channels, quality_type, encoder, decoder, rgb, unchanged):
    image = np.dstack([rgb, rgb[..., 0]])[..., :channels]
    params = EncodeParams(quality_type, 100, ColorSpec.GRAY)
    pixels = np.asarray(
        decoder.decode(encoder.encode(image, "webp", params=params), params=unchanged)
    )
    assert pixels.shape[2] == channels
    luma = rgb @ [0.299, 0.587, 0.114]
    exact = quality_type is QualityType.LOSSLESS
    for channel in range(3):
        assert np.abs(pixels[..., channel] - luma).max() <= (0.502 if exact else 8)
    if channels == 4:
        assert (pixels[..., 3] == rgb[..., 0]).all()
