# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
#
# The two commands of a newcomer, and a few more. Everything finer-grained: tools/dev --help

.PHONY: help demo test bench gpu-test gpu-bench clean
.NOTPARALLEL:

help:
	@echo 'make demo    set up, build, and decode and encode the sample images into out/'
	@echo 'make test    set up, build, and run every C++ and Python test'
	@echo 'make bench   set up, build, and measure against other libraries'
	@echo 'make gpu-test, make gpu-bench PHOTOS=FOLDER   the same on a machine with a GPU, from .bundle/ (tools/bundle makes it)'
	@echo 'make clean   remove what builds leave behind (.venv stays)'
	@echo
	@echo 'tools/dev --help lists what else there is: sanitizers, fuzzing, lint, format.'

demo:
	tools/setup
	tools/dev build
	tools/demo

test:
	tools/setup
	tools/dev test

bench:
	tools/setup
	tools/dev build
	tools/dev bench

# A bundle that was carried here is used as it is.
.bundle/gpu-test:
	tools/bundle

gpu-test: .bundle/gpu-test
	.bundle/gpu-test

gpu-bench: .bundle/gpu-test
	@[ -n "$(PHOTOS)" ] || { echo 'say where photographs are: make gpu-bench PHOTOS=FOLDER'; exit 2; }
	.bundle/gpu-bench $(PHOTOS)

clean:
	rm -rf build out dist
