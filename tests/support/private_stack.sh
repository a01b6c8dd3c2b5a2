#!/usr/bin/env bash
# Parts of a second stack in a scratch folder, by the same scripts as ./dev's:
#   private_stack.sh DIR up | start NAME | ready NAME | reset
# DIR holds links to this clone's dev, tools, deploy and build; DIR/extra.env joins the environment. Kafka and
# the relay are started where there is a DIR/kafka, which holds the number of brokers.
set -euo pipefail
ROOT=$1
shift
cd "$ROOT"
for part in common install build kafka stores service; do
  # shellcheck source=/dev/null
  source "tools/dev/$part.sh"
done

[ -e kafka ] || WITHOUT_KAFKA=yes

# Made once: the service is started anew whenever its environment changes.
private_env() {
  write_env
  cat extra.env >>"$ENV_FILE"
}

start_one() {
  case $1 in
    postgres) start_postgres && wait_for postgres 60 sql postgres -c 'SELECT 1' ;;
    redis) start_redis && wait_for redis 20 redis_ready ;;
    buffer) start_buffer && wait_for buffer 20 buffer_ready ;;
    openbao)
      export BAO_ADDR
      BAO_ADDR=http://127.0.0.1:$(port VAULT_PORT)
      start_openbao && wait_for openbao 30 openbao_active
      ;;
    object_store) start_object_store && wait_for object_store 20 object_store_answers ;;
    kafka | kafka[23]) start_kafka "$1" && set_up_kafka "$1" ;;
    serve) start_service ;;
    relay) start_program relay ;;
    witness) start_witness ;;
    *) die "no such part: $1" ;;
  esac
}

case $1 in
  up)
    lock_stack
    [ -n "${WITHOUT_KAFKA:-}" ] || choose_brokers "$(<kafka)"
    hold_ports
    stores_up
    make_issuer
    private_env
    serve_up
    release_ports
    ;;
  start) lock_stack && start_one "$2" ;;
  reset)
    # Nobody reads this data again: no broker needs to hand its partitions over first.
    for name in $(broker_names); do stop "${name%:*}" KILL 10; done
    stack_reset
    ;;
  *) die "private_stack.sh: $1?" ;;
esac
