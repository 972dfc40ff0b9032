# SPDX-License-Identifier: Apache-2.0
include(${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake)

# includes_first(HEADER PATH RESULT): whether the source beside HEADER, of the same name, includes it
# as PATH before any other; an edit of that first line is met with at the next configuring.
function(includes_first header path result)
  string(REGEX REPLACE "\\.h$" ".cpp" source ${header})
  set(first "")
  if(EXISTS ${source})
    file(STRINGS ${source} first REGEX "^#" LIMIT_COUNT 1)
  endif()
  if(first STREQUAL "#include \"${path}\"")
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

# salus_module(NAME DEPS a b LIBS X::Y): one folder, one namespace, one static library.
#
# Each module gets an include root of its own in the build tree that holds a link to its folder
# alone, so that `#include "ledger/block.h"` is found only where `ledger` is linked. CMake accepts
# cycles among static libraries silently, so a dependency that is not yet a target is refused.
# TESTS_WITHOUT_THREADS: neither the folder nor its tests start a thread, so its code meets threads
# only in the tests of other folders; the preset of ThreadSanitizer leaves its own tests out.
# Sources (*.cpp) and tests (*_test.cpp) are found by name. tools/check.py holds what this cannot:
# `..` in includes, headers reached only transitively, other folders' internal/ headers.
function(salus_module name)
  cmake_parse_arguments(arg "TESTS_WITHOUT_THREADS" "" "DEPS;LIBS;TEST_DEPS" ${ARGN})
  foreach(dep IN LISTS arg_DEPS arg_TEST_DEPS)
    if(NOT TARGET salus_${dep})
      message(FATAL_ERROR "${name} may depend only on folders listed above it; '${dep}' is not")
    endif()
  endforeach()

  set(root ${CMAKE_BINARY_DIR}/include-roots/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)

  file(GLOB sources CONFIGURE_DEPENDS *.cpp internal/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cpp internal/*_test.cpp)
  file(GLOB headers CONFIGURE_DEPENDS *.h internal/*.h)
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  if(name STREQUAL "cli")
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  endif()

  # Each header compiles alone: proven by the source of its name, which includes it before all else,
  # and where there is none by a generated one.
  foreach(header IN LISTS headers)
    file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR} ${header})
    includes_first(${header} "${name}/${path}" proven)
    if(proven)
      continue()
    endif()
    string(REPLACE "/" "_" unit ${path})
    set(probe ${CMAKE_CURRENT_BINARY_DIR}/alone/${unit}.cpp)
    file(CONFIGURE OUTPUT ${probe} CONTENT "#include \"${name}/${path}\" // IWYU pragma: keep\n")
    list(APPEND probes ${probe})
  endforeach()

  if(NOT sources)  # a folder of headers alone
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp CONTENT "")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
  endif()
  add_library(salus_${name} STATIC ${sources})
  set_target_properties(salus_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(salus_${name} PUBLIC ${root})
  list(TRANSFORM arg_DEPS PREPEND salus_)
  target_link_libraries(salus_${name} PUBLIC ${arg_DEPS} ${arg_LIBS})
  salus_precompile(salus_${name})
  if(probes)
    add_library(salus_${name}_headers OBJECT ${probes})
    target_link_libraries(salus_${name}_headers PRIVATE salus_${name})
  endif()

  if(arg_TESTS_WITHOUT_THREADS)
    foreach(source IN LISTS sources tests)
      file(STRINGS ${source} threads REGEX "std::(jthread|thread|async)")
      if(threads)
        message(FATAL_ERROR "${source} starts a thread: take TESTS_WITHOUT_THREADS from ${name}")
      endif()
    endforeach()
    if(SALUS_SANITIZE STREQUAL "thread")
      set(tests)
    endif()
  endif()

  if(SALUS_TESTS AND tests)
    list(TRANSFORM arg_TEST_DEPS PREPEND salus_)
    add_executable(salus_${name}_test ${tests})
    add_dependencies(all_unit_tests salus_${name}_test)
    target_link_libraries(salus_${name}_test
      PRIVATE salus_${name} ${arg_TEST_DEPS} GTest::gmock GTest::gtest_main)
    salus_precompile(salus_${name}_test TESTS)
    # SALUS_DATA_DIR: the recorded patients, when they stand beside the project; tests skip otherwise.
    target_compile_definitions(salus_${name}_test
      PRIVATE SALUS_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SALUS_DATA_DIR="${CMAKE_SOURCE_DIR}/../shared/data")
    gtest_discover_tests(salus_${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()
