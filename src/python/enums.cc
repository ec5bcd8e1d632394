// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/enums.h"

namespace nb = nanobind;

namespace glimt::python {

void EnumTable::connect(nb::handle enum_class) {
  if (class_ != nullptr) return;
  for (nb::handle member : nb::iter(enum_class)) {
    const int value = nb::cast<int>(nb::int_(member.attr("value")));
    if (value < kFirst || value > kLast) nb::raise("an enumeration's value is out of range");
    members_[value - kFirst] = member.inc_ref().ptr();
  }
  class_ = enum_class.inc_ref().ptr();
}

bool EnumTable::value_of(nb::handle object, int& value) const noexcept {
  if (class_ == nullptr || reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())) != class_) {
    return false;
  }
  for (int i = kFirst; i <= kLast; ++i) {
    if (members_[i - kFirst] == object.ptr()) {
      value = i;
      return true;
    }
  }
  return false;
}

PyObject* EnumTable::member(int value) const noexcept {
  PyObject* found = value >= kFirst && value <= kLast ? members_[value - kFirst] : nullptr;
  if (found == nullptr) {
    PyErr_Format(
        PyExc_RuntimeError, "%s",
        class_ == nullptr ? "import glimt, not glimt._glimt alone" : "a value has no enum member");
    return nullptr;
  }
  Py_INCREF(found);
  return found;
}

void connect_enums(nb::dict classes) {
#define GLIMT_CONNECT(Enum) enum_table<Enum>.connect(nb::object(classes[#Enum]));
  GLIMT_PYTHON_ENUMS(GLIMT_CONNECT)
#undef GLIMT_CONNECT
}

}  // namespace glimt::python
