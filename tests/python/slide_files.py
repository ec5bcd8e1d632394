# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Small files with the structure and descriptions of slide scanners."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image as PillowImage

WIDTH, HEIGHT, TILE = 512, 384, 64
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
NOISE = np.random.default_rng(5).integers(0, 64, (HEIGHT, WIDTH))
SCAN = np.stack([X * 255 // (WIDTH - 1), Y * 255 // (HEIGHT - 1), (X + Y + NOISE) % 256], -1)
SCAN = SCAN.astype(np.uint8)
LABEL, MACRO, THUMBNAIL = SCAN[:90, :70], SCAN[50:110, 30:190], SCAN[:96, :128]


def level(step: int) -> np.ndarray:
    """The scan, smaller; each level has other pixels than the one before would give."""
    return np.ascontiguousarray(SCAN[step - 1 :: step, step - 1 :: step])


def tiled(**options: Any) -> dict[str, Any]:
    return {"tile": (TILE, TILE), "photometric": "rgb", "metadata": None, **options}


def stripped(**options: Any) -> dict[str, Any]:
    return {"photometric": "rgb", "metadata": None, "rowsperstrip": 16, **options}


def jpeg_of(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def write_aperio(path: Path) -> None:
    head = "Aperio Image Library v11.2.1 \r\n512x384 [0,0 512x384] (64x64) J2K/YUV16 Q=70|"
    words = head + "AppMag = 20|StripeWidth = 2040|ScanScope ID = CPAPERIOCS|MPP = 0.4990|Left = 2"
    with tifffile.TiffWriter(path) as file:
        file.write(SCAN, description=words, **tiled())
        file.write(THUMBNAIL, description="Aperio Image Library v11.2.1 \r\n512x384", **stripped())
        file.write(level(4), description=words, **tiled())
        file.write(
            LABEL,
            description="Aperio Image Library v11.2.1 \r\nlabel 70x90",
            subfiletype=1,
            **stripped(),
        )
        file.write(
            MACRO,
            description="Aperio Image Library v11.2.1 \r\nmacro 160x60",
            subfiletype=9,
            **stripped(),
        )


def philips_attribute(name: str, value: str) -> str:
    return f'<Attribute Name="{name}" Group="0x301D" Element="0x1003" PMSVR="IString">{value}</Attribute>'


def philips_objects(name: str, *objects: str) -> str:
    return philips_attribute(name, "<Array>" + "".join(objects) + "</Array>")


def philips_xml(spacings: list[float], label: bytes) -> str:
    representations = [
        '<DataObject ObjectType="PixelDataRepresentation">'
        + philips_attribute("DICOM_PIXEL_SPACING", f"&quot;{y:.9f}&quot; &quot;{y / 2:.9f}&quot;")
        + philips_attribute("PIIM_PIXEL_DATA_REPRESENTATION_NUMBER", str(i))
        + "</DataObject>"
        for i, y in enumerate(spacings)
    ]
    scan = (
        '<DataObject ObjectType="DPScannedImage">'
        + philips_attribute("PIM_DP_IMAGE_TYPE", "WSI")
        + philips_attribute("DICOM_PIXEL_SPACING", "&quot;0.000500&quot; &quot;0.000250&quot;")
        + philips_attribute(
            "DICOM_DERIVATION_DESCRIPTION",
            "tiff-useBigTIFF=1-clip=2-useRgb=0-levels=20,10002,10000-processing=0-q80-sourceFilename=&quot;a&quot;",
        )
        + philips_objects("PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE", *representations)
        + "</DataObject>"
    )
    picture = (
        '<DataObject ObjectType="DPScannedImage">'
        + philips_attribute("PIM_DP_IMAGE_TYPE", "LABELIMAGE")
        + philips_attribute("PIM_DP_IMAGE_DATA", base64.encodebytes(label).decode())
        + "</DataObject>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<DataObject ObjectType="DPUfsImport">'
        + philips_attribute("DICOM_MANUFACTURER", "PHILIPS")
        + philips_objects("PIM_DP_SCANNED_IMAGES", scan, picture)
        + "</DataObject>"
    )


def padded(pixels: np.ndarray) -> np.ndarray:
    rows, columns = (-side % TILE for side in pixels.shape[:2])
    return np.pad(pixels, ((0, rows), (0, columns), (0, 0)), constant_values=255)


def write_philips(path: Path) -> None:
    xml = philips_xml([0.0005, 0.001, 0.004], jpeg_of(LABEL))
    with tifffile.TiffWriter(path) as file:
        file.write(SCAN, description=xml, software="Philips DP v1.0", **tiled())
        file.write(padded(level(2)), description="level=1", subfiletype=1, **tiled())
        file.write(padded(level(8)), description="level=2", subfiletype=1, **tiled())
        file.write(MACRO, description="Macro", subfiletype=1, **stripped())


LEICA = """<?xml version="1.0"?>
<scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">
 <collection name="c" uuid="u" sizeX="1024000" sizeY="512000">
  <barcode>{barcode}</barcode>
  <image name="macro"><creationDate>2011-01-01T00:00:00Z</creationDate>
   <device model="Leica SCN400" version="1.4"/>
   <pixels sizeX="160" sizeY="60"><dimension sizeX="160" sizeY="60" r="0" ifd="0"/></pixels>
   <view sizeX="1024000" sizeY="512000" offsetX="0" offsetY="0" spacingZ="0"/>
   <scanSettings><objectiveSettings><objective>0.6</objective></objectiveSettings>
    <illuminationSettings><illuminationSource>brightfield</illuminationSource></illuminationSettings></scanSettings>
  </image>
  <image name="scan"><creationDate>2011-02-02T00:00:00Z</creationDate>
   <device model="Leica SCN400" version="1.4.0"/>
   <pixels sizeX="512" sizeY="384">
    <dimension sizeX="512" sizeY="384" r="0" ifd="1"/><dimension sizeX="128" sizeY="96" r="1" ifd="2"/>
    <dimension sizeX="512" sizeY="384" r="0" z="1" ifd="3"/></pixels>
   <view sizeX="512000" sizeY="384000" offsetX="128000" offsetY="64000" spacingZ="0"/>
   <scanSettings><objectiveSettings><objective>20</objective></objectiveSettings>
    <illuminationSettings><numericalAperture>0.4</numericalAperture>
     <illuminationSource>brightfield</illuminationSource></illuminationSettings></scanSettings>
  </image>
 </collection>
</scn>"""
LEICA_CORNER = (64, 128)
"""Row and column of the scan on the canvas that OpenSlide shows."""


def write_leica(path: Path) -> None:
    words = LEICA.format(barcode=base64.b64encode(b"S123").decode())
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(MACRO, description=words, **tiled())
        scale = {"resolution": (20000, 20000), "resolutionunit": "CENTIMETER"}
        file.write(SCAN, **tiled(**scale))
        file.write(level(4), **tiled())
        file.write(SCAN[::-1], **tiled())


def write_trestle(path: Path) -> None:
    words = "Image Width=512;Objective Power=20;Background Color=F5F5F5;OverlapsXY= 0 0 0 0 0 0;"
    scale = {"resolution": (0.5, 0.25), "resolutionunit": "INCH"}  # microns along a pixel
    path.with_suffix(".Full").write_bytes(jpeg_of(MACRO))
    with tifffile.TiffWriter(path) as file:
        file.write(SCAN, description=words, software="MedScan 1.0", **tiled(**scale))
        file.write(level(2), **tiled())
        file.write(level(4), **tiled())


def write_ventana(path: Path) -> None:
    xml = b'<iScan BuildDate="2013" ScanRes="0.2325" Magnification="40" UnitNumber="u&amp;1"/>'
    packet = (700, "B", len(xml), xml, True)
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(MACRO, description="Label Image", extratags=[packet], **stripped())
        file.write(THUMBNAIL, description="Thumbnail", **stripped())
        for i, step in enumerate((1, 2, 4)):
            words = f"level={i} mag={40 // step} quality=90"
            file.write(level(step), description=words, **tiled())


def write_generic(path: Path) -> None:
    scale = {"resolution": (40000, 20000), "resolutionunit": "CENTIMETER"}
    with tifffile.TiffWriter(path) as file:
        file.write(SCAN, description="a slide", software="s", **tiled(**scale))
        for step in (2, 4):
            file.write(level(step), subfiletype=1, **tiled())


def write_ndpi(path: Path) -> None:
    """By hand: the upper halves of an NDPI's offsets follow each IFD."""
    pages = [(SCAN, 20.0, 0), (SCAN[::-1].copy(), 20.0, 3000), (level(4), 5.0, 0), (MACRO, -1.0, 0)]
    properties = b"NDP.Version=1.0\r\nObjective.Lens.Magnificant=20\r\nEmpty=\r\n\0"
    data = bytearray(b"II*\0" + bytes(8))
    link = 4
    for pixels, lens, focus in pages:
        strip = jpeg_of(pixels)
        places = {}
        for name, content in (
            ("strip", strip),
            ("bits", struct.pack("<3H", 8, 8, 8)),
            ("scale", struct.pack("<2I", 22000, 1)),
            ("words", properties),
            ("make", b"Hamamatsu\0"),
            ("reference", b"Reference\0"),
        ):
            places[name] = len(data)
            data += content + bytes(len(content) % 2)
        fields = [
            (256, 4, 1, pixels.shape[1]),
            (257, 4, 1, pixels.shape[0]),
            (258, 3, 3, places["bits"]),
            (259, 3, 1, 7),
            (262, 3, 1, 6),
            (271, 2, 10, places["make"]),
            (273, 4, 1, places["strip"]),
            (277, 3, 1, 3),
            (278, 4, 1, pixels.shape[0]),
            (279, 4, 1, len(strip)),
            (282, 5, 1, places["scale"]),
            (283, 5, 1, places["scale"]),
            (296, 3, 1, 3),
            (65420, 4, 1, 1),
            (65421, 11, 1, int.from_bytes(struct.pack("<f", lens), "little")),
            (65422, 9, 1, 1234),
            (65423, 9, 1, 2**32 - 777),
            (65424, 9, 1, focus),
            (65427, 2, 10, places["reference"]),
            (65449, 2, len(properties), places["words"]),
        ]
        struct.pack_into("<Q", data, link, len(data))
        data += struct.pack("<H", len(fields))
        for field in fields:
            data += struct.pack("<HHII", *field)
        link = len(data)
        data += bytes(8 + 4 * len(fields))
    path.write_bytes(data)


SLIDES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "aperio": (".svs", write_aperio),
    "generic-tiff": (".tif", write_generic),
    "hamamatsu": (".ndpi", write_ndpi),
    "leica": (".scn", write_leica),
    "philips": (".tiff", write_philips),
    "trestle": (".tif", write_trestle),
    "ventana": (".bif", write_ventana),
}
"""By OpenSlide's name of the vendor."""
