// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What all classes of parameters share: properties, and pickling, copies and a repr made of them
// (the repr has what is not the default). nvImageCodec's can be neither pickled nor copied.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>
#include <vector>

#include "python/arguments.h"

namespace glimt::python {

template <class P>
class ParamsClass {
 public:
  ParamsClass(nanobind::module_& m, const char* name, const char* doc)
      : class_(m, name, doc, nanobind::is_weak_referenceable()), name_(name) {}

  /// A property that is read, written, pickled and printed.
  template <class Member>
  ParamsClass& field(const char* name, Member P::* member, const char* doc) {
    fields_.push_back(name);
    if constexpr (std::is_same_v<Member, bool>) {
      class_.def_prop_rw(
          name, [member](const P& p) { return p.*member; },
          [member](P& p, Flag flag) { p.*member = flag.value; }, doc);
    } else {
      class_.def_rw(name, member, doc);
    }
    return *this;
  }
  template <class Get, class Set, class... Extra>
  ParamsClass& field(const char* name, Get&& get, Set&& set, const Extra&... extra) {
    fields_.push_back(name);
    class_.def_prop_rw(name, std::forward<Get>(get), std::forward<Set>(set), extra...);
    return *this;
  }

  nanobind::class_<P>& operator*() { return class_; }
  nanobind::class_<P>* operator->() { return &class_; }

  /// After the last field. `is_set` says of a field whether its value is to be kept.
  template <class IsSet>
  void finish(IsSet is_set) {
    namespace nb = nanobind;
    const auto state_of = [fields = fields_, is_set](nb::handle self) {
      nb::dict state;
      const P& params = *nb::inst_ptr<P>(self);
      for (const char* field : fields) {
        if (is_set(params, field)) state[field] = nb::getattr(self, field);
      }
      return state;
    };
    class_.def("__getstate__", state_of, nb::sig("def __getstate__(self) -> dict[str, typing.Any]"))
        .def(
            "__setstate__",
            [](P& self, const nb::dict& state) {
              nb::object whole = nb::type<P>()();
              for (const auto& [field, value] : state) nb::setattr(whole, field, value);
              new (&self) P(*nb::inst_ptr<P>(whole));
            },
            nb::sig("def __setstate__(self, state: dict[str, typing.Any]) -> None"))
        .def(
            "__repr__",
            [fields = fields_, name = name_](nb::handle self) {
              const nb::object defaults = nb::type<P>()();
              std::string text = name + "(";
              for (const char* field : fields) {
                const std::string value = nb::repr(nb::getattr(self, field)).c_str();
                if (value == nb::repr(nb::getattr(defaults, field)).c_str()) continue;
                if (text.back() != '(') text += ", ";
                text += std::string(field) + "=" + value;
              }
              return text + ")";
            },
            nb::sig("def __repr__(self) -> str"));
  }
  void finish() {
    finish([](const P&, const char*) { return true; });
  }

 private:
  nanobind::class_<P> class_;
  std::string name_;
  std::vector<const char*> fields_;
};

}  // namespace glimt::python
