// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__GNUC__)
#define GLIMT_API __attribute__((visibility("default")))
#else
#define GLIMT_API
#endif
