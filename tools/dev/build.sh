# Release build with the same compiler cache for every clone on the machine.
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CCACHE_BASEDIR:-$(dirname "$ROOT")}

# configure PRESET [OPTIONS]: cmake is quiet unless it fails
configure() {
  local preset=$1 log=$SOMA/log/cmake-$1.log
  shift
  mkdir -p "$SOMA/log"
  if [ ! -f "build/$preset/build.ninja" ] || [ $# -gt 0 ]; then
    cmake --preset "$preset" "$@" >"$log" 2>&1 </dev/null || {
      tail -n 40 "$log" >&2
      die "cmake failed (log: ${log#"$ROOT"/})"
    }
  fi
}

# compile PRESET [TARGET...]
compile() {
  local preset=$1 log=$SOMA/log/build-$1.log
  shift
  local targets=()
  [ $# -gt 0 ] && targets=(--target "$@")
  cmake --build "build/$preset" -j"$JOBS" "${targets[@]}" >"$log" 2>&1 </dev/null || {
    grep -E 'error|FAILED|undefined reference' "$log" | head -n 40 >&2 || tail -n 40 "$log" >&2
    die "the $preset build failed (log: ${log#"$ROOT"/})"
  }
}

build_release() {
  local from=$EPOCHREALTIME
  say "building release ${*:-(all)}: some ten minutes on two cores at first, seconds when little changed"
  configure release
  compile release "$@"
  say "built release ${*:-(all)} in $(since "$from")"
}

sources_to_format() {
  git ls-files -co --exclude-standard 'src/*.h' 'src/*.cpp' 'tests/*.h' 'tests/*.cpp' \
    'benchmarks/*.h' 'benchmarks/*.cpp'
}
format_sources() { sources_to_format | clang_format -i; }
check_format() { sources_to_format | clang_format --dry-run -Werror; }
