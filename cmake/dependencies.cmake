# Every third-party library, once. Each belongs to one floor (src/CMakeLists.txt), OpenSSL, Boost.System,
# Boost.JSON, protobuf and gRPC excepted.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(CURL REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(CLI11 REQUIRED)

# Debian's pkg-config file of gRPC names every library of Abseil; these are what its headers call.
add_library(grpc INTERFACE)
foreach(name grpc++ grpc++_reflection grpc gpr absl_synchronization)
  find_library(GRPC_${name}_LIBRARY ${name} REQUIRED)
  target_link_libraries(grpc INTERFACE ${GRPC_${name}_LIBRARY})
endforeach()

pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(HIGHWAY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)

# Debian's oneDNN configuration file asks for OpenCL, which the CPU path does not use.
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(dnnl INTERFACE)
# gomp: its OpenMP runtime, which the embedder holds to one thread.
target_link_libraries(dnnl INTERFACE ${DNNL_LIBRARY} gomp)

find_library(STEMMER_LIBRARY stemmer REQUIRED)
find_path(STEMMER_INCLUDE_DIR libstemmer.h REQUIRED)
add_library(stemmer INTERFACE)
target_link_libraries(stemmer INTERFACE ${STEMMER_LIBRARY})
target_include_directories(stemmer SYSTEM INTERFACE ${STEMMER_INCLUDE_DIR})

find_library(CHOLMOD_LIBRARY cholmod REQUIRED)
find_path(CHOLMOD_INCLUDE_DIR cholmod.h PATH_SUFFIXES suitesparse REQUIRED)
add_library(cholmod INTERFACE)
target_link_libraries(cholmod INTERFACE ${CHOLMOD_LIBRARY})
target_include_directories(cholmod SYSTEM INTERFACE ${CHOLMOD_INCLUDE_DIR})
