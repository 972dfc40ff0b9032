# SPDX-License-Identifier: Apache-2.0
# Warnings are errors in every preset; ccache and the mold linker are used where they are found.
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror)

find_program(SALUS_CCACHE ccache)
if(SALUS_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SALUS_CCACHE})
endif()
find_program(SALUS_MOLD mold)
if(SALUS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
if(SALUS_SANITIZE)
  add_compile_definitions(SALUS_SANITIZED)  # base/testing.h: long loops of tests take fewer rounds
  add_compile_options(-fsanitize=${SALUS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SALUS_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ sees less of an optional through a sanitizer's code, and says of sound code that it may
    # read what was not set (its manual warns of this); the release preset keeps that warning. It
    # also warns that ThreadSanitizer does not see Asio's fences: what they order is ordered by the
    # mutex of Asio's queue too.
    add_compile_options(-Wno-maybe-uninitialized -Wno-tsan)
    # Beside precompiled headers it no longer knows which code is the standard library's own.
    add_compile_options(-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
      -Wno-dangling-pointer -Wno-use-after-free -Wno-free-nonheap-object)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-sign-conversion)  # g++'s -Wconversion leaves it out in C++
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # a precompiled header may come from ccache
endif()
