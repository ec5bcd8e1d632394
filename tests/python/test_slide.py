# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""slide_info() and regions of levels, beside OpenSlide where it opens the same files."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path
from typing import Any

import glimt
import numpy as np
import pytest
import slide_files
import tifffile
from slide_files import LABEL, LEICA_CORNER, MACRO, SCAN, SLIDES, THUMBNAIL, tiled

FANCY = glimt.Decoder(device_id=-99999, options=":fancy_upsampling=1")


def pixels_of(stream: Any) -> np.ndarray:
    image = FANCY.decode(stream)
    assert image is not None
    return np.asarray(image.cpu())


def window(stream: Any, y: int, x: int, height: int, width: int) -> np.ndarray:
    return pixels_of(stream.get_sub_code_stream(region=glimt.Region(y, x, y + height, x + width)))


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("slides")
    paths = {}
    for vendor, (extension, write) in SLIDES.items():
        paths[vendor] = folder / (vendor + extension)
        write(paths[vendor])
    return paths


# Vendor: steps of the levels, microns a pixel, magnification, associated images.
FACTS: dict[str, tuple[list[int], tuple[float, float], float | None, dict[str, np.ndarray]]] = {
    "aperio": (
        [1, 4],
        (0.499, 0.499),
        20,
        {"thumbnail": THUMBNAIL, "label": LABEL, "macro": MACRO},
    ),
    "generic-tiff": ([1, 2, 4], (0.25, 0.5), None, {}),
    "hamamatsu": ([1, 4], (10000 / 22000, 10000 / 22000), 20, {"macro": MACRO}),
    "leica": ([1, 4], (0.5, 0.5), 20, {"macro": MACRO}),
    "philips": ([1, 2, 8], (0.25, 0.5), 20, {"macro": MACRO, "label": LABEL}),
    "trestle": ([1, 2, 4], (0.5, 0.25), 20, {"macro": MACRO}),
    "ventana": ([1, 2, 4], (0.2325, 0.2325), 40, {"macro": MACRO, "thumbnail": THUMBNAIL}),
}


@pytest.mark.parametrize("vendor", SLIDES)
def test_facts(slides: dict[str, Path], vendor: str) -> None:
    info = glimt.slide_info(slides[vendor])
    steps, mpp, magnification, images = FACTS[vendor]
    assert info.vendor == vendor
    assert [level.downsample for level in info.levels] == steps
    assert (info.mpp_x, info.mpp_y) == pytest.approx(mpp)
    assert info.magnification == magnification
    assert set(info.associated_images) == set(images)
    lossy = 16 if vendor in ("hamamatsu", "philips", "trestle") else 0
    for level, step in zip(info.levels, steps):
        expected = slide_files.level(step)
        assert (level.height, level.width) == expected.shape[:2]
        tile = None if vendor == "hamamatsu" else slide_files.TILE
        assert (level.tile_width, level.tile_height) == (tile, tile)
        got = window(level.code_stream, 0, 0, level.height, level.width)
        assert np.abs(got.astype(int) - expected).mean() <= lossy / 4
        again = glimt.CodeStream(str(slides[vendor]))
        by_number = again.get_sub_code_stream(image_idx=level.image_idx)
        by_offset = again.get_sub_code_stream(bitstream_offset=level.bitstream_offset)
        assert by_number.ifd_offset == by_offset.ifd_offset == level.code_stream.ifd_offset
    for name, expected in images.items():
        stream = info.associated_images[name]
        assert (stream.height, stream.width) == expected.shape[:2]
        assert np.abs(pixels_of(stream).astype(int) - expected).mean() <= lossy / 2


def test_repr_tells_all_of_it(slides: dict[str, Path]) -> None:
    info = glimt.slide_info(slides["aperio"])
    assert repr(info) == (
        "SlideInfo(vendor='aperio', mpp=(0.499, 0.499), magnification=20\n"
        "  SlideLevel(512 x 384, downsample=1, tiles of 64 x 64, image_idx=0)\n"
        "  SlideLevel(128 x 96, downsample=4, tiles of 64 x 64, image_idx=2)\n"
        "  thumbnail: 128 x 96\n  label: 70 x 90\n  macro: 160 x 60\n  "
        f"{len(info.properties)} properties)"
    )
    assert repr(info.levels[1]) in repr(info)


def test_sources(slides: dict[str, Path]) -> None:
    path = slides["aperio"]
    expected = repr(glimt.slide_info(path))
    data = path.read_bytes()
    for source in (str(path), data, bytearray(data), glimt.CodeStream(data)):
        assert repr(glimt.slide_info(source)) == expected
    page = glimt.CodeStream(data).get_sub_code_stream(2)  # a page stands for its slide
    assert repr(glimt.slide_info(page)) == expected
    with pytest.raises(glimt.FileMissing):
        glimt.slide_info("missing.svs")
    with pytest.raises(RuntimeError, match="begins like no format"):
        glimt.slide_info(b"no image")
    with pytest.raises(TypeError):
        glimt.slide_info(5)
    with pytest.raises(RuntimeError, match="None"):
        glimt.slide_info(None)


def test_levels_outlive_the_source(slides: dict[str, Path]) -> None:
    stream = glimt.slide_info(slides["generic-tiff"].read_bytes()).levels[1].code_stream
    np.testing.assert_array_equal(pixels_of(stream), slide_files.level(2))


@pytest.mark.parametrize("kind", ["subifds", "plain pages"])
@pytest.mark.parametrize("tiles", [True, False])
def test_generic_pyramids(kind: str, tiles: bool) -> None:
    options = tiled() if tiles else {"photometric": "rgb", "metadata": None}
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(SCAN[:-1, :-3], subifds=2 if kind == "subifds" else 0, **options)
        for step in (2, 4):
            file.write(slide_files.level(step)[:-1, :-1], **options)
        if kind == "subifds":
            file.write(slide_files.level(2)[:-1, :-1], **options)  # another image
    info = glimt.slide_info(buffer.getvalue())
    assert (info.vendor, info.mpp_x, info.magnification) == ("generic-tiff", None, None)
    assert [(level.width, level.height) for level in info.levels] == [
        (509, 383),
        (255, 191),
        (127, 95),
    ]
    by_page = kind == "plain pages"
    assert [level.image_idx for level in info.levels] == ([0, 1, 2] if by_page else [0, None, None])
    assert info.levels[1].downsample == pytest.approx((509 / 255 + 383 / 191) / 2)
    for level, step in zip(info.levels[1:], (2, 4)):
        expected = slide_files.level(step)[:-1, :-1]
        np.testing.assert_array_equal(pixels_of(level.code_stream), expected)


def test_pages_of_other_kinds_are_no_levels() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(SCAN, **tiled())
        file.write(SCAN[:, :256], subfiletype=1, **tiled())  # of another shape
        file.write(SCAN[::2, ::2, 0], photometric="minisblack", subfiletype=1, metadata=None)
        file.write(SCAN[::2, ::2, 0] > 9, photometric="mask", subfiletype=5, metadata=None)
        file.write(SCAN[:300, :400], **tiled())  # hardly smaller
        file.write(slide_files.level(4), **tiled())
    info = glimt.slide_info(buffer.getvalue())
    assert [level.image_idx for level in info.levels] == [0, 5]


def test_other_formats_have_one_level(png: bytes, rgb: np.ndarray) -> None:
    info = glimt.slide_info(png)
    (level,) = info.levels
    assert (info.vendor, info.mpp_x, info.properties, level.downsample) == ("png", None, {}, 1)
    assert (level.image_idx, level.bitstream_offset, level.tile_width) == (0, 0, None)
    np.testing.assert_array_equal(window(level.code_stream, 3, 5, 20, 30), rgb[3:23, 5:35])


OME = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" Creator="c">
 <Instrument ID="Instrument:0"><Objective ID="Objective:0" NominalMagnification="10"/>
  <Objective ID="Objective:1" NominalMagnification="40.0"/></Instrument>
 <Image ID="Image:0" Name="scan"><AcquisitionDate>2020-01-01T00:00:00</AcquisitionDate>
  <ObjectiveSettings ID="Objective:1"/>
  <Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="512" SizeY="384" SizeC="3" SizeZ="1" SizeT="1"
   PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="0.26" PhysicalSizeYUnit="\u00b5m">
   <TiffData IFD="0"/></Pixels></Image>
 <Image ID="Image:1" Name="Label image"><Pixels ID="Pixels:1" SizeX="70"><TiffData IFD="1"/></Pixels></Image>
</OME>"""


def test_ome() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(SCAN, description=OME.encode(), subifds=1, **tiled())
        file.write(slide_files.level(2), subfiletype=1, **tiled())
        file.write(LABEL, **stripped())
    info = glimt.slide_info(buffer.getvalue())
    assert (info.vendor, info.magnification) == ("ome", 40)
    assert (info.mpp_x, info.mpp_y) == pytest.approx((0.25, 0.26))
    assert [level.width for level in info.levels] == [512, 256]
    assert info.properties["ome.Name"] == "scan"
    assert info.properties["ome.AcquisitionDate"] == "2020-01-01T00:00:00"
    assert info.properties["ome.PhysicalSizeYUnit"] == "\u00b5m"
    np.testing.assert_array_equal(pixels_of(info.associated_images["label"]), LABEL)


def test_ome_of_tifffile() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, ome=True) as file:
        size = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "\u00b5m", "PhysicalSizeY": 0.75}
        planes = np.stack([SCAN[..., 0], SCAN[..., 1]])
        file.write(planes, metadata={"axes": "ZYX", **size}, subifds=1, tile=(64, 64))
        file.write(planes[:, ::2, ::2], subfiletype=1, tile=(64, 64))
    info = glimt.slide_info(buffer.getvalue())
    assert (info.vendor, info.mpp_x, info.mpp_y) == ("ome", 0.5, 0.75)
    assert [(level.width, level.image_idx) for level in info.levels] == [(512, 0), (256, None)]


def stripped(**options: Any) -> dict[str, Any]:
    return slide_files.stripped(**options)


@pytest.mark.parametrize("vendor", SLIDES)
def test_damaged_descriptions_leave_a_pyramid(slides: dict[str, Path], vendor: str) -> None:
    """No flipped byte in the first 3 kB of a file does more than change what is found."""
    data = slides[vendor].read_bytes()
    at = max(
        data.find(b"<?xml"), data.find(b"<iScan"), data.find(b"Aperio"), data.find(b"OverlapsXY")
    )
    rng = random.Random(3)
    for _ in range(150):
        damaged = bytearray(data)
        damaged[max(at, 0) + rng.randrange(3000)] ^= 1 << rng.randrange(8)
        try:
            info = glimt.slide_info(bytes(damaged))
        except RuntimeError:
            continue
        assert info.levels
        assert repr(info)
        assert info.properties is not None


def test_text_in_another_encoding_is_no_error() -> None:
    words = b"Aperio Image Library\r\n|User = J\xf6rg|AppMag = many|MPP = 0,25"
    page = slide_files.tiled(description=words)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, SCAN, **page)
    info = glimt.slide_info(buffer.getvalue())
    assert info.properties["aperio.User"] == "J\ufffdrg"
    assert (info.magnification, info.mpp_x) == (None, 0.25)


def test_many_pages_are_quick() -> None:
    from tiff_files import many_pages

    data, _ = many_pages(12_000)
    info = glimt.slide_info(data)
    assert info.vendor == "generic-tiff"


# Beside OpenSlide


def open_slide(path: Path) -> Any:
    openslide = pytest.importorskip("openslide")
    return openslide.OpenSlide(str(path))


def numbers(properties: Any) -> dict[str, Any]:
    """Without OpenSlide's own; numbers, which can be written in several ways, rounded."""

    def value(text: str) -> Any:
        try:
            return float(f"{float(text):.9g}")
        except ValueError:
            return text

    return {k: value(v) for k, v in properties.items() if not k.startswith("openslide.")}


def compare(
    path: Path, corner: tuple[int, int] = (0, 0), mean: float = 0, windows: int = 12
) -> None:
    theirs, ours = open_slide(path), glimt.slide_info(path)
    assert theirs.properties["openslide.vendor"] == ours.vendor
    sizes = [(level.width, level.height) for level in ours.levels]
    # Of JPEG files OpenSlide has levels between those that are stored.
    stored = [
        number
        for number, size in enumerate(theirs.level_dimensions)
        if ours.vendor != "hamamatsu" or size in sizes
    ]
    assert [level.downsample for level in ours.levels] == pytest.approx(
        [theirs.level_downsamples[number] for number in stored], rel=1e-3
    )
    if corner == (0, 0):
        assert sizes == [theirs.level_dimensions[number] for number in stored]
    for name, value in (
        ("mpp-x", ours.mpp_x),
        ("mpp-y", ours.mpp_y),
        ("objective-power", ours.magnification),
    ):
        expected = theirs.properties.get(f"openslide.{name}")
        assert value == (None if expected is None else pytest.approx(float(expected)))
    assert numbers(ours.properties) == numbers(theirs.properties)
    images = {name: stream for name, stream in ours.associated_images.items() if name != "map"}
    assert set(images) == set(theirs.associated_images)
    for name, stream in images.items():
        expected_pixels = np.asarray(theirs.associated_images[name].convert("RGB"))
        difference = np.abs(pixels_of(stream).astype(int) - expected_pixels)
        assert difference.mean() <= mean, name

    rng = random.Random(1)
    for number, level in zip(stored, ours.levels):
        step = round(level.downsample)
        for _ in range(windows):
            height, width = (rng.randint(1, min(200, side)) for side in (level.height, level.width))
            y, x = rng.randint(0, level.height - height), rng.randint(0, level.width - width)
            place = (corner[1] + x * step, corner[0] + y * step)
            region = np.asarray(theirs.read_region(place, number, (width, height)))
            assert (region[..., 3] == 255).all()
            got = window(level.code_stream, y, x, height, width)
            difference = np.abs(got.astype(int) - region[..., :3])
            assert difference.mean() <= mean, (number, y, x, height, width)


@pytest.mark.parametrize("vendor", SLIDES)
def test_as_openslide(slides: dict[str, Path], vendor: str) -> None:
    corner = LEICA_CORNER if vendor == "leica" else (0, 0)
    compare(slides[vendor], corner)


def given_slides() -> list[Path]:
    folder = os.environ.get("GLIMT_SLIDES")
    return sorted(path for path in Path(folder).iterdir() if path.is_file()) if folder else []


@pytest.mark.skipif(not given_slides(), reason="GLIMT_SLIDES names no folder of slides")
@pytest.mark.parametrize("path", given_slides(), ids=lambda path: path.name)
def test_given_slides_as_openslide(path: Path) -> None:
    # libjpeg versions differ by a level here and there.
    compare(path, mean=0.5, windows=100)
