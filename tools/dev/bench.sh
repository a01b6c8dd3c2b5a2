# ./dev bench NAME [ARGS]: benchmarks/*/NAME.py in a virtual environment with benchmarks/requirements.txt,
# or the program bench_NAME built from benchmarks/micro.
run_bench() {
  local name=${1:-} script python
  [ -n "$name" ] || die "bench what? $(ls benchmarks/*/*.py benchmarks/micro/*.cpp 2>/dev/null |
    sed -E 's#.*/##; s#\.(py|cpp)$##; s#_bench$##' | sort -u | tr '\n' ' ')"
  shift
  script=$(find benchmarks -name "$name.py" | head -n 1)
  if [ -n "$script" ]; then
    python=$(python_with benchmarks/requirements.txt)
    with_env env SOMABRAIN_BINARY="$BINARY" SOMABRAIN_TENANT="$(sandbox_tenant)" "$python" "$script" "$@"
  else
    configure release -DSOMABRAIN_BENCHMARKS=ON
    compile release "bench_$name"
    "$BUILD/benchmarks/bench_$name" "$@"
  fi
}
