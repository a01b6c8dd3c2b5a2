# soma_embed_migrations(TARGET): compiles migrations/*.sql into TARGET as soma::backends::migrations().
function(soma_embed_migrations target)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/migrations/*.sql")
  list(SORT files)
  set(entries "")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    get_filename_component(name "${file}" NAME_WE)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
      message(FATAL_ERROR "migrations/${name}.sql: want NNNN_name.sql")
    endif()
    file(READ "${file}" sql)
    string(APPEND entries "    {\"${name}\", R\"~sql~(${sql})~sql~\"},\n")
  endforeach()
  set(out "${CMAKE_BINARY_DIR}/generated/migrations.cpp")
  file(CONFIGURE OUTPUT "${out}" @ONLY CONTENT [=[
#include "backends/postgres/schema/migrations.h"

namespace soma::backends {

const std::vector<Migration>& migrations() {
    static const std::vector<Migration> all{
@entries@    };
    return all;
}

}  // namespace soma::backends
]=])
  target_sources(${target} PRIVATE "${out}")
endfunction()
