# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""The enumerations of the API.

Values and reprs are those of nvImageCodec's Python API, so that stored integers and printed text keep
their meaning. A second name of a value is the same object: ``SampleFormat.P_YCC is SampleFormat.P_YUV``.
"""

from __future__ import annotations

from enum import Enum

__all__ = [
    "BackendKind",
    "ChromaSubsampling",
    "ColorSpec",
    "ImageBufferKind",
    "Jpeg2kBitstreamType",
    "Jpeg2kProgOrder",
    "LoadHintPolicy",
    "MetadataFormat",
    "MetadataKind",
    "MetadataType",
    "QualityType",
    "SampleFormat",
]


class _IntValued(Enum):
    """Converts to int, but equals only itself: members of different enumerations never mix."""

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        return int(self.value)

    @classmethod
    def _missing_(cls, value: object) -> None:
        if not hasattr(value, "__index__"):
            raise TypeError(f"{cls.__name__}() takes an int, not {value!r}")


class BackendKind(_IntValued):
    """Where decoding or encoding runs."""

    CPU_ONLY = 1
    GPU_ONLY = 2
    HYBRID_CPU_GPU = 3
    HW_GPU_ONLY = 4
    """A dedicated engine of the GPU."""


class LoadHintPolicy(_IntValued):
    """How a backend's load hint, the share of a batch that it should take, is used."""

    IGNORE = 1
    FIXED = 2
    ADAPTIVE_MINIMIZE_IDLE_TIME = 3


class ColorSpec(_IntValued):
    """How the samples of a pixel are to be read as a colour."""

    UNKNOWN = 0
    UNCHANGED = 0
    SYCC = 3
    """YCbCr with sRGB primaries, full range."""
    SRGB = 1
    GRAY = 2
    CMYK = 4
    YCCK = 5
    PALETTE = 6
    ICC_PROFILE = 7
    UNSUPPORTED = -1


class SampleFormat(_IntValued):
    """How colour components are matched to channels, and channels to planes.

    ``P_*`` is planar, with shape (channels, height, width); ``I_*`` is interleaved, with shape
    (height, width, channels).
    """

    UNKNOWN = 0
    P_UNCHANGED = 1
    P_AUTO_COMPONENTS = 1
    I_UNCHANGED = 2
    I_AUTO_COMPONENTS = 2
    P_Y = 3
    I_Y = 4
    P_YA = 5
    I_YA = 6
    P_RGB = 7
    I_RGB = 8
    P_BGR = 9
    I_BGR = 10
    P_YUV = 11
    P_YCC = 11
    I_YUV = 12
    I_YCC = 12
    P_RGBA = 13
    I_RGBA = 14
    P_YCCK = 15
    I_YCCK = 16
    P_CMYK = 17
    I_CMYK = 18
    UNSUPPORTED = -1


class ChromaSubsampling(_IntValued):
    """Resolution of the chroma channels against luma."""

    CSS_444 = 0
    CSS_422 = 2
    """Half the columns."""
    CSS_420 = 3
    """Half the columns, half the rows."""
    CSS_440 = 4
    """Half the rows."""
    CSS_411 = 5
    """A quarter of the columns."""
    CSS_410 = 6
    """A quarter of the columns, half the rows."""
    CSS_GRAY = 7
    """No chroma."""
    CSS_410V = 8
    """Half the columns, a quarter of the rows."""


class QualityType(_IntValued):
    """How ``quality_value`` is read."""

    DEFAULT = 0
    """The codec's own default; the value is ignored."""
    LOSSLESS = 1
    """Every sample comes back unchanged; PNG reads a given value 0..9 as the deflate level."""
    QUALITY = 2
    """1 (worst) .. 100 (best), as JPEG counts."""
    QUANTIZATION_STEP = 3
    """What samples or coefficients are divided by; larger is worse."""
    PSNR = 4
    """Target in dB."""
    SIZE_RATIO = 5
    """Target size as a share (0, 1) of the raw image."""


class ImageBufferKind(_IntValued):
    """Memory that holds an image's pixels."""

    STRIDED_DEVICE = 1
    STRIDED_HOST = 2


class Jpeg2kBitstreamType(_IntValued):
    """What wraps a JPEG 2000 codestream."""

    J2K = 0
    """Nothing: the codestream itself."""
    JP2 = 1
    JPH = 2
    """JP2's successor for high-throughput codestreams (T.814)."""


class Jpeg2kProgOrder(_IntValued):
    """Order of packets in a JPEG 2000 codestream: Layer, Resolution, Component, Position."""

    LRCP = 0
    RLCP = 1
    RPCL = 2
    PCRL = 3
    CPRL = 4


class MetadataKind(_IntValued):
    """What a block of metadata is about. From 100 on: not in nvImageCodec."""

    UNKNOWN = 0
    TIFF_TAG = 1
    ICC_PROFILE = 2
    EXIF = 3
    GEO = 4
    MED_APERIO = 5
    MED_PHILIPS = 6
    MED_VENTANA = 7
    MED_LEICA = 8
    MED_TRESTLE = 9
    TIFF_TAG_LIST = 10
    XMP = 100
    IPTC = 101
    MED_HAMAMATSU = 102
    TEXT = 103
    RESOLUTION = 104


class MetadataFormat(_IntValued):
    """How a block of metadata is written."""

    UNKNOWN = 0
    RAW = 1
    JSON = 2
    XML = 3
    XMP = 4


class MetadataType(_IntValued):
    """Type of a metadata value: the numbers of TIFF's field types."""

    UNKNOWN = 0
    BYTE = 1
    ASCII = 2
    SHORT = 3
    LONG = 4
    RATIONAL = 5
    SBYTE = 6
    UNDEFINED = 7
    SSHORT = 8
    SLONG = 9
    SRATIONAL = 10
    FLOAT = 11
    DOUBLE = 12
    IFD = 13
    LONG8 = 16
    SLONG8 = 17
    IFD8 = 18
