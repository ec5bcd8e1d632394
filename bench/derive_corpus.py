# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Derives the measured files from the photographs in bench/corpus/originals: called by bench/make_corpus.

Every folder holds files of one kind and one size, made with Pillow and imagecodecs, never with glimt.
"""

import argparse
import io
import pathlib
import random
from collections.abc import Callable, Iterator

import imagecodecs
import numpy as np
import sklearn.datasets
import tifffile
from PIL import Image, ImageOps

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
BACKGROUNDS = CORPUS / "originals/usr/share/backgrounds"
WALLPAPERS = CORPUS / "originals/usr/share/wallpapers"

# Photographs, the largest first; drawings and renderings of the same packages are left out.
LARGE = [
    "Kleiber_by_Lukas_Baubkus.jpg",
    "Infinite-Sea_by_Aury88.jpg",
    "seeding_by_Clements_Engelhardt.jpg",
    "Dragonfly_by_Bolly.jpg",
]
MIDDLE = [
    "sunset_by_Aitzol_Berasategi.jpg",
    "Bridge_by_Sander_Klootwijk.jpg",
    "Fossa_by_Jasper_Roks.jpg",
    "umang_by_Abhishek_Mudgal.jpg",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg",
    "life_by_Aitzol_Berasategi.jpg",
    "aitzgorri_by_Aitzol_Berasategi.jpg",
    "greentock_by_Peter_Nerlich.jpg",
    "mate/nature/Wood.jpg",
    "mate/nature/TwoWings.jpg",
    "mate/nature/LadyBird.jpg",
    "mate/nature/RainDrops.jpg",
]
WALLPAPER_PHOTOGRAPHS = [
    "Autumn",
    "BytheWater",
    "ColorfulCups",
    "EveningGlow",
    "FallenLeaf",
    "Kite",
    "OneStandsOut",
]

SIZES = {"500x375": (500, 375), "1080p": (1920, 1080), "12mp": (4000, 3000)}
COUNTS = {"500x375": 64, "1080p": 16, "12mp": 16}
JPEG_QUALITY = 87


def photographs(size_name: str) -> list[pathlib.Path]:
    large = [BACKGROUNDS / name for name in LARGE]
    if size_name == "12mp":
        return large
    middle = [BACKGROUNDS / name for name in MIDDLE]
    if size_name == "1080p":
        return large + middle
    small = [WALLPAPERS / name / "contents/images/2560x1600.jpg" for name in WALLPAPER_PHOTOGRAPHS]
    images = pathlib.Path(sklearn.datasets.__file__).parent / "images"
    return large + middle + small + [images / "china.jpg", images / "flower.jpg"]


def pictures(size_name: str) -> Iterator[Image.Image]:
    """`COUNTS` distinct pictures of one size: each photograph whole, then mirrored and off-centre crops of it."""
    size = SIZES[size_name]
    sources = photographs(size_name)
    for i in range(COUNTS[size_name]):
        turn, source = divmod(i, len(sources))
        image = Image.open(sources[source]).convert("RGB")
        if turn > 0:
            width, height = image.size
            margin = 1 - 0.03 * turn
            left, top = (turn % 2) * (1 - margin) * width, (turn // 2 % 2) * (1 - margin) * height
            image = image.crop(
                (int(left), int(top), int(left + width * margin), int(top + height * margin))
            )
            image = ImageOps.mirror(image) if turn % 2 else image
        yield Image.fromarray(np.asarray(ImageOps.fit(image, size, Image.Resampling.LANCZOS)))


def saved(image: Image.Image, format_name: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image, **options) -> bytes:
    return saved(image, "JPEG", **{"quality": JPEG_QUALITY, "subsampling": "4:2:0", **options})


def lossless_jpeg2000(image: Image.Image, codecformat: str) -> bytes:
    return imagecodecs.jpeg2k_encode(
        np.asarray(image), codecformat=codecformat, reversible=True, mct=True
    )


def high_throughput(image: Image.Image) -> bytes:
    return imagecodecs.htj2k_encode(np.ascontiguousarray(image), reversible=True, rgb=True)


def with_alpha(image: Image.Image) -> Image.Image:
    rgb = np.asarray(image)
    ramp = np.linspace(0, 255, rgb.shape[1], dtype=np.uint8)
    return Image.fromarray(np.dstack([rgb, np.broadcast_to(ramp, rgb.shape[:2])]))


def tiff(pixels: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, photometric="rgb", metadata=None, **options)
    return buffer.getvalue()


def tiled(compression: str, **options) -> Callable[[Image.Image], bytes]:
    """Lossless ones with the horizontal predictor."""
    more = {"compression": compression, "predictor": True, "tile": (256, 256), **options}
    return lambda image: tiff(np.asarray(image), **more)


JPEG_TILES = {"predictor": None, "compressionargs": {"level": JPEG_QUALITY}, "subsampling": (2, 2)}
APERIO = (
    "Aperio Image Library v11.2.1\r\n8000x6000 [0,0 8000x6000] (256x256) {}|AppMag = 20|MPP = 0.5"
)


def slide(compression: str, **options) -> Callable[[Image.Image], bytes]:
    """48 MP in tiles: the photograph and its mirror images, described as slide scanners do."""

    def encode(image: Image.Image) -> bytes:
        pixels = np.asarray(image)
        row = np.hstack([pixels, pixels[:, ::-1]])
        return tiff(
            np.vstack([row, row[::-1]]),
            compression=compression,
            tile=(256, 256),
            description=APERIO.format(compression),
            **options,
        )

    return encode


def pages(image: Image.Image) -> bytes:
    """2,000 small pages."""
    pixels = np.asarray(image.convert("L").resize((100, 75)))
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for _ in range(2000):
            writer.write(pixels, photometric="minisblack", metadata=None, compression="lzw")
    return buffer.getvalue()


# folder: (size, number of files, suffix, encoder)
DERIVED: dict[str, tuple[str, int, str, Callable[[Image.Image], bytes]]] = {
    "jpeg-500x375": ("500x375", 64, "jpg", jpeg),
    "jpeg-1080p": ("1080p", 16, "jpg", jpeg),
    "jpeg-12mp": ("12mp", 16, "jpg", jpeg),
    "jpeg-444-1080p": ("1080p", 8, "jpg", lambda image: jpeg(image, subsampling="4:4:4")),
    "jpeg-gray-1080p": ("1080p", 8, "jpg", lambda image: jpeg(image.convert("L"))),
    "jpeg-progressive-1080p": ("1080p", 8, "jpg", lambda image: jpeg(image, progressive=True)),
    "png-500x375": ("500x375", 16, "png", lambda image: saved(image, "PNG")),
    "png-1080p": ("1080p", 4, "png", lambda image: saved(image, "PNG")),
    "png-rgba-1080p": ("1080p", 4, "png", lambda image: saved(with_alpha(image), "PNG")),
    "png-gray-1080p": ("1080p", 4, "png", lambda image: saved(image.convert("L"), "PNG")),
    "webp-lossy-1080p": ("1080p", 8, "webp", lambda image: saved(image, "WEBP", quality=80)),
    "webp-lossless-1080p": (
        "1080p",
        4,
        "webp",
        lambda image: saved(image, "WEBP", lossless=True, method=3),
    ),
    "bmp-1080p": ("1080p", 8, "bmp", lambda image: saved(image, "BMP")),
    "bmp-12mp": ("12mp", 4, "bmp", lambda image: saved(image, "BMP")),
    "ppm-1080p": ("1080p", 8, "ppm", lambda image: saved(image, "PPM")),
    "ppm-12mp": ("12mp", 4, "ppm", lambda image: saved(image, "PPM")),
    "jp2-lossless-1080p": ("1080p", 2, "jp2", lambda image: lossless_jpeg2000(image, "jp2")),
    "htj2k-lossless-1080p": ("1080p", 4, "j2c", high_throughput),
    "tiff-deflate-12mp": ("12mp", 2, "tif", tiled("deflate")),
    "tiff-lzw-12mp": ("12mp", 2, "tif", tiled("lzw")),
    "tiff-zstd-12mp": ("12mp", 2, "tif", tiled("zstd")),
    "tiff-jpeg-12mp": ("12mp", 2, "tif", tiled("jpeg", **JPEG_TILES)),
    "tiff-strips-12mp": ("12mp", 2, "tif", lambda image: tiff(np.asarray(image), rowsperstrip=64)),
    "slide-jpeg": ("12mp", 1, "svs", slide("jpeg", **JPEG_TILES)),
    "slide-deflate": ("12mp", 1, "tif", slide("deflate", predictor=True)),
    "tiff-pages": ("500x375", 1, "tif", pages),
}

SMALL_COUNT = 2000
SMALL_ENCODERS: list[tuple[int, str, Callable[[Image.Image], bytes]]] = [
    (8, "jpg", jpeg),
    (5, "png", lambda image: saved(image, "PNG")),
    (2, "webp", lambda image: saved(image, "WEBP", quality=80)),
    (2, "bmp", lambda image: saved(image, "BMP")),
    (2, "ppm", lambda image: saved(image, "PPM")),
    (1, "jp2", lambda image: lossless_jpeg2000(image, "jp2")),
]


def write_folder(name: str, force: bool) -> None:
    size_name, count, suffix, encode = DERIVED[name]
    folder = CORPUS / name
    if folder.is_dir() and len(list(folder.iterdir())) == count and not force:
        return
    folder.mkdir(parents=True, exist_ok=True)
    total_bytes = 0
    for i, image in zip(range(count), pictures(size_name)):
        data = encode(image)
        total_bytes += len(data)
        (folder / f"{i:03}.{suffix}").write_bytes(data)
    width, height = SIZES[size_name]
    print(
        f"{name}: {count} files of {width} x {height}, {8 * total_bytes / (count * width * height):.2f} bits a pixel"
    )


def write_small(force: bool) -> None:
    folder = CORPUS / "small-mixed"
    if folder.is_dir() and len(list(folder.iterdir())) == SMALL_COUNT and not force:
        return
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(3)
    sources = list(pictures("500x375"))
    weights = [weight for weight, _, _ in SMALL_ENCODERS]
    for i in range(SMALL_COUNT):
        width, height = chance.randint(24, 160), chance.randint(24, 160)
        left, top = chance.randrange(500 - width), chance.randrange(375 - height)
        image = sources[i % len(sources)].crop((left, top, left + width, top + height))
        _, suffix, encode = chance.choices(SMALL_ENCODERS, weights)[0]
        (folder / f"{i:04}.{suffix}").write_bytes(encode(image))
    print(f"small-mixed: {SMALL_COUNT} files of 24..160 pixels a side")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="make everything anew")
    force = parser.parse_args().force
    for name in DERIVED:
        write_folder(name, force)
    write_small(force)


if __name__ == "__main__":
    main()
