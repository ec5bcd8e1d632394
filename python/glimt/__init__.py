# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Decodes and encodes images in batches.

>>> import glimt, numpy as np
>>> decoder = glimt.Decoder()
>>> image = decoder.read("photo.jpg")          # None, and a record on the logger "glimt", if it cannot
>>> pixels = np.asarray(image.cpu())           # (height, width, 3) uint8
>>> images = decoder.read(["a.png", "b.webp"])  # a batch, over all cores
>>> glimt.Encoder().write("photo.png", image)
"""

from . import _glimt, _imap, _log, _metadata, _show, enum_members, enums, errors
from ._glimt import (
    Backend,
    CodeStream,
    CodeStreamView,
    DecodeOutcome,
    DecodeParams,
    Decoder,
    EncodeOutcome,
    EncodeParams,
    Encoder,
    Image,
    Jpeg2kEncodeParams,
    JpegEncodeParams,
    Metadata,
    PngEncodeParams,
    Region,
    SlideInfo,
    SlideLevel,
    TiffEncodeParams,
    TiffWriter,
    WebpEncodeParams,
    as_image,
    as_images,
    from_dlpack,
    slide_info,
)
from .enum_members import *  # noqa: F403
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
from .errors import FileError, FileMissing, MemoryKindError

__version__ = _glimt.version
__cuda_version__ = _glimt.cuda_version
"""Of the CUDA runtime of the build, 12090 for 12.9; 0: built without CUDA."""
__git_sha__ = _glimt.git_sha

NVIMGCODEC_DEVICE_CURRENT = -1
"""``device_id``: the device that is current at construction."""
NVIMGCODEC_DEVICE_CPU_ONLY = -99999
"""``device_id``: no device."""

__all__ = [
    "NVIMGCODEC_DEVICE_CPU_ONLY",
    "NVIMGCODEC_DEVICE_CURRENT",
    "Backend",
    "BackendKind",
    "ChromaSubsampling",
    "CodeStream",
    "CodeStreamView",
    "ColorSpec",
    "DecodeOutcome",
    "DecodeParams",
    "Decoder",
    "EncodeOutcome",
    "EncodeParams",
    "Encoder",
    "FileError",
    "FileMissing",
    "Image",
    "ImageBufferKind",
    "Jpeg2kBitstreamType",
    "Jpeg2kEncodeParams",
    "Jpeg2kProgOrder",
    "JpegEncodeParams",
    "LoadHintPolicy",
    "MemoryKindError",
    "Metadata",
    "MetadataFormat",
    "MetadataKind",
    "MetadataType",
    "PngEncodeParams",
    "QualityType",
    "Region",
    "SampleFormat",
    "SlideInfo",
    "SlideLevel",
    "TiffEncodeParams",
    "TiffWriter",
    "WebpEncodeParams",
    "__cuda_version__",
    "__git_sha__",
    "__version__",
    "as_image",
    "as_images",
    "from_dlpack",
    "slide_info",
]
__all__ += enum_members.__all__

# The binding never imports the package: it is told what it needs of it, here.
_glimt.connect(
    enums={name: getattr(enums, name) for name in enums.__all__},
    errors={name: getattr(errors, name) for name in errors.__all__},
    record=_log.record,
    metadata_value=_metadata.value_of,
    packed_tag=_metadata.packed_tag,
    imap=_imap.imap,
    show={"png": _show.png_of, "html": _show.html_of},
)
