// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/outcome.h"

namespace nb = nanobind;

namespace glimt::python {

std::string reason_of(const Status& status, const std::vector<Attempt>& attempts) {
  // That another backend does not take this kind of file is of interest where none does.
  const bool all = status.code() == Code::unsupported;
  std::string trail;
  int listed = 0;
  for (const Attempt& attempt : attempts) {
    if (!all && attempt.status.code() == Code::unsupported) continue;
    if (listed++ > 0) trail += "; ";
    trail += std::string(attempt.backend) + ": " + attempt.status.text();
  }
  return listed < 2 ? status.text() : status.text() + " (" + trail + ")";
}

nb::list attempts_of(const std::vector<Attempt>& attempts) {
  nb::list list;
  for (const Attempt& attempt : attempts) {
    list.append(nb::make_tuple(nb::str(attempt.backend.data(), attempt.backend.size()),
                               attempt.status.text()));
  }
  return list;
}

std::string repr_of(const char* name, const Status& status) {
  return std::string(name) + "(" + status.text() + ")";
}

}  // namespace glimt::python
