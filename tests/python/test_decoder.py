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
    CodeStream,
    ColorSpec,
    DecodeParams,
    Decoder,
    Image,
    Region,
    SampleFormat,
)
from PIL import Image as PillowImage

LOSSLESS = ["png", "bmp", "pnm", "webp", "jpeg2k"]
BAD = b"this is no image"


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("method", ["decode", "read"])
def test_pixels(name, method, decoder, files, rgb):
    image = getattr(decoder, method)(files[name])
    assert isinstance(image, Image)
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    assert image.sample_format is SampleFormat.I_RGB
    assert image.color_spec is ColorSpec.SRGB
    assert image.buffer_kind is glimt.ImageBufferKind.STRIDED_HOST
    assert (np.asarray(image) == rgb).all()


def test_jpeg_is_within_a_level_of_pillow(files):
    image = Decoder(options=":fancy_upsampling=1").decode(files["jpeg"])
    reference = np.asarray(PillowImage.open(io.BytesIO(files["jpeg"])))
    assert np.abs(np.asarray(image).astype(int) - reference).max() <= 1


@pytest.mark.parametrize(
    "convert",
    [
        bytes,
        bytearray,
        memoryview,
        io.BytesIO,
        CodeStream,
        tuple,
        lambda data: np.frombuffer(data, np.uint8),
        lambda data: np.repeat(np.frombuffer(data, np.uint8), 2)[::2],
    ],
)
def test_sources(convert, decoder, png, rgb):
    assert (np.asarray(decoder.decode(convert(png))) == rgb).all()
    (image,) = decoder.decode([convert(png)])
    assert (np.asarray(image) == rgb).all()


def test_paths(decoder, png, rgb, tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(png)
    with path.open("rb") as file:
        images = decoder.read([str(path), path, pathlib.PurePath(path), file, CodeStream(path)])
    for image in images:
        assert (np.asarray(image) == rgb).all()
    assert (np.asarray(decoder.read(path)) == rgb).all()
    assert (np.asarray(decoder.decode(str(path))) == rgb).all()


def test_many_paths(decoder, encoder, tmp_path):
    images = [np.full((9, 8, 3), i, np.uint8) for i in range(60)]
    paths = [tmp_path / f"{i}.png" for i in range(60)]
    assert encoder.write(paths, images) == [str(path) for path in paths]
    for image, decoded in zip(images, decoder.read(paths)):
        assert (np.asarray(decoded) == image).all()


def test_mixed_batch_keeps_its_order(decoder, files, gray, rgb, warnings):
    sources = [files["gray.png"], BAD, files["bmp"], None, np.frombuffer(files["png"], np.uint8)]
    images = decoder.decode(sources)
    assert [image is None for image in images] == [False, True, False, True, False]
    assert (np.asarray(images[0]) == gray[..., None]).all()
    assert images[0].shape == (48, 64, 3)
    assert (np.asarray(images[2]) == rgb).all()
    assert (np.asarray(images[4]) == rgb).all()
    texts = warnings()
    assert len(texts) == 2
    assert "[1]" in texts[0]
    assert "[3]" in texts[1]


def test_tuples_are_batches_unless_they_are_bytes(decoder, png):
    assert len(decoder.decode((png, png))) == 2
    assert decoder.decode(tuple(png)).shape == (48, 64, 3)
    assert decoder.decode(()) == []
    assert decoder.decode([]) == []


def test_large_batch(decoder, files, rgb):
    images = decoder.decode([files[LOSSLESS[i % len(LOSSLESS)]] for i in range(100)])
    assert all((np.asarray(image) == rgb).all() for image in images)


def test_what_cannot_be_decoded_is_none_and_one_record(decoder, warnings):
    assert decoder.decode(BAD) is None
    (text,) = warnings()
    assert "cannot decode bytes of length 16" in text
    assert decoder.decode([BAD, BAD]) == [None, None]
    assert len(warnings()) == 2
    assert decoder.decode(None) is None
    assert warnings() == []
    assert decoder.decode(CodeStream(10)) is None
    assert len(warnings()) == 1


def test_truncated(decoder, png, rgb, warnings):
    half = png[: len(png) // 2]
    assert decoder.decode(half) is None
    assert "truncated" in warnings()[0]
    image = decoder.decode(half, params=DecodeParams(errors="partial"))
    assert image.shape == (48, 64, 3)
    assert (np.asarray(image)[:5] == rgb[:5]).all()
    outcome = decoder.try_decode(half, params=DecodeParams(errors="partial"))
    assert outcome.ok
    assert outcome.note


def test_missing_path_raises(decoder, png, tmp_path):
    missing = tmp_path / "missing.png"
    for source in (str(missing), missing, [png, str(missing)]):
        for error in (glimt.FileMissing, FileNotFoundError, RuntimeError, TypeError):
            with pytest.raises(error, match=r"missing\.png"):
                decoder.read(source)


@pytest.mark.parametrize("source", [1, 1.5, object(), {"a": 1}])
def test_no_source(decoder, source):
    with pytest.raises(TypeError, match="cannot decode from"):
        decoder.decode(source)
    for nested in ([source], [[b"a list in a list"]], [(1.5, 2)]):
        with pytest.raises(TypeError):
            decoder.decode(nested)


def test_argument_names(decoder, png):
    assert decoder.decode(src=png, image=None, params=None, cuda_stream=0).width == 64
    assert decoder.decode(srcs=[png], images=None, params=None, cuda_stream=0)[0].width == 64
    assert decoder.read(path=png).width == 64
    assert decoder.read(paths=[png])[0].width == 64
    for call in (
        lambda: decoder.decode(),
        lambda: decoder.decode(png, None),
        lambda: decoder.decode(png, nonsense=1),
        lambda: decoder.decode(png, images=[None]),
        lambda: decoder.decode([png], image=None),
        lambda: decoder.decode(png, params=3),
        lambda: decoder.decode(png, image=np.zeros((48, 64, 3), np.uint8)),
    ):
        with pytest.raises(TypeError):
            call()


# Parameters


def test_params_of_each_image(decoder, files, gray):
    gray_params = DecodeParams(color_spec=ColorSpec.GRAY)
    images = decoder.decode([files["png"]] * 3, params=[None, gray_params, DecodeParams()])
    assert [image.shape[2] for image in images] == [3, 1, 3]
    images = decoder.decode([files["gray.png"]] * 2, params=gray_params)
    for image in images:
        assert image.color_spec is ColorSpec.GRAY
        assert (np.asarray(image)[..., 0] == gray).all()
    with pytest.raises(ValueError, match=r"1 .* 2"):
        decoder.decode([files["png"]] * 2, params=[None])
    with pytest.raises(TypeError):
        decoder.decode([files["png"]], params=[3])


def test_unchanged(decoder, files, unchanged):
    image = decoder.decode(files["rgba.png"], params=unchanged)
    assert image.shape == (48, 64, 4)
    assert image.sample_format is SampleFormat.I_RGBA
    reference = np.asarray(PillowImage.open(io.BytesIO(files["rgba.png"])))
    assert (np.asarray(image) == reference).all()
    image = decoder.decode(files["gray.png"], params=unchanged)
    assert image.shape == (48, 64, 1)
    assert image.color_spec is ColorSpec.GRAY


def test_layouts(decoder, png, rgb):
    planar = decoder.decode(png, params=DecodeParams(sample_format=SampleFormat.P_RGB))
    assert planar.shape == (3, 48, 64)
    assert planar.strides == (48 * 64, 64, 1)
    assert (planar.height, planar.width, planar.num_channels) == (48, 64, 3)
    assert (np.asarray(planar) == rgb.transpose(2, 0, 1)).all()
    swapped = decoder.decode(png, params=DecodeParams(sample_format=SampleFormat.I_BGR))
    assert (np.asarray(swapped) == rgb[..., ::-1]).all()
    with pytest.raises(ValueError, match=r"I_Y .* SRGB"):
        decoder.decode(png, params=DecodeParams(sample_format=SampleFormat.I_Y))
    unknown = DecodeParams(sample_format=SampleFormat.UNKNOWN)
    with pytest.raises(ValueError, match="UNKNOWN"):
        decoder.decode([png, png], params=[None, unknown])
    assert decoder.decode([], params=unknown) == []


@pytest.mark.parametrize("name", LOSSLESS)
def test_regions(name, decoder, files, rgb):
    stream = CodeStream(files[name])
    inside = decoder.decode(stream.get_sub_code_stream(region=Region(5, 7, 30, 41)))
    assert (np.asarray(inside) == rgb[5:30, 7:41]).all()
    crossing = Region(-2, -3, 50, 70, out_of_bounds_samples=[9, 8, 7])
    image = np.asarray(decoder.decode(stream.get_sub_code_stream(region=crossing)))
    expected = np.empty((52, 73, 3), np.uint8)
    expected[:] = [9, 8, 7]
    expected[2:50, 3:67] = rgb
    assert (image == expected).all()
    outside = Region([100, 100], [110, 120], 200)
    image = decoder.decode(stream.get_sub_code_stream(region=outside))
    assert image.shape == (10, 20, 3)
    assert (np.asarray(image) == 200).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_orientation(file_format, orientation, decoder, rgb, pillow_bytes, unchanged):
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if file_format == "WEBP" else {}
    data = pillow_bytes(rgb, file_format, exif=exif, **options)
    assert CodeStream(data).orientation == orientation
    stored = np.asarray(decoder.decode(data, params=DecodeParams(apply_exif_orientation=False)))
    assert stored.shape == rgb.shape
    turned = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.transpose(1, 0, 2),
        6: stored[::-1].transpose(1, 0, 2),
        7: stored[::-1, ::-1].transpose(1, 0, 2),
        8: stored[:, ::-1].transpose(1, 0, 2),
    }[orientation]
    assert (np.asarray(decoder.decode(data)) == turned).all()
    assert (CodeStream(data).height, CodeStream(data).width) == rgb.shape[:2]


@pytest.mark.parametrize("codec", ["png", "pnm", "jpeg2k"])
def test_depth(codec, decoder, encoder, unchanged):
    deep = np.random.default_rng(5).integers(0, 65536, (20, 30, 3), np.uint16)
    stream = encoder.encode(deep, codec)
    assert stream.dtype == np.uint16
    assert stream.precision == 16
    image = decoder.decode(stream, params=unchanged)
    assert image.dtype == np.uint16
    assert image.precision == 16
    assert (np.asarray(image) == deep).all()
    image = decoder.decode(stream)
    assert image.dtype == np.uint8
    assert image.precision == 0
    expected = np.round(deep * (255 / 65535)).astype(np.uint8)
    assert (np.asarray(image) == expected).all()


def test_a_batch_of_regions_of_one_stream(decoder, png, rgb):
    stream = CodeStream(png)
    corners = [(y, x) for y in range(0, 48, 8) for x in range(0, 64, 8)]
    tiles = [stream.get_sub_code_stream(region=Region(y, x, y + 8, x + 8)) for y, x in corners]
    for (y, x), image in zip(corners, decoder.decode(tiles)):
        assert (np.asarray(image) == rgb[y : y + 8, x : x + 8]).all()


def test_regions_of_other_dimensions_are_refused(decoder, png, warnings):
    stream = CodeStream(png).get_sub_code_stream(region=Region([0, 0, 0], [1, 1, 1]))
    assert decoder.decode([stream, png])[0] is None
    assert "3 dimensions" in warnings()[0]


# Reuse


def test_reuse_of_an_image(decoder, files, rgb, gray, unchanged):
    first = decoder.decode(files["gray.png"], params=unchanged)
    again = decoder.decode(files["png"], image=first)
    assert again is first
    assert first.shape == (48, 64, 3)
    assert (np.asarray(first) == rgb).all()
    capacity = first.capacity
    decoder.decode(files["gray.png"], image=first, params=unchanged)
    assert first.shape == (48, 64, 1)
    assert first.size == 48 * 64
    assert first.capacity == capacity >= 48 * 64 * 3
    assert (np.asarray(first)[..., 0] == gray).all()


def test_reuse_in_a_batch(decoder, png, rgb):
    kept = decoder.decode(png)
    images = decoder.decode([png, png], images=[None, kept])
    assert images[1] is kept
    assert images[0] is not kept
    assert (np.asarray(images[0]) == rgb).all()
    for wrong in ([kept], [None] * 3):
        with pytest.raises(ValueError, match=f"{len(wrong)} .* 2"):
            decoder.decode([png, png], images=wrong)
    with pytest.raises(TypeError):
        decoder.decode([png], images=[1])


def test_reuse_of_an_array(decoder, png, rgb):
    array = np.zeros((48, 64, 3), np.uint8)
    image = glimt.as_image(array)
    assert decoder.decode(png, image=image) is image
    assert (array == rgb).all()


def test_reuse_of_a_larger_array_keeps_its_rows(decoder, png, rgb):
    array = np.full((60, 100, 3), 77, np.uint8)
    image = decoder.decode(png, image=glimt.as_image(array))
    assert image.shape == (48, 64, 3)
    assert image.strides == (300, 3, 1)
    assert image.capacity == array.nbytes
    assert (array[:48, :64] == rgb).all()
    assert (array[48:] == 77).all()
    assert (array[:, 64:] == 77).all()
    assert (np.asarray(image) == rgb).all()


def test_reuse_of_a_flat_array_is_reinterpreted(decoder, png, rgb):
    array = np.zeros((1, 48 * 64 * 3, 1), np.uint8)
    image = decoder.decode(png, image=glimt.as_image(array))
    assert image.shape == (48, 64, 3)
    assert (array.ravel() == rgb.ravel()).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros((10, 10, 3), np.uint8),
        lambda: np.zeros((60, 60, 3), np.uint8)[:, ::2],
        lambda: np.frombuffer(bytes(48 * 64 * 3), np.uint8).reshape(48, 64, 3),
    ],
)
def test_unusable_arrays(make, decoder, png):
    array = make()
    before = array.copy()
    for call in (
        lambda image: decoder.decode(png, image=image),
        lambda image: decoder.decode([png, png], images=[image, None]),
    ):
        with pytest.raises(ValueError, match="reuse"):
            call(glimt.as_image(array))
    assert (array == before).all()


def test_a_failed_decode_leaves_the_image_alone(decoder, png, rgb):
    image = decoder.decode(png)
    assert decoder.decode(BAD, image=image) is None
    assert image.shape == (48, 64, 3)
    assert (np.asarray(image) == rgb).all()


# Outcomes


def test_try_decode(decoder, png, warnings):
    good, bad, none = decoder.try_decode([png, BAD, None])
    assert good.ok
    assert good.status == "ok"
    assert good.message == ""
    assert good.image.width == 64
    assert good.attempts[-1][1] == "ok"
    assert good.units_decoded > 0
    assert not bad.ok
    assert bad.image is None
    assert bad.status == "unsupported"
    assert bad.message
    assert not none.ok
    assert repr(good) == "DecodeOutcome(ok)"
    assert warnings() == []
    single = decoder.try_decode(png)
    assert isinstance(single, glimt.DecodeOutcome)
    assert decoder.try_decode(png, image=good.image).image is good.image


# Construction


def test_constructor():
    decoder = Decoder(
        device_id=-1, max_num_cpu_threads=0, backends=None, options=":fancy_upsampling=0"
    )
    assert decoder.device_id == -1
    assert Decoder(-99999, 2, [BackendKind.CPU_ONLY], "").device_id == -99999
    for wrong in ({"nonsense": 1}, {"backends": [1]}, {"backends": ["CPU_ONLY"]}, {"options": 3}):
        with pytest.raises(TypeError):
            Decoder(**wrong)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_thread_counts(threads, files, rgb):
    images = Decoder(max_num_cpu_threads=threads).decode([files["png"], files["bmp"]] * 8)
    assert all((np.asarray(image) == rgb).all() for image in images)


def test_backends(png, warnings):
    for backends in (
        [],
        (BackendKind.CPU_ONLY,),
        [BackendKind.CPU_ONLY, Backend(BackendKind.GPU_ONLY, load_hint=0.5)],
        [Backend(BackendKind.CPU_ONLY, 0.5, glimt.LoadHintPolicy.IGNORE)],
    ):
        assert Decoder(backends=backends).decode(png).width == 64
    for backends in ([BackendKind.GPU_ONLY], [Backend()], [Backend(BackendKind.HW_GPU_ONLY)]):
        with pytest.raises(RuntimeError, match="GPU"):
            Decoder(backends=backends)
    assert warnings() == []
    decoder = Decoder(backends=[BackendKind.GPU_ONLY], options=":cpu_fallback=1")
    assert len(warnings()) == 1
    assert decoder.decode(png).width == 64


def test_cpu_fallback_by_environment(png, monkeypatch, warnings):
    monkeypatch.setenv("GLIMT_CPU_FALLBACK", "1")
    assert Decoder(backends=[BackendKind.GPU_ONLY]).decode(png).width == 64
    assert len(warnings()) == 1


def test_options(warnings):
    Decoder(options=":fancy_upsampling=1 nvjpeg:fancy_upsampling=1 :num_cuda_streams=1")
    assert warnings() == []
    Decoder(options="no tokens here")
    assert warnings() == []
    Decoder(options=":nonsense=1 :fancy_upsampling=1 nobody:key=2")
    (text,) = warnings()
    assert ":nonsense=1 nobody:key=2" in text


def test_fancy_upsampling(pillow_bytes, rgb):
    jpeg = pillow_bytes(rgb, "JPEG", quality=90, subsampling=2)
    plain = np.asarray(Decoder().decode(jpeg)).astype(int)
    fancy = np.asarray(Decoder(options=":fancy_upsampling=1").decode(jpeg)).astype(int)
    reference = np.asarray(PillowImage.open(io.BytesIO(jpeg))).astype(int)
    assert np.abs(fancy - reference).max() <= 1
    assert np.abs(plain - fancy).max() > 1


def test_context_manager(png, warnings):
    with Decoder() as decoder:
        assert isinstance(decoder, Decoder)
        assert decoder.decode(png).width == 64
    assert decoder.decode(png) is None
    assert len(warnings()) == 1
    assert decoder.decode([png, png]) == [None, None]
    assert decoder.read(png) is None
    with pytest.raises(RuntimeError):
        decoder.get_metadata(png)
    with pytest.raises(RuntimeError):
        decoder.try_decode(png)
    with pytest.raises(KeyError), Decoder():
        raise KeyError("goes on")


def test_enter_returns_the_decoder_itself():
    decoder = Decoder()
    with decoder as entered:
        assert entered is decoder


FILES = pathlib.Path(__file__).parent.parent / "reference" / "files"


@pytest.mark.parametrize(
    ("name", "coding", "precision"),
    [
        ("jpeg_12bit_420.jpg", "extended sequential DCT", 12),
        ("jpeg_12bit_gray.jpg", "extended sequential DCT", 12),
        ("jpeg_lossless_gray16.jpg", "lossless", 16),
    ],
)
def test_deep_jpeg(name, coding, precision, unchanged):
    stream = CodeStream(FILES / name)
    assert stream.coding == coding
    assert stream.dtype == np.uint16
    assert stream.precision == precision
    decoder = Decoder(options=":fancy_upsampling=1")
    deep = decoder.decode(stream, params=unchanged)
    assert deep.dtype == np.uint16
    assert deep.precision == precision
    reference = decoder.decode(CodeStream(FILES / f"{name}.pam"), params=unchanged)
    assert (np.asarray(deep) == np.asarray(reference)).all()
    params = DecodeParams(color_spec=ColorSpec.UNCHANGED)
    shallow = decoder.decode(stream, params=params)
    assert shallow.dtype == np.uint8
    expected = np.round(np.asarray(deep) * (255 / (2**precision - 1)))
    assert (np.asarray(shallow) == expected).all()
    region = decoder.decode(
        stream.get_sub_code_stream(region=Region(5, 7, 21, 30)), params=unchanged
    )
    assert (np.asarray(region) == np.asarray(deep)[5:21, 7:30]).all()


def test_a_damaged_deep_jpeg_is_refused_or_partly_delivered(decoder, caplog):
    data = (FILES / "jpeg_12bit_420.jpg").read_bytes()
    cut = data[: len(data) * 2 // 3]
    assert decoder.decode(cut) is None
    assert "truncated" in caplog.text
    image = decoder.decode(cut, params=DecodeParams(errors="partial"))
    whole = np.asarray(decoder.decode(data))
    assert (np.asarray(image)[:8] == whole[:8]).all()
    assert (np.asarray(image)[-8:] != whole[-8:]).any()


# Sample formats of each colour: interleaved, then planar.
FAMILIES = {
    "SRGB": "RGB BGR RGBA",
    "GRAY": "Y YA",
    "SYCC": "YUV",
    "CMYK": "CMYK",
    "YCCK": "YCCK",
    "UNCHANGED": "RGB BGR RGBA Y YA YUV CMYK YCCK",
}
CHANNELS = {"Y": 1, "YA": 2, "RGB": 3, "BGR": 3, "YUV": 3, "RGBA": 4, "CMYK": 4, "YCCK": 4}


@pytest.mark.parametrize("color_spec", list(glimt.ColorSpec))
@pytest.mark.parametrize("layout", ["I", "P"])
@pytest.mark.parametrize("components", [*CHANNELS, "UNCHANGED"])
@pytest.mark.parametrize("name", ["png", "gray.png", "jpeg", "rgba.png"])
def test_sample_formats_belong_to_a_colour(color_spec, layout, components, name, files, decoder):
    spec = "UNCHANGED" if color_spec is ColorSpec.UNCHANGED else color_spec.name
    wanted = SampleFormat[f"{layout}_{components}"]
    params = DecodeParams(color_spec=color_spec, sample_format=wanted)
    family = FAMILIES.get(spec, "").split()
    if spec not in FAMILIES or components not in (*family, "UNCHANGED"):
        with pytest.raises(ValueError, match=spec):
            decoder.decode(files[name], params=params)
        with pytest.raises(ValueError, match=spec):
            decoder.read([files[name]], params=params)
        return
    image = decoder.decode(files[name], params=params)
    if image is None:  # no rule makes ink of light
        assert spec in ("CMYK", "YCCK") or components in ("CMYK", "YCCK")
        return
    planar = layout == "P"
    assert image.shape == ((image.num_channels, 48, 64) if planar else (48, 64, image.num_channels))
    assert image.sample_format.name.startswith(layout)
    if components != "UNCHANGED":
        assert image.sample_format is wanted
        assert image.num_channels == CHANNELS[components]
    if spec != "UNCHANGED":
        assert image.color_spec is color_spec
