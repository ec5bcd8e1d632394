# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
include(CheckLanguage)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

# Looked for only while nobody has decided: an explicit OFF must not probe nvcc at all.
if(NOT DEFINED GLIMT_CUDA)
  check_language(CUDA)
endif()
if(CMAKE_CUDA_COMPILER)
  set(nvcc_found ON)
else()
  set(nvcc_found OFF)
endif()

option(GLIMT_CUDA "Build the GPU backends (needs nvcc)" ${nvcc_found})
option(GLIMT_PYTHON "Build the Python module" ON)
option(GLIMT_CLI "Build the program glimt" ON)
option(GLIMT_TESTS "Build the tests" ON)
option(GLIMT_FUZZ "Build the fuzz targets (needs clang)" OFF)
option(GLIMT_WERROR "Treat warnings as errors" OFF)
set(GLIMT_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 90 CACHE STRING
    "CUDA architectures; the preset cuda lists those of a release")
endif()
