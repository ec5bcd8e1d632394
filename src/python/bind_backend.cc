// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/string.h>

#include <string>

#include "glimt/params.h"
#include "python/arguments.h"
#include "python/bind.h"
#include "python/enums.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {

void bind_backend(nb::module_& m) {
  nb::class_<Backend>(m, "Backend", "An allowed kind of backend, and its share of a batch.",
                      nb::is_weak_referenceable())
      .def(nb::init<>(), "GPU_ONLY, load_hint 1.0, FIXED.")
      .def(
          "__init__",
          [](Backend* self, BackendKind kind, float load_hint,
             const Given<LoadHintPolicy>& policy) {
            new (self) Backend{kind, load_hint, policy.value_or(LoadHintPolicy::fixed)};
          },
          "backend_kind"_a, "load_hint"_a = 1.0F, "load_hint_policy"_a = not_given(),
          nb::sig("def __init__(self, backend_kind: glimt.BackendKind, load_hint: float = 1.0, "
                  "load_hint_policy: glimt.LoadHintPolicy = glimt.FIXED) -> None"),
          "load_hint: share (0 to 1) of a batch that this backend should take, where one of "
          "another\n"
          "kind can take the rest.\n"
          "load_hint_policy: IGNORE takes all; FIXED the share of the first batch, as a number of\n"
          "images; ADAPTIVE_MINIMIZE_IDLE_TIME follows the times that the batches took.")
      .def_ro("backend_kind", &Backend::kind, "Where it runs.")
      .def_ro("load_hint", &Backend::load_hint, "Its share of a batch.")
      .def_ro("load_hint_policy", &Backend::load_hint_policy, "How the share is used.")
      .def(
          "__getstate__",
          [](const Backend& b) { return nb::make_tuple(b.kind, b.load_hint, b.load_hint_policy); },
          nb::sig("def __getstate__(self) -> tuple[typing.Any, ...]"))
      .def(
          "__setstate__",
          [](Backend& self, const nb::tuple& state) {
            nb::object whole = nb::type<Backend>()(*state);
            new (&self) Backend(*nb::inst_ptr<Backend>(whole));
          },
          nb::sig("def __setstate__(self, state: tuple[typing.Any, ...]) -> None"))
      .def("__repr__", [](nb::handle self) {
        const auto part = [&](const char* name) {
          return std::string(name) + "=" + nb::repr(nb::getattr(self, name)).c_str();
        };
        return "Backend(" + part("backend_kind") + ", " + part("load_hint") + ", " +
               part("load_hint_policy") + ")";
      });
}

}  // namespace glimt::python
