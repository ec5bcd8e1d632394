// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/geo.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "metadata/text.h"

namespace glimt {
namespace {

constexpr std::uint16_t kDirectory = 34735, kDoubles = 34736, kTexts = 34737;

struct Name {
  std::uint16_t number;
  std::string_view name;
};
// OGC 19-008r4, clause 7 and annex B; 2062 and 3096 are further keys that GDAL writes.
constexpr Name kModelTags[] = {
    {33550, "MODEL_PIXEL_SCALE"}, {33922, "MODEL_TIEPOINT"}, {34264, "MODEL_TRANSFORMATION"}};
constexpr Name kKeys[] = {
    {1024, "GT_MODEL_TYPE"},
    {1025, "GT_RASTER_TYPE"},
    {1026, "GT_CITATION"},
    {2048, "GEODETIC_CRS"},
    {2049, "GEODETIC_CITATION"},
    {2050, "GEODETIC_DATUM"},
    {2051, "PRIME_MERIDIAN"},
    {2052, "GEOG_LINEAR_UNITS"},
    {2053, "GEOG_LINEAR_UNIT_SIZE"},
    {2054, "GEOG_ANGULAR_UNITS"},
    {2055, "GEOG_ANGULAR_UNIT_SIZE"},
    {2056, "ELLIPSOID"},
    {2057, "ELLIPSOID_SEMI_MAJOR_AXIS"},
    {2058, "ELLIPSOID_SEMI_MINOR_AXIS"},
    {2059, "ELLIPSOID_INV_FLATTENING"},
    {2060, "GEOG_AZIMUTH_UNITS"},
    {2061, "PRIME_MERIDIAN_LONGITUDE"},
    {2062, "GEOG_TO_WGS84"},
    {3072, "PROJECTED_CRS"},
    {3073, "PROJECTED_CITATION"},
    {3074, "PROJECTION"},
    {3075, "PROJ_METHOD"},
    {3076, "PROJ_LINEAR_UNITS"},
    {3077, "PROJ_LINEAR_UNIT_SIZE"},
    {3078, "PROJ_STD_PARALLEL1"},
    {3079, "PROJ_STD_PARALLEL2"},
    {3080, "PROJ_NAT_ORIGIN_LONG"},
    {3081, "PROJ_NAT_ORIGIN_LAT"},
    {3082, "PROJ_FALSE_EASTING"},
    {3083, "PROJ_FALSE_NORTHING"},
    {3084, "PROJ_FALSE_ORIGIN_LONG"},
    {3085, "PROJ_FALSE_ORIGIN_LAT"},
    {3086, "PROJ_FALSE_ORIGIN_EASTING"},
    {3087, "PROJ_FALSE_ORIGIN_NORTHING"},
    {3088, "PROJ_CENTER_LONG"},
    {3089, "PROJ_CENTER_LAT"},
    {3090, "PROJ_CENTER_EASTING"},
    {3091, "PROJ_CENTER_NORTHING"},
    {3092, "PROJ_SCALE_AT_NAT_ORIGIN"},
    {3093, "PROJ_SCALE_AT_CENTER"},
    {3094, "PROJ_AZIMUTH_ANGLE"},
    {3095, "PROJ_STRAIGHT_VERT_POLE_LONG"},
    {3096, "PROJ_RECTIFIED_GRID_ANGLE"},
    {4096, "VERTICAL"},
    {4097, "VERTICAL_CITATION"},
    {4098, "VERTICAL_DATUM"},
    {4099, "VERTICAL_UNITS"},
};

std::string name_of_key(std::uint16_t number) {
  const auto row = std::find_if(std::begin(kKeys), std::end(kKeys),
                                [number](const Name& one) { return one.number == number; });
  return row != std::end(kKeys) ? std::string(row->name) : "GEOKEY_" + std::to_string(number);
}

class Object {
 public:
  explicit Object(std::uint64_t most) : most_(most) {}

  /// Values `first` to `first + count` of a field: one, or an array of several.
  Status add_numbers(std::string_view name, const Field& field, std::uint64_t first,
                     std::uint64_t count) {
    begin(name);
    if (count > 1) json_ += '[';
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) json_ += ',';
      if (const auto number = field.number_at(first + i)) {
        append_json_number(json_, *number);
      } else {
        json_ += "null";
      }
      GLIMT_TRY(check());
    }
    if (count > 1) json_ += ']';
    return {};
  }
  Status add_number(std::string_view name, double number) {
    begin(name);
    append_json_number(json_, number);
    return check();
  }
  Status add_text(std::string_view name, Bytes text) {
    while (!text.empty() && (text.back() == '|' || text.back() == 0)) {
      text = text.first(text.size() - 1);
    }
    begin(name);
    append_json_string(json_, utf8_of(text));
    return check();
  }
  std::string finish() && {
    if (!json_.empty()) json_ += '}';
    return std::move(json_);
  }

 private:
  void begin(std::string_view name) {
    json_ += json_.empty() ? '{' : ',';
    append_json_string(json_, name);
    json_ += ':';
  }
  [[nodiscard]] Status check() const {
    if (json_.size() <= most_) return {};
    return {Code::limit, "the GEO block exceeds the limit of " + std::to_string(most_) +
                             " bytes; raise max_metadata_bytes"};
  }

  std::uint64_t most_;
  std::string json_;
};

/// OGC 19-008r4, 7.1: where a key's values are.
struct Key {
  std::uint16_t number, location;
  std::uint64_t count, value;
};

Status add_key(const Key& key, const std::optional<Field>& field, Object& object) {
  const std::string name = name_of_key(key.number);
  if (key.location == 0) return object.add_number(name, static_cast<double>(key.value));
  const bool there = field && field->whole() && key.count > 0 && key.value <= field->count &&
                     field->count - key.value >= key.count;
  if (!there) return {};
  if (field->type != FieldType::ascii) {
    return object.add_numbers(name, *field, key.value, key.count);
  }
  return object.add_text(name, field->data.subspan(static_cast<std::size_t>(key.value),
                                                   static_cast<std::size_t>(key.count)));
}

}  // namespace

Result<std::string> geo_json(const Ifd& ifd, std::uint64_t most) {
  Object object(most);
  for (const Name& tag : kModelTags) {
    const auto field = ifd.find(tag.number);
    if (!field || !field->whole()) continue;
    GLIMT_TRY(object.add_numbers(tag.name, *field, 0, field->count));
  }
  const auto directory = ifd.find(kDirectory);
  // A header of four numbers, the last of which counts the keys.
  if (!directory || !directory->whole() || directory->type != FieldType::u16 ||
      directory->count < 4) {
    return std::move(object).finish();
  }
  const std::pair<std::uint16_t, std::optional<Field>> places[] = {{0, std::nullopt},
                                                                   {kDirectory, directory},
                                                                   {kDoubles, ifd.find(kDoubles)},
                                                                   {kTexts, ifd.find(kTexts)}};
  const std::uint64_t keys = std::min(*directory->unsigned_at(3), directory->count / 4 - 1);
  for (std::uint64_t i = 1; i <= keys; ++i) {
    const auto number = [&](std::uint64_t k) {
      return static_cast<std::uint16_t>(*directory->unsigned_at(4 * i + k));
    };
    const Key key{number(0), number(1), number(2), number(3)};
    for (const auto& [tag, field] : places) {
      if (key.location == tag) GLIMT_TRY(add_key(key, field, object));
    }
  }
  return std::move(object).finish();
}

}  // namespace glimt
