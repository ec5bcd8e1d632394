// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// In a build without CUDA nobody gets as far as here: there is no DeviceStaging.
#include "pixel/device_jobs.h"

namespace glimt::device {

void move_pixels(const JobList&, gpu::StreamHandle) {}
void convert_pixels(const JobList&, gpu::StreamHandle) {}

}  // namespace glimt::device
