// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/resolution.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "metadata/text.h"

namespace glimt {
namespace {

using Unit = Resolution::Unit;

struct UnitRow {
  Unit unit;
  std::string_view name;
  double metres;
};
constexpr UnitRow kUnits[] = {{Unit::unknown, "unknown", 1},
                              {Unit::inch, "inch", 0.0254},
                              {Unit::centimetre, "centimetre", 0.01},
                              {Unit::metre, "metre", 1}};
const UnitRow& row_of(Unit unit) { return kUnits[static_cast<std::size_t>(unit)]; }

}  // namespace

bool Resolution::useful() const {
  if (!(std::isfinite(x) && std::isfinite(y) && x > 0 && y > 0)) return false;
  return unit != Unit::unknown || x != y;
}

Resolution Resolution::in(Unit other) const {
  if (unit == Unit::unknown || unit == other) return *this;
  const double factor = row_of(other).metres / row_of(unit).metres;
  return {x * factor, y * factor, other};
}

std::string resolution_json(const Resolution& resolution) {
  std::string json = R"({"x":)";
  append_json_number(json, resolution.x);
  json += R"(,"y":)";
  append_json_number(json, resolution.y);
  json += R"(,"unit":")";
  json += row_of(resolution.unit).name;
  return json += R"("})";
}

Result<Resolution> parse_resolution_json(Bytes json) {
  const Status wrong(Code::bad_argument,
                     "the RESOLUTION block to write is not like "
                     R"({"x":300,"y":300,"unit":"inch"}, of numbers above 0 and a unit inch, )"
                     "centimetre, metre or unknown");
  const auto object = nlohmann::json::parse(json.begin(), json.end(), nullptr, false);
  if (!object.is_object()) return wrong;
  const auto x = object.find("x"), y = object.find("y"), unit = object.find("unit");
  const auto end = object.end();
  if (x == end || y == end || unit == end || !x->is_number() || !y->is_number() ||
      !unit->is_string()) {
    return wrong;
  }
  const auto name = unit->get<std::string>();
  const auto row = std::find_if(std::begin(kUnits), std::end(kUnits),
                                [&](const UnitRow& one) { return one.name == name; });
  if (row == std::end(kUnits)) return wrong;
  const Resolution resolution{x->get<double>(), y->get<double>(), row->unit};
  if (!(resolution.x > 0 && resolution.y > 0)) return wrong;
  return resolution;
}

std::optional<Resolution> ifd_resolution(const Ifd& ifd) {
  constexpr std::uint16_t x_tag = 282, y_tag = 283, unit_tag = 296;
  const auto number = [&](std::uint16_t tag) {
    const auto field = ifd.find(tag);
    return field && field->whole() ? field->number_at(0) : std::nullopt;
  };
  const auto x = number(x_tag), y = number(y_tag);
  if (!x || !y) return std::nullopt;
  Resolution resolution{*x, *y, Unit::inch};  // the default of tag 296
  if (const auto unit = number(unit_tag)) {
    resolution.unit = *unit == 1 ? Unit::unknown : *unit == 3 ? Unit::centimetre : Unit::inch;
  }
  return resolution;
}

std::optional<Resolution> exif_resolution(Bytes exif) {
  const auto header = read_tiff_header(exif);
  if (!header.ok()) return std::nullopt;
  const auto ifd = Ifd::read(exif, *header, header->first_ifd);
  return ifd.ok() ? ifd_resolution(*ifd) : std::nullopt;
}

}  // namespace glimt
