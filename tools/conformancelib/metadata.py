# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""What ExifTool, Pillow, ExifRead, tifffile and rasterio find of a file's metadata, and whether glimt does."""

import base64
import contextlib
import io
import json
import logging
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import exifread
import glimt
import tifffile
from glimt import MetadataKind
from PIL import Image

KINDS = ("EXIF", "ICC_PROFILE", "XMP", "IPTC", "TEXT", "RESOLUTION", "GEO")
# ExifTool's names of whole blocks.
BLOCKS = {"EXIF": "EXIF", "ICC_PROFILE": "ICC_Profile", "XMP": "XMP", "IPTC": "IPTC"}
# Of glimt's GEO keys without units and parameters.
GEO_NAMES = {
    "GT_MODEL_TYPE": "GTModelTypeGeoKey",
    "GT_RASTER_TYPE": "GTRasterTypeGeoKey",
    "GT_CITATION": "GTCitationGeoKey",
    "GEODETIC_CRS": "GeographicTypeGeoKey",
    "GEODETIC_CITATION": "GeogCitationGeoKey",
    "GEOG_ANGULAR_UNITS": "GeogAngularUnitsGeoKey",
    "ELLIPSOID_SEMI_MAJOR_AXIS": "GeogSemiMajorAxisGeoKey",
    "ELLIPSOID_INV_FLATTENING": "GeogInvFlatteningGeoKey",
    "PROJECTED_CRS": "ProjectedCSTypeGeoKey",
    "PROJECTED_CITATION": "PCSCitationGeoKey",
    "PROJ_LINEAR_UNITS": "ProjLinearUnitsGeoKey",
    "PROJ_STD_PARALLEL1": "ProjStdParallel1GeoKey",
    "PROJ_STD_PARALLEL2": "ProjStdParallel2GeoKey",
    "PROJ_NAT_ORIGIN_LONG": "ProjNatOriginLongGeoKey",
    "PROJ_NAT_ORIGIN_LAT": "ProjNatOriginLatGeoKey",
    "PROJ_FALSE_EASTING": "ProjFalseEastingGeoKey",
    "PROJ_FALSE_NORTHING": "ProjFalseNorthingGeoKey",
    "MODEL_PIXEL_SCALE": "ModelPixelScale",
    "MODEL_TIEPOINT": "ModelTiepoint",
    "MODEL_TRANSFORMATION": "ModelTransformation",
}
logging.getLogger("exifread").setLevel(logging.CRITICAL)
logging.getLogger("tifffile").setLevel(logging.CRITICAL)
Image.MAX_IMAGE_PIXELS = None


class GlimtFailure(Exception):
    """glimt raised what it should not."""


class ExifTool:
    """One process for all files."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["exiftool", "-stay_open", "True", "-@", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def blocks(self, path: str) -> dict[str, bytes]:
        wanted = "\n".join(f"-{name}" for name in BLOCKS.values())
        command = f"-j\n-b\n-m\n{wanted}\n{path}\n-execute\n"
        self.process.stdin.write(command.encode())
        self.process.stdin.flush()
        out = b""
        while not out.endswith(b"{ready}\n"):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("exiftool ended")
            out += line
        text = out[: -len(b"{ready}\n")].strip()
        if not text:
            return {}
        (found,) = json.loads(text)
        return {
            kind: base64.b64decode(found[name][7:])
            if found[name].startswith("base64:")
            else found[name].encode()
            for kind, name in BLOCKS.items()
            if found.get(name)
        }


def pillow_facts(path: str) -> dict[str, Any]:
    """What Image.info says of a file that Pillow can open."""
    facts: dict[str, Any] = {}
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            if image.format == "PNG":
                image.load()  # chunks behind the pixels
            info = dict(image.info)
            facts["format"] = image.format
            if info.get("icc_profile"):
                facts["ICC_PROFILE"] = info["icc_profile"]
            if info.get("exif"):
                facts["EXIF"] = info["exif"].removeprefix(b"Exif\0\0")
            xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
            if xmp:
                facts["XMP"] = xmp.encode() if isinstance(xmp, str) else xmp
            if image.format == "PNG" and getattr(image, "text", None):
                facts["TEXT"] = {
                    str(k): str(v)
                    for k, v in image.text.items()
                    if k != "XML:com.adobe.xmp" and not k.startswith("Raw profile type")
                }
            if image.format == "JPEG" and info.get("comment"):
                facts["TEXT"] = {"Comment": info["comment"]}
            if image.format in ("JPEG", "PNG", "BMP", "TIFF") and info.get("dpi"):
                facts["RESOLUTION"] = tuple(float(v) for v in info["dpi"])
    return facts


def without_padding(block: bytes) -> bytes:
    return block.rstrip(b"\0")


def same_block(ours: bytes, theirs: bytes) -> bool:
    """Some programs cut zeros or the prefix that glimt leaves out as well, or add a pad."""
    theirs = theirs.removeprefix(b"Exif\0\0")
    return without_padding(ours) == without_padding(theirs)


def exif_values(file: io.BufferedIOBase) -> dict[str, str]:
    """Values by tag of IFD0, Exif, GPS and Interoperability; not those that tell of places in the file."""
    tags = exifread.process_file(file, details=False)
    skip = (
        "Offset",
        "Strip",
        "Tile",
        "SubIFD",
        "Thumbnail",
        "JPEGInterchange",
        "GPSInfo",
        "MakerNote",
    )
    return {
        name: str(value)
        for name, value in tags.items()
        if name.split()[0] in ("EXIF", "GPS", "Interoperability")
        and not any(s in name for s in skip)
    }


def compare_exif_values(path: str, block: bytes | None) -> tuple[str, str]:
    with open(path, "rb") as file, contextlib.suppress(Exception):
        theirs = exif_values(file)
        ours = exif_values(io.BytesIO(block)) if block else {}
        if not theirs:
            return ("alone" if ours else "none"), ""
        if not ours:
            return "missing", f"ExifRead finds {sorted(theirs)[:3]}"
        wrong = [name for name, value in theirs.items() if ours.get(name) != value]
        return ("different", f"{wrong[:3]} (ExifRead)") if wrong else ("equal", "")
    return ("alone" if block else "none"), ""


def compare_blocks(ours: list[bytes], theirs: Iterable[tuple[str, bytes]]) -> tuple[str, str]:
    references = [(name, block) for name, block in theirs if block]
    if not references:
        return ("alone" if ours else "none"), ""
    if not ours:
        return "missing", ", ".join(f"{name}: {len(block)} bytes" for name, block in references)
    joined = b"".join(ours)
    for _, block in references:
        if any(same_block(one, block) for one in ours) or joined == block:
            return "equal", ""
    sizes = ", ".join(f"{name}: {len(block)}" for name, block in references)
    return "different", f"glimt: {[len(one) for one in ours]} bytes, {sizes}"


def compare_texts(ours: dict[str, Any] | None, theirs: dict[str, Any] | None) -> tuple[str, str]:
    if not theirs:
        return ("alone" if ours else "none"), ""
    if not ours:
        return "missing", str(sorted(theirs))[:80]
    for key, value in theirs.items():
        values = ours.get(key)
        values = values if isinstance(values, list) else [values]
        forms = [value] if isinstance(value, str) else [
            value.rstrip(b"\0").decode(code, errors="replace") for code in ("utf-8", "latin-1")
        ]  # fmt: skip
        if not any(form in values for form in forms):
            return "different", f"{key}: {str(values)[:60]} and {str(value)[:60]}"
    return "equal", ""


def compare_resolution(
    ours: dict[str, Any] | None, dpi: tuple[float, ...] | None
) -> tuple[str, str]:
    per_inch = {"inch": 1.0, "centimetre": 2.54, "metre": 0.0254, "unknown": None}
    # 72 is what Pillow says where a file says nothing, 1 what files say that know nothing.
    told = dpi and min(dpi) > 0 and dpi not in ((72.0, 72.0), (1.0, 1.0))
    if not told:
        return ("alone" if ours else "none"), ""
    if not ours:
        return "missing", str(dpi)
    factor = per_inch[ours["unit"]]
    numbers = tuple(ours[axis] * (factor or 1.0) for axis in "xy")
    near = all(abs(a - b) <= max(0.51, 1e-3 * b) for a, b in zip(numbers, dpi))
    return ("equal", "") if near else ("different", f"{ours} and {dpi}")


def flat(value: Any) -> Any:
    if isinstance(value, (list, tuple)) or type(value).__name__ == "ndarray":
        return [flat(v) for v in value] if len(value) != 1 else flat(value[0])
    if isinstance(value, str):
        return value.rstrip("|\0")
    return float(value)


def flattened(values: list[Any]) -> list[Any]:
    return [
        v for value in values for v in (flattened(value) if isinstance(value, list) else [value])
    ]


def compare_geo(path: str, ours: dict[str, Any] | None) -> tuple[str, str]:
    theirs: dict[str, Any] = {}
    with contextlib.suppress(Exception), tifffile.TiffFile(path) as file:
        theirs = file.geotiff_metadata or {}
    if not theirs:
        return ("alone" if ours else "none"), ""
    if not ours:
        return "missing", str(sorted(theirs))[:80]
    for name, key in GEO_NAMES.items():
        if key not in theirs:
            if name in ours:
                return "different", f"{name}: tifffile has none"
            continue
        if name not in ours:
            return "different", f"{name} is missing"
        a, b = flat(ours[name]), flat(theirs[key])
        equal = flattened([a]) == flattened([b])
        if not equal:
            return "different", f"{name}: {ours[name]} and {theirs[key]}"
    return compare_epsg(path, ours)


def compare_epsg(path: str, ours: dict[str, Any]) -> tuple[str, str]:
    """Where the file names its reference system by a number of EPSG."""
    epsg = ours.get("PROJECTED_CRS") or ours.get("GEODETIC_CRS")
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import rasterio

        with rasterio.open(path) as dataset:
            theirs = dataset.crs.to_epsg() if dataset.crs else None
        if theirs and epsg and epsg < 32767 and theirs != epsg:
            return "different", f"EPSG {epsg} and {theirs} (rasterio)"
    return "equal", ""


class Comparer:
    def __init__(self, kinds: Iterable[str]) -> None:
        self.kinds = list(kinds)
        self.tool = ExifTool()
        self.decoder = glimt.Decoder(device_id=-99999)

    def compare(self, path: str, format_name: str) -> Iterator[dict[str, str]]:
        """One result a kind: equal, different, missing, alone, refused, none."""
        with open(path, "rb") as file:
            data = file.read()
        blocks: dict[str, list[bytes]] = {}
        refusal = ""
        try:
            for block in self.decoder.get_metadata(data):
                blocks.setdefault(block.kind.name, []).append(block.buffer)
                assert self.decoder.get_metadata(data, kind=block.kind), block.kind
        except RuntimeError as error:
            refusal = str(error)
        except Exception as error:
            raise GlimtFailure(f"{type(error).__name__}: {error}") from error
        pillow, tool = pillow_facts(path), self.tool.blocks(path)
        results = []
        for kind in self.kinds:
            outcome, detail = self.compare_kind(kind, path, format_name, blocks, pillow, tool)
            if refusal and outcome == "missing":
                outcome, detail = "refused", refusal
            results.append({"kind": kind, "outcome": outcome, "detail": detail})
        return iter(results)

    def compare_kind(
        self,
        kind: str,
        path: str,
        format_name: str,
        blocks: dict[str, list[bytes]],
        pillow: dict[str, Any],
        tool: dict[str, bytes],
    ) -> tuple[str, str]:
        ours = blocks.get(kind, [])
        parsed = json.loads(ours[0]) if ours and kind in ("GEO", "TEXT", "RESOLUTION") else None
        if kind == "EXIF" and format_name == "tiff":
            return compare_exif_values(path, ours[0] if ours else None)
        if kind == "GEO":
            return compare_geo(path, parsed) if format_name == "tiff" else ("none", "")
        if kind == "TEXT":
            if format_name not in ("jpeg", "png"):
                return "none", ""
            return compare_texts(parsed, pillow.get("TEXT"))
        if kind == "RESOLUTION":
            return compare_resolution(parsed, pillow.get("RESOLUTION"))
        theirs = [("ExifTool", tool.get(kind, b"")), ("Pillow", pillow.get(kind, b""))]
        return compare_blocks(ours, theirs)


assert all(hasattr(MetadataKind, kind) for kind in KINDS)
