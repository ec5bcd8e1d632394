// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The one place where C++ enumerations meet those of glimt.enums. The Python classes are told to
// the module once, by _connect(): importing the module alone needs no package.
#pragma once

#include <nanobind/nanobind.h>

#include "glimt/metadata.h"
#include "glimt/types.h"

namespace glimt::python {

enum class ImageBufferKind : int { strided_device = 1, strided_host = 2 };
enum class MetadataType : int { unknown = 0, byte = 1, ascii = 2, undefined = 7 };

template <class Enum>
struct EnumName;
#define GLIMT_PYTHON_ENUM(type, name)             \
  template <>                                     \
  struct EnumName<type> {                         \
    static constexpr char text[] = name;          \
    static constexpr char full[] = "glimt." name; \
  };
GLIMT_PYTHON_ENUM(BackendKind, "BackendKind")
GLIMT_PYTHON_ENUM(LoadHintPolicy, "LoadHintPolicy")
GLIMT_PYTHON_ENUM(ColorSpec, "ColorSpec")
GLIMT_PYTHON_ENUM(SampleFormat, "SampleFormat")
GLIMT_PYTHON_ENUM(ChromaSubsampling, "ChromaSubsampling")
GLIMT_PYTHON_ENUM(QualityType, "QualityType")
GLIMT_PYTHON_ENUM(ImageBufferKind, "ImageBufferKind")
GLIMT_PYTHON_ENUM(Jpeg2kBitstreamType, "Jpeg2kBitstreamType")
GLIMT_PYTHON_ENUM(Jpeg2kProgOrder, "Jpeg2kProgOrder")
GLIMT_PYTHON_ENUM(MetadataKind, "MetadataKind")
GLIMT_PYTHON_ENUM(MetadataFormat, "MetadataFormat")
GLIMT_PYTHON_ENUM(MetadataType, "MetadataType")
#undef GLIMT_PYTHON_ENUM

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

template <class Enum>
concept GlimtEnum = requires { glimt::python::EnumName<Enum>::text; };

// Flags is uint8_t in nanobind 2 and uint32_t in nanobind 3.
template <GlimtEnum Enum>
struct type_caster<Enum> {
  NB_TYPE_CASTER(Enum, const_name(glimt::python::EnumName<Enum>::full))

  template <class Flags>
  bool from_python(handle source, Flags, cleanup_list*) noexcept {
    int number = 0;
    if (!glimt::python::enum_table<Enum>.value_of(source, number)) return false;
    value = static_cast<Enum>(number);
    return true;
  }
  static handle from_cpp(Enum source, rv_policy, cleanup_list*) noexcept {
    return glimt::python::enum_table<Enum>.member(static_cast<int>(source));
  }
};

}  // namespace nanobind::detail
