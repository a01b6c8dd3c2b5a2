# ./dev bench NAME [ARGS]: a script benchmarks/*/NAME.py against the running stack, with the packages of
# the requirements.txt beside it, or the program bench_NAME built from NAME_bench.cpp.
bench_names() {
  find benchmarks -name '*.py' -o -name '*_bench.cpp' | sed -E 's#.*/##; s#\.(py|cpp)$##; s#_bench$##' |
    sort -u | tr '\n' ' '
}

build_benches() {
  install_packages tools/dev/packages-bench.txt
  configure release -DSOMABRAIN_BENCHMARKS=ON
  compile release "$@"
}

run_bench() {
  local name=${1:-} script python
  [ -n "$name" ] || die "bench what? $(bench_names)"
  shift
  script=$(find benchmarks -name "$name.py" | head -n 1)
  if [ -z "$script" ]; then
    [ -n "$(find benchmarks -name "${name}_bench.cpp")" ] ||
      die "no such benchmark: $name (there are: $(bench_names))"
    build_benches "bench_$name"
    SOMABRAIN_MODEL_DIR=$MODEL "$BUILD/benchmarks/bench_$name" "$@"
    return
  fi
  python=$(system_python)
  if [ -f "$(dirname "$script")/requirements.txt" ]; then
    python=$(python_with "$(dirname "$script")/requirements.txt")
  fi
  # What a script says in its docstring: the programs it starts, and whether it only compares libraries.
  local also=()
  read -ra also <<<"$(sed -n 's/^Also built: //p' "$script")"
  if grep -q '^No stack is needed' "$script"; then
    also+=("bench_$name")
  else
    [ -f "$ENV_FILE" ] || die "no stack: ./dev up"
  fi
  if [ ${#also[@]} -gt 0 ]; then
    build_benches "${also[@]}"
  fi
  if grep -q '^No stack is needed' "$script"; then
    SOMABRAIN_CACHE=$CACHE SOMABRAIN_MODEL_DIR=$MODEL "$python" "$script" "$@"
    return
  fi
  with_env env SOMABRAIN_HTTP_PORT="$(port SOMABRAIN_HTTP_PORT)" \
    SOMABRAIN_OPS_PORT="$(port SOMABRAIN_OPS_PORT)" "$python" "$script" "$@"
}
