# Shared by every part of ./dev: places, words, and processes that are started and ended by pid.
SOMA=$ROOT/.soma
SECRETS=$SOMA/secrets
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/somabrain
MODEL=$CACHE/all-minilm-l6-v2
BUILD=$ROOT/build/release
BINARY=$BUILD/src/somabrain
JOBS=$(nproc)

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# as_root COMMAND...: apt needs it; nothing else here does.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root or sudo: $*"
  fi
}

# seconds since $1 (a value of $EPOCHREALTIME), one decimal
since() { awk -v from="$1" -v now="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", now - from }'; }

# render TEMPLATE OUT NAME=VALUE...: fills in @NAME@; a name left over is an error.
render() {
  local template=$1 out=$2 pair text
  shift 2
  text=$(cat "$template" && printf x)
  for pair in "$@"; do
    text=${text//"@${pair%%=*}@"/"${pair#*=}"}
  done
  if grep -v '^ *#' <<<"$text" | grep -Eo '@[A-Z_]+@' >&2; then
    die "$template: nothing to fill that in with"
  fi
  (umask 077 && printf '%s' "${text%x}" >"$out")
}

# secret NAME: the path of a 0600 file with 32 random bytes in hex, made when first asked for.
secret() {
  local file=$SECRETS/$1
  [ -s "$file" ] || (umask 077 && openssl rand -hex 32 >"$file")
  printf '%s' "$file"
}

# A process is known by pid and start time together, so that a recycled pid is never taken for ours.
start_time() { sed -E 's/^.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# running NAME: true while the process recorded under that name lives.
running() {
  local pid started state
  [ -r "$SOMA/run/$1.pid" ] || return 1
  read -r pid started <"$SOMA/run/$1.pid" || return 1
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ] || return 1
  state=$(sed -E 's/^.*\) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f1)
  [ "$state" != Z ]
}

pid_of() { cut -d' ' -f1 "$SOMA/run/$1.pid"; }

# start NAME COMMAND...: in the background, own session, output to .soma/log/NAME.log
start() {
  local name=$1 pid
  shift
  setsid "$@" </dev/null >>"$SOMA/log/$name.log" 2>&1 {lock_fd}>&- &
  pid=$!
  echo "$pid $(start_time "$pid")" >"$SOMA/run/$name.pid"
}

# stop NAME SIGNAL SECONDS: asks, waits, then kills; nothing when it is not running.
stop() {
  local name=$1 signal=$2 seconds=$3 tries
  if running "$name"; then
    kill -"$signal" "$(pid_of "$name")" 2>/dev/null || true
    for ((tries = seconds * 20; tries > 0; tries--)); do
      running "$name" || break
      sleep 0.05
    done
    if running "$name"; then
      say "$name did not stop within $seconds s: killed"
      kill -KILL "$(pid_of "$name")" 2>/dev/null || true
    fi
  fi
  rm -f "$SOMA/run/$name.pid"
}

# wait_for NAME SECONDS COMMAND...: until the command succeeds; shows the log if it never does.
wait_for() {
  local name=$1 tries=$(($2 * 20))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! running "$name" || ((--tries < 0)); then
      tail -n 20 "$SOMA/log/$name.log" >&2
      die "$name is not ready (log: .soma/log/$name.log)"
    fi
    sleep 0.05
  done
}

# port KEY: from ports.json
port() { sed -nE "s/.*\"$1\": *([0-9]+).*/\1/p" "$ROOT/ports.json"; }

# One ./dev at a time may change this clone's stack.
lock_stack() {
  mkdir -p "$SOMA"/{run,log,secrets}
  chmod 700 "$SECRETS"
  exec {lock_fd}>"$SOMA/lock"
  flock "$lock_fd"
}
