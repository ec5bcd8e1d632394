// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/catalogue.h"

#include <algorithm>

#include "formats/bmp/backends.h"
#include "formats/bmp/format.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/format.h"
#include "formats/png/backends.h"
#include "formats/png/format.h"
#include "formats/pnm/backends.h"
#include "formats/pnm/format.h"
#include "formats/tiff/backends.h"
#include "formats/tiff/format.h"
#include "formats/webp/backends.h"
#include "formats/webp/format.h"
#include "glimt/glimt.h"

namespace glimt {
namespace {

// In the order in which signatures are tried: the first that claims the data wins.
const Format* const kFormats[] = {
    &kJpegFormat, &kBmpFormat,  &kJpeg2000Format, &kPngFormat,
    &kPnmFormat,  &kTiffFormat, &kWebpFormat,
};

#if GLIMT_CUDA
/// A CPU codec whose images are finished on the GPU: what answers for GPU kinds as long as a format
/// has no kernels of its own.
DecodeBackend landing(const DecodeBackend& cpu, std::string_view name) {
  DecodeBackend row = cpu;
  row.name = name;
  row.alias = {};
  row.kind = BackendKind::gpu_only;
  row.also = kind_bit(BackendKind::hybrid_cpu_gpu);
  return row;
}
const DecodeBackend kOpenjphLanding = landing(kOpenjphDecoder, "openjph_landing_decoder");
const DecodeBackend kOpenjpegLanding = landing(kOpenjpegDecoder, "openjpeg_landing_decoder");
const DecodeBackend kTiffLanding = landing(kTiffDecoder, "glimt_tiff_landing_decoder");
#endif

// Within a format in the order of preference; the reference backend stands last.
const DecodeBackend* const kDecodeBackends[] = {
#if GLIMT_CUDA
    &kJpegCudaDecoder,  &kOpenjphLanding, &kOpenjpegLanding, &kTiffLanding,    &kJpegEngineDecoder,
#endif
    &kJpegTurboDecoder, &kJpegDecoder,    &kBmpDecoder,      &kOpenjphDecoder, &kOpenjpegDecoder,
    &kPngDecoder,       &kPnmDecoder,     &kTiffDecoder,     &kLibwebpDecoder,
};

const EncodeBackend* const kEncodeBackends[] = {
#if GLIMT_CUDA
    &kJpegCudaEncoder,
#endif
    &kJpegTurboEncoder, &kJpegLosslessEncoder, &kBmpEncoder,  &kOpenjphEncoder, &kOpenjpegEncoder,
    &kPngEncoder,       &kPnmEncoder,          &kTiffEncoder, &kLibwebpEncoder,
};

std::string list_of_types(std::uint16_t types) {
  std::string list;
  for (unsigned i = 0; i <= static_cast<unsigned>(SampleType::f64); ++i) {
    if ((types >> i & 1U) == 0) continue;
    list += (list.empty() ? "" : ", ") + std::string(name_of(static_cast<SampleType>(i)));
  }
  return list;
}

struct Feature {
  EncodeFeature feature;
  std::string_view codec, parameter;
  bool (*asked)(const EncodeParams&);
};
constexpr Feature kFeatures[] = {
    {EncodeFeature::jpeg_lossless, "jpeg", "lossless",
     [](const EncodeParams& p) { return p.jpeg.lossless; }},
    {EncodeFeature::jpeg_precision, "jpeg", "precision",
     [](const EncodeParams& p) { return p.jpeg.precision != 0 && p.jpeg.precision != 8; }},
    {EncodeFeature::jpeg2k_layers, "jpeg2k", "layers",
     [](const EncodeParams& p) { return p.jpeg2k.layers != 1; }},
    {EncodeFeature::jpeg2k_precincts, "jpeg2k", "precincts",
     [](const EncodeParams& p) { return !p.jpeg2k.precincts.empty(); }},
    {EncodeFeature::jpeg2k_markers, "jpeg2k", "sop and eph",
     [](const EncodeParams& p) { return p.jpeg2k.sop || p.jpeg2k.eph; }},
    {EncodeFeature::jpeg2k_plt, "jpeg2k", "plt",
     [](const EncodeParams& p) { return p.jpeg2k.plt; }},
    {EncodeFeature::jpeg2k_style, "jpeg2k", "code_block_style",
     [](const EncodeParams& p) { return p.jpeg2k.code_block_style != 0; }},
};

/// The first parameter that is asked for and not honoured, or "".
std::string_view unhonoured(const EncodeBackend& backend, const EncodeParams& params) {
  for (const Feature& row : kFeatures) {
    const bool honoured = (backend.caps.features & feature_bit(row.feature)) != 0;
    if (row.codec == backend.format->name && !honoured && row.asked(params)) return row.parameter;
  }
  return {};
}

std::string_view name_of_quality(QualityType type) {
  constexpr std::string_view names[] = {"DEFAULT",           "LOSSLESS", "QUALITY",
                                        "QUANTIZATION_STEP", "PSNR",     "SIZE_RATIO"};
  return names[static_cast<std::size_t>(type)];
}

}  // namespace

std::span<const Format* const> formats() { return kFormats; }
std::span<const DecodeBackend* const> decode_backends() { return kDecodeBackends; }
std::span<const EncodeBackend* const> encode_backends() { return kEncodeBackends; }

const Format* sniff(Bytes data) {
  const Bytes head = data.first(std::min<std::size_t>(data.size(), 64));
  for (const Format* format : formats()) {
    if (format->sniff(head)) return format;
  }
  return nullptr;
}

std::string why_not(const DecodeBackend& backend, const StreamInfo& info) {
  const DecodeCaps& caps = backend.caps;
  if ((caps.codings >> info.coding & 1U) == 0) {
    return "the coding '" + std::string(info.image.coding) + "' is not one of this backend's";
  }
  if (info.form.bit_depth > caps.max_bit_depth) {
    return std::to_string(info.form.bit_depth) + " bits a sample; this backend decodes up to " +
           std::to_string(caps.max_bit_depth);
  }
  if (info.form.channels > caps.max_channels) {
    return std::to_string(info.form.channels) + " channels; this backend decodes up to " +
           std::to_string(caps.max_channels);
  }
  return {};
}

std::string why_not(const EncodeBackend& backend, const PixelForm& form,
                    const EncodeParams& params) {
  const EncodeCaps& caps = backend.caps;
  const std::string codec(backend.format->name);
  for (const Feature& row : kFeatures) {
    if ((caps.needs & feature_bit(row.feature)) == 0 || row.asked(params)) continue;
    return "this encoder serves only those who ask for " + std::string(row.parameter);
  }
  if ((caps.types & type_bit(form.type)) == 0) {
    return codec + " holds " + list_of_types(caps.types) + ", not " +
           std::string(name_of(form.type)) + " samples; convert them first";
  }
  const bool any_number = (caps.channels & 1U) != 0;
  if (!any_number && (form.channels > 31 || (caps.channels >> form.channels & 1U) == 0)) {
    return codec + " does not hold " + std::to_string(form.channels) + " channels";
  }
  if ((caps.qualities & quality_bit(params.quality_type)) == 0) {
    return codec + " has no quality type " + std::string(name_of_quality(params.quality_type));
  }
  if (const std::string_view parameter = unhonoured(backend, params); !parameter.empty()) {
    return "this encoder has no " + std::string(parameter) + "; leave it at its default";
  }
  return {};
}

inline namespace v0 {

std::string_view version() { return GLIMT_VERSION; }

std::span<const BackendInfo> backends() {
  static const std::vector<BackendInfo> rows = [] {
    std::vector<BackendInfo> all;
    for (const DecodeBackend* row : decode_backends()) {
      all.push_back({row->name, row->format->name, row->kind, false});
    }
    for (const EncodeBackend* row : encode_backends()) {
      all.push_back({row->name, row->format->name, row->kind, true});
    }
    return all;
  }();
  return rows;
}

}  // namespace v0
}  // namespace glimt
