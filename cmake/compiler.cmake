# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

# -g1: function names and lines in a crash report or a profile, at a tenth of the size of -g.
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1 -DNDEBUG")

if(GLIMT_CUDA)
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
  set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
  enable_language(CUDA)
  # constexpr functions run on the device too. 2810 complains of nodiscard in macros that do look at the value.
  add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-lineinfo;-Xcudafe=--diag_suppress=2810>")
endif()

find_program(CCACHE_PROGRAM ccache)
mark_as_advanced(CCACHE_PROGRAM)
if(CCACHE_PROGRAM)
  foreach(language IN ITEMS CXX CUDA)
    if(NOT DEFINED CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
    endif()
  endforeach()
endif()

# Not part of any installed target: users of the library choose their own warnings.
add_library(glimt_warnings INTERFACE)
set(warnings -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wvla -Wextra-semi
  -Wmissing-declarations)
if(GLIMT_WERROR)
  list(APPEND warnings -Werror)
endif()
target_compile_options(glimt_warnings INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings}>")

if(GLIMT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "GLIMT_FUZZ needs clang (libFuzzer): use 'cmake --preset fuzz' or set CMAKE_CXX_COMPILER=clang++-19")
  endif()
  set(GLIMT_SANITIZE "fuzzer-no-link,address,undefined")
endif()
if(GLIMT_SANITIZE)
  set(sanitize -fsanitize=${GLIMT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:${sanitize}>")
  add_link_options(${sanitize})
endif()
