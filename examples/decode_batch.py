# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Decodes a batch over all cores and prints the mean colour of each image.

usage: decode_batch.py FILE...
"""

import sys

import glimt
import numpy as np


def main(paths: list[str]) -> int:
    decoder = glimt.Decoder()
    images = decoder.read(paths)
    for path, image in zip(paths, images):
        if image is None:  # the reason is on the logger "glimt"
            print(f"{path}: not decoded")
            continue
        red, green, blue = np.asarray(image.cpu()).mean(axis=(0, 1))
        print(f"{path}: {image.width} x {image.height}, mean {red:.0f} {green:.0f} {blue:.0f}")
    return int(any(image is None for image in images))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
