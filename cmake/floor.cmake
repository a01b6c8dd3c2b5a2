# A floor is one static library with its own include root: the root holds a single link, named like the
# floor, to its sources. `#include "base/error.h"` compiles only in targets that link soma_base, so the
# linker line and the include graph cannot drift apart. (tests/unit/includes_test checks the table too.)

# soma_include_root(TARGET NAME DIR): gives TARGET a root in which NAME/ is DIR.
function(soma_include_root target name dir)
  set(root "${CMAKE_BINARY_DIR}/roots/${name}")
  file(MAKE_DIRECTORY "${root}")
  file(CREATE_LINK "${dir}" "${root}/${name}" SYMBOLIC)
  target_include_directories(${target} PUBLIC "${root}")
endfunction()

# soma_floor(NAME FLOORS a b LIBRARIES x y PRIVATE_LIBRARIES z)
function(soma_floor name)
  cmake_parse_arguments(ARG "" "" "FLOORS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  set(dir "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dir}/*.cpp")
  add_library(soma_${name} STATIC ${sources})
  soma_include_root(soma_${name} ${name} "${dir}")
  list(TRANSFORM ARG_FLOORS PREPEND soma_)
  target_link_libraries(soma_${name}
    PUBLIC soma_flags ${ARG_FLOORS} ${ARG_LIBRARIES}
    PRIVATE ${ARG_PRIVATE_LIBRARIES})
endfunction()
