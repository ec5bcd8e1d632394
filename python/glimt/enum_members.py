# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Enum members under their bare names: ``glimt.SRGB``, ``glimt.CSS_420``, ...

A name that several enumerations have means what it means in nvImageCodec: UNKNOWN is MetadataType's,
ICC_PROFILE is MetadataKind's, XMP is MetadataFormat's, UNSUPPORTED is SampleFormat's.
"""

from .enums import (
    BackendKind,
    ChromaSubsampling,
    ColorSpec,
    ImageBufferKind,
    Jpeg2kBitstreamType,
    Jpeg2kProgOrder,
    LoadHintPolicy,
    MetadataFormat,
    MetadataKind,
    MetadataType,
    QualityType,
    SampleFormat,
)

CPU_ONLY = BackendKind.CPU_ONLY
GPU_ONLY = BackendKind.GPU_ONLY
HYBRID_CPU_GPU = BackendKind.HYBRID_CPU_GPU
HW_GPU_ONLY = BackendKind.HW_GPU_ONLY

IGNORE = LoadHintPolicy.IGNORE
FIXED = LoadHintPolicy.FIXED
ADAPTIVE_MINIMIZE_IDLE_TIME = LoadHintPolicy.ADAPTIVE_MINIMIZE_IDLE_TIME

UNCHANGED = ColorSpec.UNCHANGED
SRGB = ColorSpec.SRGB
GRAY = ColorSpec.GRAY
SYCC = ColorSpec.SYCC
CMYK = ColorSpec.CMYK
YCCK = ColorSpec.YCCK
PALETTE = ColorSpec.PALETTE

P_UNCHANGED = SampleFormat.P_UNCHANGED
P_AUTO_COMPONENTS = SampleFormat.P_AUTO_COMPONENTS
I_UNCHANGED = SampleFormat.I_UNCHANGED
I_AUTO_COMPONENTS = SampleFormat.I_AUTO_COMPONENTS
P_Y = SampleFormat.P_Y
I_Y = SampleFormat.I_Y
P_YA = SampleFormat.P_YA
I_YA = SampleFormat.I_YA
P_RGB = SampleFormat.P_RGB
I_RGB = SampleFormat.I_RGB
P_BGR = SampleFormat.P_BGR
I_BGR = SampleFormat.I_BGR
P_YUV = SampleFormat.P_YUV
P_YCC = SampleFormat.P_YCC
I_YUV = SampleFormat.I_YUV
I_YCC = SampleFormat.I_YCC
P_RGBA = SampleFormat.P_RGBA
I_RGBA = SampleFormat.I_RGBA
P_YCCK = SampleFormat.P_YCCK
I_YCCK = SampleFormat.I_YCCK
P_CMYK = SampleFormat.P_CMYK
I_CMYK = SampleFormat.I_CMYK
UNSUPPORTED = SampleFormat.UNSUPPORTED

CSS_444 = ChromaSubsampling.CSS_444
CSS_422 = ChromaSubsampling.CSS_422
CSS_420 = ChromaSubsampling.CSS_420
CSS_440 = ChromaSubsampling.CSS_440
CSS_411 = ChromaSubsampling.CSS_411
CSS_410 = ChromaSubsampling.CSS_410
CSS_GRAY = ChromaSubsampling.CSS_GRAY
CSS_410V = ChromaSubsampling.CSS_410V

DEFAULT = QualityType.DEFAULT
LOSSLESS = QualityType.LOSSLESS
QUALITY = QualityType.QUALITY
QUANTIZATION_STEP = QualityType.QUANTIZATION_STEP
PSNR = QualityType.PSNR
SIZE_RATIO = QualityType.SIZE_RATIO

STRIDED_DEVICE = ImageBufferKind.STRIDED_DEVICE
STRIDED_HOST = ImageBufferKind.STRIDED_HOST

J2K = Jpeg2kBitstreamType.J2K
JP2 = Jpeg2kBitstreamType.JP2
JPH = Jpeg2kBitstreamType.JPH

LRCP = Jpeg2kProgOrder.LRCP
RLCP = Jpeg2kProgOrder.RLCP
RPCL = Jpeg2kProgOrder.RPCL
PCRL = Jpeg2kProgOrder.PCRL
CPRL = Jpeg2kProgOrder.CPRL

TIFF_TAG = MetadataKind.TIFF_TAG
ICC_PROFILE = MetadataKind.ICC_PROFILE
EXIF = MetadataKind.EXIF
GEO = MetadataKind.GEO
MED_APERIO = MetadataKind.MED_APERIO
MED_PHILIPS = MetadataKind.MED_PHILIPS
MED_VENTANA = MetadataKind.MED_VENTANA
MED_LEICA = MetadataKind.MED_LEICA
MED_TRESTLE = MetadataKind.MED_TRESTLE
TIFF_TAG_LIST = MetadataKind.TIFF_TAG_LIST
IPTC = MetadataKind.IPTC
MED_HAMAMATSU = MetadataKind.MED_HAMAMATSU
TEXT = MetadataKind.TEXT
RESOLUTION = MetadataKind.RESOLUTION

RAW = MetadataFormat.RAW
JSON = MetadataFormat.JSON
XML = MetadataFormat.XML
XMP = MetadataFormat.XMP

UNKNOWN = MetadataType.UNKNOWN
BYTE = MetadataType.BYTE
ASCII = MetadataType.ASCII
SHORT = MetadataType.SHORT
LONG = MetadataType.LONG
RATIONAL = MetadataType.RATIONAL
SBYTE = MetadataType.SBYTE
UNDEFINED = MetadataType.UNDEFINED
SSHORT = MetadataType.SSHORT
SLONG = MetadataType.SLONG
SRATIONAL = MetadataType.SRATIONAL
FLOAT = MetadataType.FLOAT
DOUBLE = MetadataType.DOUBLE
IFD = MetadataType.IFD
LONG8 = MetadataType.LONG8
SLONG8 = MetadataType.SLONG8
IFD8 = MetadataType.IFD8

__all__ = [
    "ADAPTIVE_MINIMIZE_IDLE_TIME",
    "ASCII",
    "BYTE",
    "CMYK",
    "CPRL",
    "CPU_ONLY",
    "CSS_410",
    "CSS_410V",
    "CSS_411",
    "CSS_420",
    "CSS_422",
    "CSS_440",
    "CSS_444",
    "CSS_GRAY",
    "DEFAULT",
    "DOUBLE",
    "EXIF",
    "FIXED",
    "FLOAT",
    "GEO",
    "GPU_ONLY",
    "GRAY",
    "HW_GPU_ONLY",
    "HYBRID_CPU_GPU",
    "ICC_PROFILE",
    "IFD",
    "IFD8",
    "IGNORE",
    "IPTC",
    "I_AUTO_COMPONENTS",
    "I_BGR",
    "I_CMYK",
    "I_RGB",
    "I_RGBA",
    "I_UNCHANGED",
    "I_Y",
    "I_YA",
    "I_YCC",
    "I_YCCK",
    "I_YUV",
    "J2K",
    "JP2",
    "JPH",
    "JSON",
    "LONG",
    "LONG8",
    "LOSSLESS",
    "LRCP",
    "MED_APERIO",
    "MED_HAMAMATSU",
    "MED_LEICA",
    "MED_PHILIPS",
    "MED_TRESTLE",
    "MED_VENTANA",
    "PALETTE",
    "PCRL",
    "PSNR",
    "P_AUTO_COMPONENTS",
    "P_BGR",
    "P_CMYK",
    "P_RGB",
    "P_RGBA",
    "P_UNCHANGED",
    "P_Y",
    "P_YA",
    "P_YCC",
    "P_YCCK",
    "P_YUV",
    "QUALITY",
    "QUANTIZATION_STEP",
    "RATIONAL",
    "RAW",
    "RESOLUTION",
    "RLCP",
    "RPCL",
    "SBYTE",
    "SHORT",
    "SIZE_RATIO",
    "SLONG",
    "SLONG8",
    "SRATIONAL",
    "SRGB",
    "SSHORT",
    "STRIDED_DEVICE",
    "STRIDED_HOST",
    "SYCC",
    "TEXT",
    "TIFF_TAG",
    "TIFF_TAG_LIST",
    "UNCHANGED",
    "UNDEFINED",
    "UNKNOWN",
    "UNSUPPORTED",
    "XML",
    "XMP",
    "YCCK",
]
