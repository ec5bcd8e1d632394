// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <iterator>

#include "python/bind.h"
#include "python/errors.h"
#include "python/metadata_object.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

// Of glimt._metadata; they live as long as the interpreter.
nb::handle value_function, packed_function;

nb::bytes bytes_of(const MetadataObject& self) {
  return nb::bytes(reinterpret_cast<const char*>(self.block.data.data()), self.block.data.size());
}

std::string repr(const MetadataObject& self) {
  return fmt::format(
      "Metadata(kind={} format={} value_type={} id={} value_count={} buffer_size={})",
      nb::str(nb::cast(self.block.kind)).c_str(), nb::str(nb::cast(self.block.format)).c_str(),
      nb::str(nb::cast(self.value_type)).c_str(), self.id, self.value_count,
      self.block.data.size());
}

}  // namespace

MetadataObject::MetadataObject(Metadata from) : block(std::move(from)) {
  constexpr MetadataKind kTexts[] = {MetadataKind::med_aperio, MetadataKind::med_philips,
                                     MetadataKind::med_trestle, MetadataKind::med_hamamatsu};
  const bool text = block.format == MetadataFormat::xmp || block.format == MetadataFormat::xml ||
                    block.format == MetadataFormat::json ||
                    std::find(std::begin(kTexts), std::end(kTexts), block.kind) != std::end(kTexts);
  value_type = text ? MetadataType::ascii
                    : (block.kind == MetadataKind::icc_profile ? MetadataType::byte
                                                               : MetadataType::undefined);
  value_count = block.data.size();
  if (block.kind == MetadataKind::tiff_tag_list) {
    value_type = MetadataType::u16;
    value_count /= 2;
  }
  if (block.kind == MetadataKind::tiff_tag) {
    value_type = block.type == 0 ? MetadataType::unknown : static_cast<MetadataType>(block.type);
    id = block.tag;
    value_count = block.count;
  }
}

MetadataObject::MetadataObject(TagValues from, std::uint32_t tag_id)
    : block{MetadataKind::tiff_tag, MetadataFormat::raw, std::move(from.data)},
      value_type(static_cast<MetadataType>(from.type)),
      id(tag_id),
      value_count(from.count) {}

Metadata MetadataObject::to_write() const {
  Metadata written = block;
  written.tag = static_cast<std::uint16_t>(id);
  written.type = value_type == MetadataType::unknown ? std::uint16_t{0}
                                                     : static_cast<std::uint16_t>(value_type);
  written.count = value_count;
  return written;
}

void connect_metadata(nb::object value_of, nb::object packed_tag) {
  value_function = value_of.release();
  packed_function = packed_tag.release();
}

namespace {

constexpr char kTagDoc[] =
    "A TIFF tag to be written.\n"
    "id: its number, 1 to 65535.\n"
    "value: str, bytes, int, float, (numerator, denominator), or a list of these.\n"
    "value_type: of the values; None: ASCII, UNDEFINED, the least of SHORT, LONG and LONG8 (SLONG\n"
    "and SLONG8 of negative numbers), DOUBLE, RATIONAL or SRATIONAL.\n"
    "ValueError: the id is out of its range, or the value is none of the type.";

MetadataObject tag_of(std::uint32_t id, const nb::object& value, const nb::object& value_type) {
  if (id < 1 || id > UINT16_MAX) raise_value_error("the id of a TIFF tag is 1 to 65535");
  if (!packed_function.is_valid()) nb::raise("import glimt, not its extension module alone");
  const auto packed = nb::cast<std::tuple<MetadataType, std::uint64_t, nb::bytes>>(
      packed_function(value, value_type));
  const auto& [type, count, bytes] = packed;
  const auto* data = static_cast<const std::uint8_t*>(bytes.data());
  return {TagValues{static_cast<std::uint16_t>(type), count, {data, data + bytes.size()}}, id};
}

}  // namespace

void bind_metadata(nb::module_& m) {
  using M = MetadataObject;
  nb::class_<M>(m, "Metadata", "One block of metadata: an EXIF block, an ICC profile, a TIFF tag.",
                nb::is_weak_referenceable())
      .def(nb::init<>(), "An empty block.")
      .def(
          "__init__",
          [](M* self, MetadataKind kind, MetadataFormat format, const nb::bytes& buffer) {
            new (self) M();
            const auto* data = static_cast<const std::uint8_t*>(buffer.data());
            self->block = {kind, format, {data, data + buffer.size()}};
          },
          "kind"_a, "format"_a, "buffer"_a, "A block over a copy of buffer.")
      .def_static(
          "tiff_tag", &tag_of, "id"_a, "value"_a, "value_type"_a = nb::none(),
          nb::sig("def tiff_tag(id: int, value: typing.Any, value_type: glimt.MetadataType | "
                  "None = None) -> Metadata"),
          kTagDoc)
      .def(
          "__getstate__",
          [](const M& self) {
            return nb::make_tuple(self.block.kind, self.block.format, bytes_of(self),
                                  self.value_type, self.id, self.value_count);
          },
          nb::sig("def __getstate__(self) -> tuple[typing.Any, ...]"))
      .def(
          "__setstate__",
          [](M& self, const std::tuple<MetadataKind, MetadataFormat, nb::bytes, MetadataType,
                                       std::uint32_t, std::size_t>& state) {
            new (&self) M();
            const auto& [kind, format, buffer, value_type, id, value_count] = state;
            const auto* data = static_cast<const std::uint8_t*>(buffer.data());
            self.block = {kind, format, {data, data + buffer.size()}};
            self.value_type = value_type;
            self.id = id;
            self.value_count = value_count;
          },
          nb::sig("def __setstate__(self, state: tuple[typing.Any, ...]) -> None"))
      .def_prop_ro(
          "kind", [](const M& self) { return self.block.kind; }, "What it is about.")
      .def_prop_ro(
          "format", [](const M& self) { return self.block.format; }, "How it is written.")
      .def_prop_ro("buffer", &bytes_of, "The content.")
      .def_prop_ro(
          "buffer_size", [](const M& self) { return self.block.data.size(); },
          "Bytes of the content.")
      .def_ro("id", &M::id, "A TIFF tag's number; otherwise 0.")
      .def_ro("value_type", &M::value_type, "Type of a value of the content.")
      .def_ro("value_count", &M::value_count, "Values in the content.")
      .def_prop_ro(
          "value",
          [](const M& self) -> nb::object {
            if (!value_function.is_valid())
              nb::raise("import glimt, not its extension module alone");
            return value_function(self.value_type, bytes_of(self));
          },
          nb::sig("def value(self) -> typing.Any"),
          "The content by value_type: str, int, float, (numerator, denominator), bytes, or a list\n"
          "of several; None when it is empty.")
      .def("__repr__", &repr);
}

}  // namespace glimt::python
