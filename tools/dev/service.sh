# The service itself on top of the stores: issuer, migrations, sandbox tenant, somabrain serve.
ENV_FILE=$SOMA/somabrain.env

# role_for WORDS...: as whom a command talks to the service over HTTP; nothing: it does not.
role_for() {
  case "${1:-} ${2:-}" in
    'constitution init' | 'constitution key' | 'constitution verify' | 'constitution restore') ;;
    'constitution '*) echo signer ;;
    'audit tail' | 'audit proof') echo auditor ;;
    'remember '* | 'recall '* | 'list '* | 'evaluate '* | 'import '* | 'export '*) echo agent ;;
  esac
}

# with_env COMMAND...: in the stack's environment
with_env() {
  local line pairs=()
  while IFS= read -r line; do
    [[ $line == SOMABRAIN_* ]] && pairs+=("$line")
  done <"$ENV_FILE"
  env "${pairs[@]}" "$@"
}

run_somabrain() {
  [ -x "$BINARY" ] || die "nothing is built: ./dev up"
  [ -f "$ENV_FILE" ] || die "no stack: ./dev up"
  local role token=${SOMABRAIN_TOKEN:-}
  role=$(role_for "$@")
  [ -z "$role" ] || [ -n "$token" ] || token=$(sandbox_token "$role")
  SOMABRAIN_TOKEN=$token with_env "$BINARY" "$@"
}

sandbox_tenant() { cat "$SOMA/sandbox-tenant"; }
# sandbox_token [ROLE]
sandbox_token() { with_env "$BINARY" token --tenant "$(sandbox_tenant)" --role "${1:-agent}"; }

# For clients on this machine, which find it beside ports.json; renewed by each ./dev up.
SANDBOX_TOKEN_SECONDS=2592000
keep_sandbox_token() {
  (umask 077 && with_env "$BINARY" token --tenant "$(sandbox_tenant)" --role agent \
    --ttl "$SANDBOX_TOKEN_SECONDS" >"$SECRETS/sandbox-token.new")
  mv "$SECRETS/sandbox-token.new" "$SECRETS/sandbox-token"
}

base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }

# The local issuer: an ES256 key, and its public half as a JWKS the service is told to trust.
make_issuer() {
  local key=$SECRETS/issuer-key.pem point x y kid
  if [ ! -s "$key" ]; then
    (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key")
  fi
  [ ! -s "$SOMA/jwks.json" ] || return 0
  point=$(openssl pkey -in "$key" -pubout -outform DER | tail -c 64 | base64 -w0)
  x=$(base64 -d <<<"$point" | head -c 32 | base64url)
  y=$(base64 -d <<<"$point" | tail -c 32 | base64url)
  # RFC 7638: the key's own thumbprint names it.
  kid=$(printf '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' "$x" "$y" |
    openssl dgst -sha256 -binary | base64url)
  printf '{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"%s","x":"%s","y":"%s"}]}\n' \
    "$kid" "$x" "$y" >"$SOMA/jwks.json"
}

write_env() {
  make_law
  render deploy/somabrain/somabrain.env "$ENV_FILE" ROOT="$ROOT" SOMA="$SOMA" SECRETS="$SECRETS" \
    MODEL_DIR="$MODEL" TRUST_ROOT="$(<"$SOMA/law/trust-root")" WITNESS_PORT="$(port SOMABRAIN_WITNESS_PORT)"
  kafka_env >>"$ENV_FILE"
}

# Version 1 of this stack's law, by three of five holders, and the hash that everything else is verified from.
make_law() {
  [ ! -s "$SOMA/law/trust-root" ] || return 0
  mkdir -p "$SOMA/law"
  rm -f "$SOMA/law/1.json"
  env SOMABRAIN_PORTS_FILE="$ROOT/ports.json" SOMABRAIN_SIGNERS_DIR="$SOMA/signers" "$BINARY" constitution \
    init deploy/constitution/sandbox.source.json --signer soma-signer-{1..5} --days 3650 \
    --out "$SOMA/law/1.json" >"$SOMA/law/trust-root.new"
  mv "$SOMA/law/trust-root.new" "$SOMA/law/trust-root"
}

# Into force as every later version: proposed, signed by holders, activated. A step that was taken before a
# crash may be taken again.
give_law() {
  local id number
  ! run_somabrain constitution show >/dev/null 2>&1 || return 0
  id=$(run_somabrain constitution propose "$SOMA/law/1.json")
  for number in 1 2 3; do
    run_somabrain constitution sign "$id" --signer "soma-signer-$number"
  done
  run_somabrain constitution activate "$id"
}

make_sandbox() {
  [ -s "$SOMA/sandbox-tenant" ] && return 0
  with_env "$BINARY" tenant create sandbox >"$SOMA/sandbox-tenant.new"
  mv "$SOMA/sandbox-tenant.new" "$SOMA/sandbox-tenant"
}

# What a running service was started from: another answer means it must be started anew.
service_version() { cat "$BINARY" "$ENV_FILE" "$ROOT/ports.json" | sha256sum | cut -c1-64; }

# Without a law it answers, but is not ready.
service_answers() { curl -sf -o /dev/null "http://127.0.0.1:$(port SOMABRAIN_HTTP_PORT)/health"; }
service_ready() { curl -sf -o /dev/null "http://127.0.0.1:$(port SOMABRAIN_OPS_PORT)/ready"; }

# start_program NAME: `somabrain NAME` in the stack's environment; anew when that or the binary has changed, left
# alone otherwise
start_program() {
  local version line pairs=()
  version=$(service_version)
  if running "$1" && [ "$version" = "$(cat "$SOMA/run/$1.version" 2>/dev/null)" ]; then
    return 0
  fi
  stop "$1" TERM 15
  echo "$version" >"$SOMA/run/$1.version"
  while IFS= read -r line; do
    [[ $line == SOMABRAIN_* ]] && pairs+=("$line")
  done <"$ENV_FILE"
  start "$1" env "${pairs[@]}" "$BINARY" "$1"
}

start_service() {
  start_program serve
  wait_for serve 60 service_answers
  give_law
  wait_for serve 60 service_ready
}

# It may begin before anybody writes; nobody waits for it but whoever reads Kafka.
relay_ready() {
  curl -sf "http://127.0.0.1:$(port SOMABRAIN_RELAY_PORT)/ready" | grep -q '"relay":{"status":"ok"}'
}

# The stack without its show; what the tests need.
bring_up() {
  lock_stack
  [ -z "${BROKERS:-}" ] || choose_brokers "$BROKERS"
  install_packages
  install_bao
  install_versitygw
  install_kafka
  tools/fetch_model "$MODEL"
  build_release "$@"
  hold_ports
  stores_up
  make_issuer
  write_env
}

# What each is told of the other, once: the service whose cosignatures count, the witness which log is ours. After a
# restore the log is another one, and it is our saying so that lets the witness begin with it.
introduce_witness() {
  local name
  with_env "$BINARY" witness key >"$SOMA/witness/key.new"
  with_env "$BINARY" audit key >"$SOMA/witness/logs.new"
  for name in key logs; do
    mv "$SOMA/witness/$name.new" "$SOMA/witness/$name"
  done
}

witness_ready() { curl -sf -o /dev/null "http://127.0.0.1:$(port SOMABRAIN_WITNESS_PORT)/ready"; }

start_witness() {
  start_program witness
  wait_for witness 20 witness_ready
}

serve_up() {
  with_env "$BINARY" migrate
  make_sandbox
  keep_sandbox_token
  introduce_witness
  start_witness
  [ -n "${WITHOUT_KAFKA:-}" ] || start_program relay
  start_service
  [ -n "${WITHOUT_KAFKA:-}" ] || wait_for relay 60 relay_ready
}

stack_up() {
  local from=$EPOCHREALTIME stores= BROKERS=
  while [ $# -gt 0 ]; do
    case $1 in
      --stores) stores=yes ;;
      --brokers) BROKERS=${2:-none} && shift ;;
      *) die "up knows --stores and --brokers, not $1" ;;
    esac
    shift || true
  done
  bring_up somabrain
  if [ -n "$stores" ]; then
    release_ports
    say "stores are up after $(since "$from"): $(tr -d ' \n' <ports.json)"
    return 0
  fi
  serve_up
  release_ports
  say "the stack is up after $(since "$from")"
  show_main_job
  show_how_to_go_on
}

# The main job on real input: this repo's own handbook, remembered and asked.
show_main_job() {
  say "remembering this repo's handbook"
  run_somabrain import README.md docs ops
  local query
  for query in 'Why is PostgreSQL the truth and not Redis?' \
    'How is the content of a memory protected?' 'What do I do when a store is down?'; do
    say "recall: $query"
    run_somabrain recall --top-k 3 "$query"
  done
  say "evaluate: How do I start and stop the stack?"
  run_somabrain evaluate --session handbook --top-k 3 'How do I start and stop the stack?'
}

show_how_to_go_on() {
  local url
  url=http://127.0.0.1:$(port SOMABRAIN_HTTP_PORT)
  cat <<END

SomaBrain answers on $url (gRPC on $(port SOMABRAIN_GRPC_PORT), operations on $(port SOMABRAIN_OPS_PORT); all ports
are in ports.json).
A token for the sandbox tenant, role agent:

export TOKEN=$(sandbox_token)
curl -s $url/v1/recall -H "Authorization: Bearer \$TOKEN" -H 'Content-Type: application/json' \\
  -d '{"query":"How are keys kept?"}'

./dev run recall 'How are keys kept?'    the same from the command line
SomaBrain.local() in Python finds this stack by itself: clients/python/README.md
./dev down                               ends it; the data stays
END
}

stack_down() {
  lock_stack
  stop relay TERM 15
  stop serve TERM 15
  stop witness TERM 15
  stores_down
  say "the stack is down"
}

stack_reset() {
  stack_down
  local home
  home=$(readlink -f "$SOMA/postgres" || true)
  [[ $home == /var/lib/somabrain-dev/* ]] && rm -rf "$home"
  rm -rf "$SOMA"/{postgres,redis,buffer,openbao,object_store,kafka,kafka2,kafka3,secrets,signers,witness,law} \
    "$SOMA"/{sandbox-tenant,jwks.json}
  rm -f "$SOMA/somabrain.env"
}

stack_status() {
  local name key all=0
  for name in postgres:POSTGRES_PORT redis:REDIS_PORT buffer:BUFFER_PORT openbao:VAULT_PORT \
    object_store:S3_PORT $(broker_names) serve:SOMABRAIN_HTTP_PORT serve:SOMABRAIN_GRPC_PORT relay:SOMABRAIN_RELAY_PORT \
    witness:SOMABRAIN_WITNESS_PORT; do
    key=${name#*:}
    name=${name%%:*}
    if running "$name"; then
      printf '%-12s port %-6s pid %s\n' "$name" "$(port "$key")" "$(pid_of "$name")"
    else
      printf '%-12s down\n' "$name"
      all=1
    fi
  done
  return "$all"
}
