// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/outcome.h"

namespace nb = nanobind;

namespace glimt::python {

std::string reason_of(const Status& status, const std::vector<Attempt>& attempts) {
  std::string reason = status.text();
  if (attempts.size() < 2) return reason;
  reason += " (";
  for (const Attempt& attempt : attempts) {
    if (&attempt != attempts.data()) reason += "; ";
    reason += std::string(attempt.backend) + ": " + attempt.status.text();
  }
  return reason + ")";
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
