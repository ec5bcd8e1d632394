// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/gathered.h"

#include <algorithm>
#include <iterator>

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr MetadataKind kOrder[] = {
    MetadataKind::tiff_tag_list, MetadataKind::geo,         MetadataKind::med_aperio,
    MetadataKind::med_philips,   MetadataKind::icc_profile, MetadataKind::med_ventana,
    MetadataKind::med_leica,     MetadataKind::med_trestle, MetadataKind::med_hamamatsu,
    MetadataKind::exif,          MetadataKind::xmp,         MetadataKind::iptc,
    MetadataKind::text,          MetadataKind::resolution,
};

auto place_of(MetadataKind kind) {
  return std::find(std::begin(kOrder), std::end(kOrder), kind) - std::begin(kOrder);
}

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

Bytes without_exif_prefix(Bytes exif) {
  return starts_with(exif, "Exif\0\0", 6) ? exif.subspan(6) : exif;
}

Status Gathered::take(std::uint64_t bytes) {
  if (bytes > room()) {
    return {Code::limit, "the metadata exceeds the limit of " + std::to_string(most_) +
                             " bytes; raise max_metadata_bytes"};
  }
  bytes_ += bytes;
  return {};
}

Status Gathered::add(MetadataKind kind, MetadataFormat format, Bytes data) {
  if (!wants(kind) || data.empty()) return {};
  GLIMT_TRY(take(data.size()));
  blocks_.push_back({kind, format, {data.begin(), data.end()}});
  return {};
}

Status Gathered::add(MetadataKind kind, MetadataFormat format, std::vector<std::uint8_t> data) {
  if (!wants(kind) || data.empty()) return {};
  GLIMT_TRY(take(data.size()));
  blocks_.push_back({kind, format, std::move(data)});
  return {};
}

Status Gathered::add_exif(Bytes exif) {
  exif = without_exif_prefix(exif);
  if (!of_exif_ && wants(MetadataKind::resolution)) of_exif_ = exif_resolution(exif);
  return add(MetadataKind::exif, MetadataFormat::raw, exif);
}

Status Gathered::add_text(TextEntry entry) {
  if (!wants(MetadataKind::text) || entry.keyword.empty()) return {};
  // Keywords are looked up one by one.
  constexpr std::size_t most_texts = 10'000;
  if (texts_.size() == most_texts) {
    return {Code::limit, "the image has more than 10000 remarks"};
  }
  GLIMT_TRY(take(entry.keyword.size() + entry.text.size()));
  texts_.push_back(std::move(entry));
  return {};
}

void Gathered::add_resolution(const Resolution& resolution) {
  if (!resolution_ && resolution.useful()) resolution_ = resolution;
}

Result<std::vector<Metadata>> Gathered::finish() && {
  if (!resolution_ && of_exif_ && of_exif_->useful()) resolution_ = of_exif_;
  if (!texts_.empty()) {
    blocks_.push_back({MetadataKind::text, MetadataFormat::json, bytes_of(text_json(texts_))});
  }
  if (resolution_ && wants(MetadataKind::resolution)) {
    blocks_.push_back(
        {MetadataKind::resolution, MetadataFormat::json, bytes_of(resolution_json(*resolution_))});
  }
  std::stable_sort(blocks_.begin(), blocks_.end(), [](const Metadata& a, const Metadata& b) {
    return place_of(a.kind) < place_of(b.kind);
  });
  return std::move(blocks_);
}

}  // namespace glimt
