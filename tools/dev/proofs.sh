# ./dev test proofs: Coq proves specs/reward, coqchk checks what it wrote, and every seeded bug of
# specs/reward/mutants leaves a theorem without its proof and a run that shows why.

# prove FOLDER FILE: compiles one of FOLDER's files
prove() { (cd "$1" && timeout 300 coqc -q -Q . Reward "$2.v"); }

prove_all() { prove "$1" Model && prove "$1" Proofs && prove "$1" Runs; }

# A theorem counts when it rests on nothing that was only assumed.
count_coq() {
  awk '/^Closed under the global context/ { p++ } /^Axioms:/ || /^Error:/ { f++ }
       END { print p + 0, f + 0 }' "$1"
}

check_proofs() { (cd "$1" && timeout 300 coqchk -silent -o -Q . Reward Reward.Proofs Reward.Runs); }
count_coqchk() { if grep -q '^\* Axioms: <none>' "$1"; then echo "1 0"; else echo "0 1"; fi; }

# broken_in FILE LOG: the statement whose proof LOG's first error lies in
broken_in() {
  local line
  line=$(sed -nE 's/^File "[^"]*", line ([0-9]+), .*/\1/p' "$2" | head -n 1)
  [ -n "$line" ] || return 0
  head -n "$line" "$1" | sed -nE 's/^(Lemma|Theorem|Example) (\w+).*/\2/p' | tail -n 1
}

# A mutant's first lines say which proof must fail, and which run must come out otherwise:
#   # breaks: <lemma of Proofs.v>        # shown by: <example of Runs.v>
kill_proof_mutant() {
  local patch=$1 name scratch log breaks shown from=$EPOCHREALTIME why=
  name=$(basename "$patch" .patch)
  breaks=$(sed -nE 's/^# breaks: //p' "$patch")
  shown=$(sed -nE 's/^# shown by: //p' "$patch")
  log=$SOMA/log/test-proof-$name.log
  scratch=$(mktemp -d)
  cp "$(dirname "$patch")"/../*.v "$scratch"
  if ! patch -s -d "$scratch" -p1 <"$patch" >"$log" 2>&1; then
    why=' (stale)'
  elif ! prove "$scratch" Model >>"$log" 2>&1 </dev/null; then
    why=' (does not compile)'
  elif prove "$scratch" Proofs >"$log" 2>&1 </dev/null ||
    [ "$(broken_in "$scratch/Proofs.v" "$log")" != "$breaks" ]; then
    why=' SURVIVED'
  elif prove "$scratch" Runs >"$log" 2>&1 </dev/null ||
    [ "$(broken_in "$scratch/Runs.v" "$log")" != "$shown" ]; then
    why=' (no run shows it)'
  fi
  if [ -n "$why" ]; then
    tally "proof mutant $name$why" "$log" "$from" 0 1 1
  else
    tally "proof mutant $name" "$log" "$from" 1 0 0
  fi
  rm -rf "$scratch"
}

test_proofs() {
  local patch scratch
  install_packages tools/dev/packages-proofs.txt
  scratch=$(mktemp -d)
  cp specs/reward/*.v "$scratch"
  suite "proofs" count_coq prove_all "$scratch"
  suite "proofs coqchk" count_coqchk check_proofs "$scratch"
  rm -rf "$scratch"
  for patch in specs/reward/mutants/*.patch; do
    kill_proof_mutant "$patch"
  done
}
