// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/codec_object.h"

namespace nb = nanobind;

namespace glimt::python {

std::vector<Backend> backends_of(nb::handle list) {
  std::vector<Backend> backends;
  if (list.is_none()) return backends;
  for (nb::handle item : nb::iter(list)) {
    Backend backend;
    if (!nb::try_cast(item, backend) && !nb::try_cast(item, backend.kind)) {
      throw nb::type_error("backends is a list of Backend and BackendKind");
    }
    backends.push_back(backend);
  }
  return backends;
}

}  // namespace glimt::python
