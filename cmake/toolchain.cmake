# Flags for our own code: strict warnings, hardening, reproducible floating point.
include(CheckCXXCompilerFlag)

add_library(soma_flags INTERFACE)
target_compile_options(soma_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2
  -Wimplicit-fallthrough -Wundef -Werror
  # Bit identity is promised per binary: no silent fused multiply-add.
  -ffp-contract=off
  -fstack-protector-strong)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(soma_flags INTERFACE -march=x86-64-v3 -fcf-protection=full -fstack-clash-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  target_compile_options(soma_flags INTERFACE -march=armv8.2-a -mbranch-protection=standard)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives for std::string and std::variant inlining at -O2 and above.
  target_compile_options(soma_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized
    -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread)
  # ... and for a coroutine whose promise brings both operators, when only one of them is inlined.
  target_compile_options(soma_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-mismatched-new-delete>)
endif()

set(SOMABRAIN_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, e.g. address,undefined")
if(SOMABRAIN_SANITIZE)
  target_compile_options(soma_flags INTERFACE -fsanitize=${SOMABRAIN_SANITIZE} -fno-omit-frame-pointer)
  if(SOMABRAIN_SANITIZE MATCHES "undefined")
    target_compile_options(soma_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
  if(SOMABRAIN_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences: GCC says that ThreadSanitizer does not model them. They order nothing of ours.
    target_compile_options(soma_flags INTERFACE -Wno-tsan)
  endif()
  target_link_options(soma_flags INTERFACE -fsanitize=${SOMABRAIN_SANITIZE})
else()
  target_compile_options(soma_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()
target_compile_definitions(soma_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(soma_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

# A faster linker and a compiler cache, where the machine has them.
find_program(SOMABRAIN_MOLD mold)
if(SOMABRAIN_MOLD)
  target_link_options(soma_flags INTERFACE -fuse-ld=mold)
endif()
find_program(SOMABRAIN_CCACHE ccache)
if(SOMABRAIN_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${SOMABRAIN_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SOMABRAIN_CCACHE})
endif()
