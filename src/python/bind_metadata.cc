// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <iterator>

#include "python/bind.h"
#include "python/metadata_object.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

nb::handle value_function;  // Of glimt._metadata; lives as long as the interpreter.

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
}

MetadataObject::MetadataObject(TagValues from, std::uint32_t tag_id)
    : block{MetadataKind::tiff_tag, MetadataFormat::raw, std::move(from.data)},
      value_type(static_cast<MetadataType>(from.type)),
      id(tag_id),
      value_count(from.count) {}

void connect_metadata(nb::object value_of) { value_function = value_of.release(); }

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
