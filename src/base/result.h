// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "glimt/error.h"

// GLIMT_TRY(status_expression);            returns the failure to the caller
// GLIMT_TRY(auto x, result_expression);    the same, and binds the value
#define GLIMT_TRY_CAT2(a, b) a##b
#define GLIMT_TRY_CAT(a, b) GLIMT_TRY_CAT2(a, b)
#define GLIMT_TRY_1(expression)                                        \
  do {                                                                 \
    if (::glimt::Status try_status = (expression); !try_status.ok()) { \
      return try_status;                                               \
    }                                                                  \
  } while (false)
#define GLIMT_TRY_2(declaration, expression) \
  GLIMT_TRY_BIND(declaration, expression, GLIMT_TRY_CAT(try_result_, __LINE__))
#define GLIMT_TRY_BIND(declaration, expression, name) \
  auto name = (expression);                           \
  if (!name.ok()) return name.status();               \
  declaration = std::move(*name)
#define GLIMT_TRY_PICK(a, b, name, ...) name
#define GLIMT_TRY(...) GLIMT_TRY_PICK(__VA_ARGS__, GLIMT_TRY_2, GLIMT_TRY_1)(__VA_ARGS__)
