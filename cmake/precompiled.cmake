# SPDX-License-Identifier: Apache-2.0
# salus_precompile(TARGET [TESTS]): TARGET, whose tests need GoogleTest, reads the headers that most
# files include once instead of once a file, where SALUS_PRECOMPILED asks for it: the sanitizers'
# presets and the fuzzers' do. The release preset does not, so that it still shows of each file that
# it includes what it needs.
function(salus_precompile target)
  if(NOT SALUS_PRECOMPILED)
    return()
  endif()
  set(provider salus_precompiled)
  if("TESTS" IN_LIST ARGN)
    set(provider salus_precompiled_tests)
  endif()
  if(NOT TARGET ${provider})
    # Not <filesystem>, which brings std::quoted before our own.
    set(headers <algorithm> <array> <chrono> <cstdint> <deque> <expected> <functional>
        <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <unordered_map>
        <utility> <variant> <vector> <fmt/core.h>)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${provider}.cpp CONTENT "")
    add_library(${provider} STATIC ${CMAKE_BINARY_DIR}/${provider}.cpp)
    target_link_libraries(${provider} PRIVATE fmt::fmt)
    if("TESTS" IN_LIST ARGN)
      list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
      target_link_libraries(${provider} PRIVATE GTest::gmock GTest::gtest)
    endif()
    target_precompile_headers(${provider} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${provider})
endfunction()
