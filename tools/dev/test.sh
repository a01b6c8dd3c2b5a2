# ./dev test: every suite prints one line; what fails is shown, the rest is in .soma/log/test-*.log.
PASSED=0
FAILED=0

# tally NAME LOG SECONDS PASSED FAILED STATUS
tally() {
  local name=$1 log=$2 from=$3 passed=$4 failed=$5 status=$6
  # A program that died after its last counted test has failed all the same.
  [ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1
  [ $((passed + failed)) -gt 0 ] || failed=1
  PASSED=$((PASSED + passed))
  FAILED=$((FAILED + failed))
  [ "$failed" = 0 ] || tail -n 60 "$log"
  printf '%-28s %5d passed  %3d failed  %s\n' "$name" "$passed" "$failed" "$(since "$from")"
}

# suite NAME COUNTER COMMAND...: runs it (BEGUN: what was begun then), COUNTER prints "passed failed" from the log
suite() {
  local name=$1 counter=$2 log=$SOMA/log/test-$1.log from=${BEGUN:-$EPOCHREALTIME} status=0 counts
  shift 2
  "$@" >"$log" 2>&1 </dev/null || status=$?
  counts=$("$counter" "$log")
  # shellcheck disable=SC2086
  tally "$name" "$log" "$from" $counts "$status"
}

count_gtest() {
  awk '/^\[  PASSED  \] [0-9]+ test/ { p = $4 } /^\[  FAILED  \] [0-9]+ test/ { f = $4 }
       END { print p + 0, f + 0 }' "$1"
}
count_pytest() {
  awk '{ for (i = 2; i <= NF; i++) { w = $i; gsub(/[^a-z]/, "", w)
           if ($0 ~ / in [0-9.]+s/ && w == "passed") p = $(i - 1)
           if ($0 ~ / in [0-9.]+s/ && (w == "failed" || w ~ /^errors?$/)) f += $(i - 1) } }
       END { print p + 0, f + 0 }' "$1"
}
count_plain() {
  awk '/^[0-9]+ passed, [0-9]+ failed$/ { p = $1; f = $3 } END { print p + 0, f + 0 }' "$1"
}
# A program that counts nothing is one test.
count_one() { if grep -qi 'error' "$1"; then echo "0 1"; else echo "1 0"; fi; }
count_unittest() {
  awk '/^Ran [0-9]+ test/ { n = $2 } /^FAILED/ { gsub(/[^0-9]+/, " "); for (i = 1; i <= NF; i++) f += $i }
       END { print n - f, f + 0 }' "$1"
}

test_structure() {
  suite structure count_plain python3 tools/check_structure.py
  suite structure-rules count_unittest python3 tests/structure/check_structure_test.py
  suite structure-docs count_unittest python3 tests/structure/docs_test.py
  suite structure-alerts count_unittest python3 tests/structure/alerts_test.py
  suite structure-events count_unittest python3 tests/structure/event_schemas_test.py
  suite structure-contract count_unittest env BUF="$(buf)" \
    "$(python_with tests/conformance/requirements.txt)" tests/structure/contract_test.py
  suite structure-dev count_unittest python3 tests/structure/dev_script_test.py
  suite structure-format count_one check_format
}

# gtest_programs PRESET KIND: names of the programs that tests/CMakeLists.txt makes for unit or real
gtest_programs() {
  # First what cmake would do at the next build: a program may be new.
  ninja -C "build/$1" build.ninja >/dev/null
  ninja -C "build/$1" -t targets all | sed -nE "s/^($2_[a-z]+): phony$/\1/p" | sort -u
}

run_gtest_programs() {
  local preset=$1 kind=$2 label=$3 program
  for program in $(gtest_programs "$preset" "$kind"); do
    suite "$label$program" count_gtest "build/$preset/tests/$program" --gtest_brief=1
  done
}

test_unit() { run_gtest_programs release unit ''; }

# Independent implementations are asked what ours answers; needs no stack.
test_oracle() {
  compile release math_tool ledger_tool somabrain
  SOMABRAIN=$BUILD/src/somabrain SOMA_MATH_TOOL=$BUILD/tests/math_tool \
    SOMA_LEDGER_TOOL=$BUILD/tests/ledger_tool suite oracle count_pytest \
    "$(python_with tests/oracle/requirements.txt)" -m pytest -q -p no:cacheprovider tests/oracle
}

# The stack for tests is this clone's own. It is started when it is down, and then ended afterwards.
with_stack() {
  local started=
  stack_status >/dev/null || started=yes
  bring_up
  serve_up
  release_ports
  exec {lock_fd}>&-
  "$@"
  [ -z "$started" ] || stack_down
}

# The programs wait for stores most of their time: all at once, each with its own databases and servers.
# The embedder's tests ask an oracle in Python; SOMABRAIN_LOCOMO=FILE adds a LoCoMo file's turns.
test_real() {
  local python program programs pids=() i BEGUN=$EPOCHREALTIME
  python=$(python_with tests/support/oracle/requirements.txt)
  mapfile -t programs < <(gtest_programs release real)
  for program in "${programs[@]}"; do
    SOMABRAIN_ORACLE_PYTHON=$python SOMABRAIN_MODEL_DIR=$MODEL \
      "$BUILD/tests/$program" --gtest_brief=1 >"$SOMA/log/beside-$program.log" 2>&1 </dev/null &
    pids+=($!)
  done
  for i in "${!programs[@]}"; do
    suite "${programs[i]}" count_gtest answer_of "${pids[i]}" "$SOMA/log/beside-${programs[i]}.log"
  done
}
# answer_of PID LOG: what a program said that was started before, and its exit code
answer_of() {
  local status=0
  wait "$1" || status=$?
  cat "$2"
  return "$status"
}

# Everything that the law rests on, out of the suites below: the tests of these files and folders.
LAW_TESTS=(tests/unit/domain/constitution tests/unit/domain/ledger/law_plan_test.cpp
  tests/unit/base/{ed25519_test.cpp,sensitive} tests/unit/cli/constitution tests/real/services/constitution
  tests/real/services/gate tests/real/backends/vault/{law_mark,transit_signer}_test.cpp
  tests/real/backends/redis/cluster_test.cpp tests/real/backends/object_store)
test_constitution() {
  local filter program
  filter=$(grep -rhoE '^TEST(_F|_P)?\(\w+' "${LAW_TESTS[@]}" | sed 's/.*(//; s/$/.*/' | sort -u | paste -sd:)
  for program in unit_base unit_domain unit_cli real_backends real_services; do
    SOMABRAIN_MODEL_DIR=$MODEL suite "law $program" count_gtest "$BUILD/tests/$program" --gtest_brief=1 \
      --gtest_filter="$filter"
  done
  suite "law oracle" count_pytest "$(python_with tests/oracle/requirements.txt)" -m pytest -q \
    -p no:cacheprovider tests/oracle/constitution_test.py
  suite "law e2e" count_pytest with_env "$(python_with tests/requirements.txt)" -m pytest -q \
    -p no:cacheprovider tests/e2e/constitution
}

test_e2e() {
  local python schemathesis
  python=$(python_with tests/requirements.txt)
  schemathesis=$(dirname "$(python_with tests/requirements-schemathesis.txt)")/schemathesis
  SCHEMATHESIS=$schemathesis SOMABRAIN_MODEL_DIR=$MODEL SOMABRAIN_ORACLE_PYTHON=$(
    python_with tests/support/oracle/requirements.txt
  ) suite e2e count_pytest \
    with_env "$python" -m pytest -q --maxfail=20 -p no:cacheprovider -n 2 --dist loadfile tests/e2e
}

# The same calls over HTTP and over gRPC: stubs are made from api/ when it begins.
test_conformance() {
  suite conformance count_pytest "$(python_with tests/conformance/requirements.txt)" -m pytest -q \
    -p no:cacheprovider tests/conformance
}

# The Python client as its users get it: the wheel and what it depends on, in an environment of its
# own; the tools that test it have another.
SDK=$SOMA/sdk
test_sdk() {
  local tools wheel
  tools=$(python_with clients/python/tests/requirements.txt)
  mkdir -p "$SDK"
  rm -rf "$SDK/dist"
  "$tools" -m build --no-isolation --outdir "$SDK/dist" clients/python >"$SOMA/log/sdk-build.log" \
    2>&1 </dev/null || { tail -n 20 "$SOMA/log/sdk-build.log" && die "the wheel was not built"; }
  wheel=$(printf '%s\n' "$SDK"/dist/*.whl)
  sdk_venv "$wheel"
  SDK_WHEEL=$wheel SDK_PYTHON=$SDK/venv/bin/python PYTHONPATH=$(printf '%s' "$SDK"/venv/lib/*/site-packages) \
    suite sdk count_pytest "$tools" -m pytest -q -p no:cacheprovider clients/python/tests
}

# sdk_venv WHEEL: made anew when the wheel is another; versions are those of the tests' pins
sdk_venv() {
  local sum
  sum=$(cat "$1" clients/python/tests/requirements.txt | sha256sum)
  [ "$sum" != "$(cat "$SDK/venv/wheel.sum" 2>/dev/null)" ] || return 0
  rm -rf "$SDK/venv"
  "$(system_python)" -m venv "$SDK/venv"
  "$SDK/venv/bin/python" -m pip install -q --disable-pip-version-check \
    -c clients/python/tests/requirements.txt "$1" </dev/null
  echo "$sum" >"$SDK/venv/wheel.sum"
}

# Random operations over HTTP against a naive model; a number says how many.
MODEL_OPERATIONS=100000
test_model() {
  suite model count_plain "$(python_with tests/model/requirements.txt)" tests/model/run.py "$@"
  grep '^seed ' "$SOMA/log/test-model.log" || true
}

# Every advanced module on for every tenant, or those that are named: what is asked and judged, and the model,
# which takes batches of conductances for events that nobody caused.
test_modules() {
  local modules=${1:-density,bridge,pagerank,conductance} python
  python=$(python_with tests/requirements.txt)
  serve_with_modules "$modules"
  suite modules-e2e count_pytest with_env "$python" -m pytest -q --maxfail=20 -p no:cacheprovider -n 2 \
    --dist loadfile tests/e2e/judgement tests/e2e/test_{recall,evaluate,memories}.py tests/e2e/daily/test_links.py
  serve_with_modules "${modules%,conductance}"
  suite modules-model count_plain with_env "$(python_with tests/model/requirements.txt)" tests/model/run.py 3000 --seed 2
  write_env
  start_service
}
serve_with_modules() {
  write_env
  echo "SOMABRAIN_MODULES=$1" >>"$ENV_FILE"
  start_service
}

# drill NAME SCRIPT [ARGS]: long, on a stack of its own
drill() {
  local name=$1
  shift
  install_bao
  install_versitygw
  install_kafka
  tools/fetch_model "$MODEL"
  suite "$name" count_plain "$(python_with tests/requirements.txt)" "$@"
  cat "$SOMA/log/test-$name.log"
}

# 2 × 5 × 10,000 writes.
test_crash() { drill crash-drill tests/e2e/faults/crash_drill.py; }
# Ten minutes on both cores: everything dies in turn while 32 clients work, three brokers.
test_chaos_ledger() { drill chaos-ledger tests/e2e/chaos/chaos_ledger.py "$@"; }
# Ten minutes without a broker.
test_kafka_outage() { drill kafka-outage tests/e2e/relay/kafka_outage.py "$@"; }

test_on_stack() {
  test_real
  test_e2e
  test_conformance
  test_sdk
  test_model 3000 --seed 1
}

build_sanitized() {
  local programs
  configure dev
  mapfile -t programs < <(gtest_programs dev unit)
  compile dev "${programs[@]}"
}

build_fuzzers() {
  local programs=(tests/fuzz/*_fuzz.cpp)
  programs=("${programs[@]##*/}")
  configure fuzz
  compile fuzz "${programs[@]%.cpp}"
}

# In the time that the tests before them leave idle, and in no other.
build_ahead() {
  renice -n 19 -p "$BASHPID" >/dev/null
  build_sanitized
  build_fuzzers
}

test_sanitized() {
  build_sanitized
  # GCC 12's fake stack aligns frames to 32 bytes, and the AVX-512 scans keep 64-byte vectors there.
  UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=0 \
    run_gtest_programs dev unit 'asan+ubsan '
}

# Corpora are replayed; FUZZ_SECONDS=600 ./dev test fuzz looks for new inputs that long, each target.
test_fuzz() {
  local source name corpus options
  build_fuzzers
  for source in tests/fuzz/*_fuzz.cpp; do
    name=$(basename "$source" .cpp)
    corpus=tests/fuzz/corpus/${name%_fuzz}
    options=(-runs=0)
    [ -z "${FUZZ_SECONDS:-}" ] || options=(-max_total_time="$FUZZ_SECONDS")
    mkdir -p "$SOMA/fuzz/$name"
    suite "fuzz $name" count_fuzz "build/fuzz/tests/fuzz/$name" "${options[@]}" -max_len=65536 \
      -artifact_prefix="$SOMA/fuzz/$name-" "$SOMA/fuzz/$name" "$corpus"
  done
}
count_fuzz() { if grep -q '^Done [0-9]* runs' "$1"; then echo "1 0"; else echo "0 1"; fi; }

# Our threads under ThreadSanitizer: the programs or filters named in tests/support/tsan/tests.list.
test_tsan() {
  local program filter
  configure tsan
  while read -r program filter; do
    compile tsan "$program"
    TSAN_OPTIONS="suppressions=$ROOT/tests/support/tsan/suppressions halt_on_error=0 exitcode=66" \
      suite "tsan $program" count_gtest "build/tsan/tests/$program" --gtest_brief=1 \
      --gtest_filter="$filter"
  done < <(grep -Ev '^(#|$)' tests/support/tsan/tests.list)
}

# Each tests/mutants/*.patch is a seeded bug. Its first lines name the test that must notice:
#   # test: <program> <gtest filter>
# ./dev test mutants 'commit_*' takes some of them. Tests on real stores use this clone's stack.
test_mutants() {
  local scratch=$SOMA/mutants patch
  [ -d "$scratch/.git" ] || git clone -q --shared "$ROOT" "$scratch"
  git -C "$scratch" fetch -q origin
  git -C "$scratch" checkout -qf --detach "$(git rev-parse HEAD)"
  git -C "$scratch" clean -qfd src tests api
  ln -sfn "$SOMA" "$scratch/.soma"
  configure_scratch "$scratch"
  pass_without_bugs "$scratch" tests/mutants/${1:-*}.patch
  for patch in tests/mutants/${1:-*}.patch; do
    kill_mutant "$scratch" "$ROOT/$patch"
  done
}

configure_scratch() {
  (cd "$1" && [ -f build/release/build.ninja ] || cmake --preset release) \
    >"$SOMA/log/cmake-mutants.log" 2>&1 </dev/null || die "cmake failed for the mutants"
}

# in_scratch SCRATCH SECONDS PROGRAM FILTER
in_scratch() {
  (cd "$1" && timeout "$2" "build/release/tests/$3" --gtest_brief=1 --gtest_filter="$4")
}

# pass_without_bugs SCRATCH PATCH...: a test that fails anyway would notice every bug.
pass_without_bugs() {
  local scratch=$1 program filter
  shift
  while read -r program filter; do
    (cd "$scratch" && cmake --build build/release -j"$JOBS" --target "$program") \
      >"$SOMA/log/build-mutants.log" 2>&1 </dev/null || die "the build without bugs failed"
    suite "no bug $program" count_gtest in_scratch "$scratch" 1800 "$program" "$filter"
  done < <(sed -nE 's/^# test: *//p' "$@" | sort -u |
    awk '{ all[$1] = all[$1] ":" $2 } END { for (one in all) print one, substr(all[one], 2) }')
}

# kill_mutant SCRATCH PATCH: passed when the named test fails with the bug in
kill_mutant() {
  local scratch=$1 patch=$2 name log program filter from=$EPOCHREALTIME
  name=$(basename "$patch" .patch)
  log=$SOMA/log/test-mutant-$name.log
  read -r program filter < <(sed -nE 's/^# test: *//p' "$patch")
  git -C "$scratch" checkout -qf . && git -C "$scratch" clean -qfd src tests api
  if ! git -C "$scratch" apply "$patch" >"$log" 2>&1; then
    tally "mutant $name (stale)" "$log" "$from" 0 1 1
  elif ! (cd "$scratch" && cmake --build build/release -j"$JOBS" --target "$program") \
    >"$log" 2>&1 </dev/null; then
    tally "mutant $name (no build)" "$log" "$from" 0 1 1
  elif in_scratch "$scratch" 300 "$program" "$filter" >"$log" 2>&1 </dev/null; then
    tally "mutant $name SURVIVED" "$log" "$from" 0 1 1
  else
    tally "mutant $name" "$log" "$from" 1 0 0
  fi
}

build_for_tests() {
  mkdir -p "$SOMA/log"
  install_packages
  build_release
}

test_everything() {
  local ahead
  test_structure
  test_unit
  test_oracle
  build_ahead &
  ahead=$!
  with_stack test_on_stack
  wait "$ahead" || true  # what did not build is said below
  test_sanitized
  test_fuzz
}

run_tests() {
  local which=${1:-all} from=$EPOCHREALTIME
  mkdir -p "$SOMA/log"
  case $which in
    structure | proofs) ;;
    sanitize | fuzz | tsan | mutants) install_packages ;;
    all | unit | oracle | real | e2e | conformance | sdk | model | modules | constitution | crash | chaos-ledger | kafka-outage | specs) build_for_tests ;;
    *) die "no such tests: $which (./dev help names them)" ;;
  esac
  case $which in
    all) test_everything ;;
    structure) test_structure ;;
    unit) test_unit ;;
    oracle) test_oracle ;;
    real) with_stack test_real ;;
    e2e) with_stack test_e2e ;;
    constitution) with_stack test_constitution ;;
    conformance) with_stack test_conformance ;;
    sdk) with_stack test_sdk ;;
    model) with_stack test_model "${2:-$MODEL_OPERATIONS}" ;;
    modules) with_stack test_modules "${2:-}" ;;
    crash) test_crash ;;
    chaos-ledger) test_chaos_ledger "${@:2}" ;;
    kafka-outage) test_kafka_outage "${@:2}" ;;
    sanitize) test_sanitized ;;
    fuzz) test_fuzz ;;
    tsan) with_stack test_tsan ;;
    mutants) with_stack test_mutants "${2:-}" ;;
    specs) test_specs ;;
    proofs) test_proofs ;;
  esac
  say "tests took $(since "$from")"
  printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
  [ "$FAILED" = 0 ]
}
