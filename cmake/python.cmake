# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
# The module glimt._glimt and its stub. The package is usable from ${PROJECT_BINARY_DIR}/python without being installed:
# the folder links to python/glimt and holds the built module.
set(venv_python "${PROJECT_SOURCE_DIR}/.venv/bin/python")
if(NOT DEFINED Python_EXECUTABLE AND NOT SKBUILD AND EXISTS "${venv_python}")
  set(Python_EXECUTABLE "${venv_python}")
endif()
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module)

execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
  OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_VARIABLE why RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${Python_EXECUTABLE} has no nanobind: run tools/setup, or set GLIMT_PYTHON=OFF (${why})")
endif()
find_package(nanobind CONFIG REQUIRED)

glimt_sources(python_sources python)
if(python_sources)
  nanobind_add_module(_glimt NB_STATIC FREE_THREADED NOMINSIZE NB_DOMAIN glimt ${python_sources})
  set_target_properties(nanobind-static PROPERTIES SYSTEM ON)  # Our warnings are for our code.
  target_link_libraries(_glimt PRIVATE glimt_core glimt_warnings)
  target_compile_definitions(_glimt PRIVATE GLIMT_VERSION="${PROJECT_VERSION}")
  # glimt.__git_sha__, of the time of configuring; a tree without git says "unknown".
  execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    OUTPUT_VARIABLE git_sha OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(git_sha)
    set_source_files_properties("${PROJECT_SOURCE_DIR}/src/python/module.cc" PROPERTIES
      COMPILE_DEFINITIONS GLIMT_GIT_SHA="${git_sha}")
  endif()
  # The core's public symbols are the shared library's business; the module exports its init function only.
  target_link_options(_glimt PRIVATE "LINKER:--exclude-libs,ALL")

  # Built in a folder of its own: the stub generator puts that folder on sys.path, where a file of the package
  # (enums.py, say) must not hide one of the standard library.
  set(module_dir "${PROJECT_BINARY_DIR}/module")
  set(package_dir "${PROJECT_BINARY_DIR}/python/glimt")
  set_target_properties(_glimt PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${module_dir}")
  file(MAKE_DIRECTORY "${package_dir}")
  add_custom_command(TARGET _glimt POST_BUILD COMMAND "${CMAKE_COMMAND}" -E create_symlink
    "$<TARGET_FILE:_glimt>" "${package_dir}/$<TARGET_FILE_NAME:_glimt>" VERBATIM)
  file(GLOB package_entries LIST_DIRECTORIES ON CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/python/glimt/*")
  foreach(entry IN LISTS package_entries)
    cmake_path(GET entry FILENAME name)
    if(NOT name MATCHES "^(__pycache__|_glimt\\..*)$")
      file(CREATE_LINK "${entry}" "${package_dir}/${name}" SYMBOLIC)
    endif()
  endforeach()

  nanobind_add_stub(_glimt_stub MODULE _glimt OUTPUT "${package_dir}/_glimt.pyi"
    PYTHON_PATH "${module_dir}" DEPENDS _glimt PATTERN_FILE "${PROJECT_SOURCE_DIR}/src/python/stub.pat")

  install(TARGETS _glimt LIBRARY DESTINATION glimt COMPONENT python EXCLUDE_FROM_ALL)
  install(FILES "${package_dir}/_glimt.pyi" DESTINATION glimt COMPONENT python EXCLUDE_FROM_ALL)
endif()
