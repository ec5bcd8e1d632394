# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
find_package(CLI11 2.1 REQUIRED)
find_package(Boost 1.74 CONFIG REQUIRED)  # Headers only: the progress bar of Boost.Timer.
find_package(Freetype 2.12 REQUIRED)  # The text of contact sheets.

# All but main() is a library of objects, so that tests beside the sources can call it.
glimt_sources(cli_sources cli)
set(cli_main "${PROJECT_SOURCE_DIR}/src/cli/main.cc")
list(REMOVE_ITEM cli_sources "${cli_main}")
if(EXISTS "${cli_main}")
  add_library(glimt_cli_objects OBJECT ${cli_sources})
  target_link_libraries(glimt_cli_objects PUBLIC glimt_core CLI11::CLI11 nlohmann_json::nlohmann_json Boost::headers
    Freetype::Freetype
    PRIVATE glimt_warnings)
  target_compile_definitions(glimt_cli_objects PRIVATE GLIMT_VERSION="${PROJECT_VERSION}")

  add_executable(glimt_cli "${cli_main}")
  target_link_libraries(glimt_cli PRIVATE glimt_cli_objects glimt_warnings)
  target_compile_definitions(glimt_cli PRIVATE GLIMT_VERSION="${PROJECT_VERSION}")
  set_target_properties(glimt_cli PROPERTIES OUTPUT_NAME glimt)
  install(TARGETS glimt_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
  if(SKBUILD)
    install(TARGETS glimt_cli RUNTIME DESTINATION "${SKBUILD_SCRIPTS_DIR}" COMPONENT python)
  endif()
endif()
