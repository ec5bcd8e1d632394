// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/inner_encode.h"

#include <string>

#include "engine/catalogue.h"

namespace glimt {
namespace {

void encode_inner(EncodeKits& kits, const Options& options, std::string_view format, EncodeJob& job,
                  Worker& worker) {
  EncodeKits::Lease kit(kits);
  job.status = {Code::unsupported,
                "no backend on the CPU encodes " + std::string(format) + " images"};
  bool refused = false;
  const std::size_t begin = job.sink->size();
  for (const EncodeBackend* backend : encode_backends()) {
    if (backend->format->name != format || backend->kind != BackendKind::cpu_only) continue;
    const std::string reason = why_not(*backend, job.source->form(), *job.params);
    if (!reason.empty()) {
      // The first one stands: a later one says less.
      if (!refused) job.status = {Code::unsupported, reason};
      refused = true;
      continue;
    }
    const auto codec = kit->codec(*backend, options);
    if (!codec.ok()) {
      job.status = codec.status();
      return;
    }
    job.sink->shrink(begin);
    const Arena::Mark mark = worker.arena.mark();
    (*codec)->encode({&job, 1}, worker);
    worker.arena.release(mark);
    const Code code = job.status.code();
    if (job.status.ok() || code == Code::bad_argument || code == Code::limit) return;
    refused = true;
  }
}

}  // namespace

InnerEncoders inner_encoders(EncodeKits& kits, const Options& options) {
  return {[&kits, &options](std::string_view format, EncodeJob& job, Worker& worker) {
    encode_inner(kits, options, format, job, worker);
  }};
}

}  // namespace glimt
