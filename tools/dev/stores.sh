# PostgreSQL, Redis `cache` and `buffer`, OpenBao, S3 and (kafka.sh) Kafka, private to this clone: data and secrets
# under .soma/.

# PostgreSQL refuses to run as root: then Debian's own account runs it.
POSTGRES_BIN=
find_postgres() {
  POSTGRES_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [ -x "$POSTGRES_BIN/initdb" ] || die "PostgreSQL's server programs are not installed"
}

AS_POSTGRES=()
[ "$(id -u)" != 0 ] || AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --clear-groups)
as_postgres() { "${AS_POSTGRES[@]}" "$@"; }

# The data folder. When the postgres account cannot reach this clone (say, it is under /root), the
# data lives under /var/lib and .soma/postgres is a link to it.
postgres_home() {
  local home=$SOMA/postgres
  [ -e "$home" ] && return 0
  if [ "$(id -u)" != 0 ]; then
    mkdir -m 700 "$home"
    return 0
  fi
  if ! as_postgres test -x "$SOMA"; then
    local far
    far=/var/lib/somabrain-dev/$(printf '%s' "$ROOT" | sha256sum | cut -c1-16)
    mkdir -p "$far"
    ln -s "$far" "$home"
  else
    mkdir "$home"
  fi
  chown -R postgres:postgres "$home/"
  chmod 700 "$home/"
}

# sql DATABASE [PSQL OPTIONS]: as the cluster's superuser
sql() {
  local database=$1
  shift
  PGPASSWORD=$(<"$(secret postgres-superuser)") PGCONNECT_TIMEOUT=5 \
    psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port POSTGRES_PORT)" -U postgres \
    -d "$database" "$@"
}

start_postgres() {
  running postgres && return 0
  find_postgres
  postgres_home
  local home data
  home=$(readlink -f "$SOMA/postgres")
  data=$home/data
  if [ ! -f "$data/PG_VERSION" ]; then
    rm -rf "$data"
    (umask 077 && as_postgres tee "$home/password" <"$(secret postgres-superuser)" >/dev/null)
    as_postgres "$POSTGRES_BIN/initdb" -D "$data" -U postgres -A scram-sha-256 --data-checksums \
      -E UTF8 --locale=C.UTF-8 --pwfile="$home/password" >"$SOMA/log/initdb.log" 2>&1 </dev/null || {
      tail -n 20 "$SOMA/log/initdb.log" >&2
      die "initdb failed"
    }
    rm -f "$home/password"
  fi
  render deploy/postgres/postgresql.conf "$SOMA/run/postgresql.conf" \
    POSTGRES_PORT="$(port POSTGRES_PORT)"
  as_postgres tee "$data/postgresql.conf" <"$SOMA/run/postgresql.conf" >/dev/null
  as_postgres tee "$data/pg_hba.conf" <deploy/postgres/pg_hba.conf >/dev/null
  start postgres "${AS_POSTGRES[@]}" "$POSTGRES_BIN/postgres" -D "$data"
}

start_redis() {
  running redis && return 0
  mkdir -p "$SOMA/redis"
  render deploy/redis/cache.conf "$SOMA/run/redis.conf" REDIS_PORT="$(port REDIS_PORT)" \
    REDIS_PASSWORD="$(<"$(secret redis)")" REDIS_DIR="$SOMA/redis"
  start redis redis-server "$SOMA/run/redis.conf"
}

# pong NAME KEY: the Redis server of that secret answers on that port
pong() {
  REDISCLI_AUTH=$(<"$(secret "$1")") redis-cli -h 127.0.0.1 -p "$(port "$2")" ping | grep -q PONG
}
redis_ready() { pong redis REDIS_PORT; }
buffer_ready() { pong buffer BUFFER_PORT; }

# BUFFER_MEMORY: a test of the full buffer gives it little.
start_buffer() {
  running buffer && return 0
  mkdir -p -m 700 "$SOMA/buffer"
  render deploy/redis/buffer.conf "$SOMA/run/buffer.conf" BUFFER_PORT="$(port BUFFER_PORT)" \
    BUFFER_PASSWORD="$(<"$(secret buffer)")" BUFFER_DIR="$SOMA/buffer" \
    BUFFER_MEMORY="${BUFFER_MEMORY:-256mb}"
  start buffer redis-server "$SOMA/run/buffer.conf"
}

start_openbao() {
  running openbao && return 0
  mkdir -p -m 700 "$SOMA/openbao"
  local key=$SECRETS/openbao-seal-key
  [ -s "$key" ] || (umask 077 && head -c 32 /dev/urandom >"$key")
  render deploy/vault/config.hcl "$SOMA/run/openbao.hcl" VAULT_PORT="$(port VAULT_PORT)" \
    VAULT_DIR="$SOMA/openbao" VAULT_SEAL_KEY_FILE="$key"
  start openbao "$BAO" server -config="$SOMA/run/openbao.hcl"
}

openbao_answers() { curl -s -o /dev/null "$BAO_ADDR/v1/sys/health?uninitcode=200&sealedcode=503"; }
openbao_active() { curl -sf -o /dev/null "$BAO_ADDR/v1/sys/health"; }

set_up_openbao() {
  export BAO_ADDR
  BAO_ADDR=http://127.0.0.1:$(port VAULT_PORT)
  wait_for openbao 20 openbao_answers
  if [ ! -s "$SECRETS/openbao-root-token" ]; then
    local answer
    answer=$("$BAO" operator init -recovery-shares=1 -recovery-threshold=1 -format=json)
    (umask 077 &&
      sed -nE 's/.*"root_token": *"([^"]+)".*/\1/p' <<<"$answer" >"$SECRETS/openbao-root-token")
  fi
  wait_for openbao 20 openbao_active
  as_bao_root deploy/vault/setup.sh "$SECRETS"
  set_up_signers
  set_up_witness
}

# Here one machine plays every holder; elsewhere each keeps its own AppRole. Some 30 calls of `bao`: made
# once, and again when the scripts have changed.
set_up_signers() {
  local made
  made=$(cat deploy/vault/signer* | sha256sum)
  [ "$made" != "$(cat "$SOMA/signers/made" 2>/dev/null)" ] || return 0
  mkdir -p -m 700 "$SOMA/signers"
  as_bao_root deploy/vault/signers.sh "$SOMA/signers" soma-signer-{1..5}
  echo "$made" >"$SOMA/signers/made"
}

# On this machine it shares the service's OpenBao; elsewhere it has its own.
set_up_witness() {
  local made
  made=$(cat deploy/vault/{witness,engines}* | sha256sum)
  [ "$made" != "$(cat "$SOMA/witness/made" 2>/dev/null)" ] || return 0
  mkdir -p -m 700 "$SOMA/witness"
  as_bao_root deploy/vault/witness.sh "$SOMA/witness"
  echo "$made" >"$SOMA/witness/made"
}

as_bao_root() {
  BAO_TOKEN=$(<"$SECRETS/openbao-root-token") PATH=$(dirname "$BAO"):$PATH "$@"
}

start_object_store() {
  running object_store && return 0
  mkdir -p -m 700 "$SOMA/object_store"
  mkdir -p "$SOMA/object_store"/{data,versions,accounts}
  render deploy/object_store/versitygw.env "$SOMA/run/object_store.env" \
    S3_PORT="$(port S3_PORT)" S3_DIR="$SOMA/object_store" S3_ROOT_SECRET="$(<"$(secret s3-root)")"
  (
    set -a
    # shellcheck source=/dev/null
    source "$SOMA/run/object_store.env"
    start object_store "$VERSITYGW" posix "$SOMA/object_store/data"
  )
}

object_store_answers() { curl -sf -o /dev/null "http://127.0.0.1:$(port S3_PORT)/health"; }

set_up_object_store() {
  secret s3-service >/dev/null
  wait_for object_store 20 object_store_answers
  S3_ENDPOINT=http://127.0.0.1:$(port S3_PORT) deploy/object_store/setup.sh "$SECRETS"
}

set_up_postgres() {
  wait_for postgres 30 sql postgres -c 'SELECT 1'
  [ "$(sql postgres -Atc "SELECT count(*) FROM pg_database WHERE datname = 'soma'")" = 1 ] ||
    sql postgres -c 'CREATE DATABASE soma'
  # Passwords travel on standard input: arguments are visible to the whole machine.
  {
    printf "\\\\set app_password '%s'\n" "$(<"$(secret postgres-app)")"
    printf "\\\\set migrate_password '%s'\n" "$(<"$(secret postgres-migrate)")"
    printf "\\\\set relay_password '%s'\n" "$(<"$(secret postgres-relay)")"
    cat deploy/postgres/roles.sql
  } | sql soma -f - >/dev/null
}

# hold_ports / release_ports: ports are chosen and held until every server listens on its own.
hold_ports() {
  local keep=() name key
  for name in $(broker_names); do
    [ "$name" = kafka:KAFKA_PORT ] || keep+=(--add "${name#*:}")
  done
  for name in postgres:POSTGRES_PORT redis:REDIS_PORT buffer:BUFFER_PORT openbao:VAULT_PORT \
    object_store:S3_PORT $(broker_names) serve:SOMABRAIN_HTTP_PORT serve:SOMABRAIN_GRPC_PORT \
    serve:SOMABRAIN_OPS_PORT relay:SOMABRAIN_RELAY_PORT witness:SOMABRAIN_WITNESS_PORT; do
    key=${name#*:}
    running "${name%%:*}" && keep+=(--keep "$key")
  done
  coproc PORTS { exec "$BINARY" ports --file "$ROOT/ports.json" --hold "${keep[@]}"; }
  local line
  while read -r -t 10 -u "${PORTS[0]}" line; do
    [ "$line" = "}" ] && return 0
  done
  die "no ports (somabrain ports)"
}

release_ports() {
  [ -n "${PORTS_PID:-}" ] || return 0
  local pid=$PORTS_PID fd=${PORTS[1]}
  exec {fd}>&-
  wait "$pid" 2>/dev/null || true
}

# WITHOUT_KAFKA=yes: a private stack of tests that ask nothing of it
stores_up() {
  [ -n "${WITHOUT_KAFKA:-}" ] || start_kafka
  start_postgres
  start_redis
  start_buffer
  start_openbao
  start_object_store
  set_up_postgres
  wait_for redis 10 redis_ready
  wait_for buffer 10 buffer_ready
  set_up_openbao
  set_up_object_store
  [ -n "${WITHOUT_KAFKA:-}" ] || set_up_kafka
}

stores_down() {
  stop_kafka
  stop object_store TERM 10
  stop openbao TERM 10
  stop redis TERM 10
  stop buffer TERM 10
  stop postgres INT 30
}
