// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The one place where C++ enumerations meet those of glimt.enums. The Python classes are told to
// the module once, by connect(): importing the module alone needs no package.
#pragma once

#include <nanobind/nanobind.h>

#include "glimt/metadata.h"
#include "glimt/types.h"

namespace glimt::python {

using glimt::BackendKind, glimt::LoadHintPolicy, glimt::ColorSpec, glimt::SampleFormat,
    glimt::ChromaSubsampling, glimt::QualityType, glimt::Jpeg2kBitstreamType,
    glimt::Jpeg2kProgOrder, glimt::MetadataKind, glimt::MetadataFormat;
enum class ImageBufferKind : int { strided_device = 1, strided_host = 2 };
enum class MetadataType : int { unknown = 0, byte = 1, ascii = 2, u16 = 3, undefined = 7 };

#define GLIMT_PYTHON_ENUMS(X) \
  X(BackendKind)              \
  X(LoadHintPolicy)           \
  X(ColorSpec)                \
  X(SampleFormat)             \
  X(ChromaSubsampling)        \
  X(QualityType)              \
  X(ImageBufferKind)          \
  X(Jpeg2kBitstreamType)      \
  X(Jpeg2kProgOrder)          \
  X(MetadataKind)             \
  X(MetadataFormat)           \
  X(MetadataType)

/// One Python enumeration: its class, and its members by value.
class EnumTable {
 public:
  /// Keeps the class and its members for as long as the interpreter lives.
  void connect(nanobind::handle enum_class);
  /// The value of a member of this very class; false for anything else.
  [[nodiscard]] bool value_of(nanobind::handle object, int& value) const noexcept;
  /// A new reference; null with a Python error set when there is no such member.
  [[nodiscard]] PyObject* member(int value) const noexcept;

 private:
  static constexpr int kFirst = -1, kLast = 127;
  PyObject* class_ = nullptr;
  PyObject* members_[kLast - kFirst + 1] = {};
};

template <class Enum>
inline EnumTable enum_table;

/// Takes {"ColorSpec": glimt.enums.ColorSpec, ...}.
void connect_enums(nanobind::dict classes);

}  // namespace glimt::python

namespace nanobind::detail {

// Flags is uint8_t in nanobind 2 and uint32_t in nanobind 3.
#define GLIMT_ENUM_CASTER(Enum)                                                     \
  template <>                                                                       \
  struct type_caster<glimt::python::Enum> {                                         \
    NB_TYPE_CASTER(glimt::python::Enum, const_name("glimt." #Enum))                 \
    template <class Flags>                                                          \
    bool from_python(handle source, Flags, cleanup_list*) noexcept {                \
      int number = 0;                                                               \
      if (!glimt::python::enum_table<Value>.value_of(source, number)) return false; \
      value = static_cast<Value>(number);                                           \
      return true;                                                                  \
    }                                                                               \
    static handle from_cpp(Value source, rv_policy, cleanup_list*) noexcept {       \
      return glimt::python::enum_table<Value>.member(static_cast<int>(source));     \
    }                                                                               \
  };
GLIMT_PYTHON_ENUMS(GLIMT_ENUM_CASTER)
#undef GLIMT_ENUM_CASTER

}  // namespace nanobind::detail
