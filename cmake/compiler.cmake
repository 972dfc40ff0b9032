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
  add_compile_options(-fsanitize=${SALUS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SALUS_SANITIZE})
endif()
