// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Who there is: the formats in the order in which they are asked, and the backends of each in the
// order of preference.
#pragma once

#include <span>
#include <string>

#include "codec/backend.h"

namespace glimt {

std::span<const Format* const> formats();
std::span<const DecodeBackend* const> decode_backends();
std::span<const EncodeBackend* const> encode_backends();

/// The format whose signature the data bears, or null.
const Format* sniff(Bytes data);

/// Why a backend cannot serve this stream: "" when it can.
std::string why_not(const DecodeBackend& backend, const StreamInfo& info);
/// Why a backend cannot encode pixels of this form with these parameters: "" when it can.
std::string why_not(const EncodeBackend& backend, const PixelForm& form,
                    const EncodeParams& params);

}  // namespace glimt
