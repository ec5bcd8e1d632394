// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <unistd.h>

#include <iostream>
#include <mutex>
#include <string>

#include <boost/timer/progress_display.hpp>

namespace glimt::cli {

struct Progress::Bar {
  Bar(std::string_view title, std::size_t total)
      : display(total, std::cerr, std::string(title) + "\n") {}
  ~Bar() {
    if (display.count() < display.expected_count()) std::cerr << '\n';
  }
  std::mutex mutex;
  boost::timer::progress_display display;
};

Progress::Progress(std::string_view title, std::size_t total) {
  if (total > 1 && ::isatty(STDERR_FILENO) == 1) bar_ = std::make_unique<Bar>(title, total);
}

Progress::~Progress() = default;

void Progress::advance() {
  if (!bar_) return;
  const std::lock_guard lock(bar_->mutex);
  ++bar_->display;
}

}  // namespace glimt::cli
