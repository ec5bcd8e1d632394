# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Compare a decoder with reference decoders over a folder of images: the parts of tools/conformance."""
