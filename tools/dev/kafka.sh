# Kafka, one broker or three, each a controller too: jars pinned by hash under $CACHE, data under .soma/kafka,
# kafka2 and kafka3, which are also the names of the processes.
KAFKA_VERSION=4.4.0
KAFKA=$CACHE/kafka-$KAFKA_VERSION

install_kafka() {
  [ -d "$KAFKA" ] && return 0
  say "fetching Kafka $KAFKA_VERSION"
  local draft
  mkdir -p "$CACHE"
  draft=$(mktemp -d "$CACHE/kafka.XXXXXX")
  mvn -q -B -f tools/dev/kafka/pom.xml \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$draft" </dev/null >&2 || die "Maven does not bring Kafka"
  (cd "$draft" && sha256sum --quiet -c "$ROOT/tools/dev/kafka/jars.sha256" >&2) &&
    [ "$(find "$draft" -type f | wc -l)" = "$(wc -l <tools/dev/kafka/jars.sha256)" ] ||
    die "Kafka's jars are not those that are pinned here"
  chmod 755 "$draft"
  mv -T "$draft" "$KAFKA" 2>/dev/null || rm -rf "$draft"
}

# kafka_java CLASS ARGUMENTS...: the words of a command. A small heap, the collector and compiler that start
# soonest; IPv4 alone, because the ports are held on 127.0.0.1.
kafka_java() {
  printf '%s\0' java -Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
    -Djava.net.preferIPv4Stack=true -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -Dorg.slf4j.simpleLogger.showDateTime=true -cp "$KAFKA/*" "$@"
}

# How many brokers this stack has, for life: its topics and copies are laid out for them.
brokers() { cat "$SOMA/kafka/brokers" 2>/dev/null || echo 1; }

# choose_brokers NUMBER: before any of them is started
choose_brokers() {
  [ "$1" = 1 ] || [ "$1" = 3 ] || die "--brokers takes 1 or 3, not '$1'"
  [ "$1" != "$(brokers)" ] || return 0
  [ ! -e "$SOMA/kafka" ] ||
    die "this stack's Kafka has $(brokers) broker(s), not $1: ./dev reset deletes the stack's data, then say it again"
  mkdir -m 700 "$SOMA/kafka"
  echo "$1" >"$SOMA/kafka/brokers"
}

# broker_names: one a line, as NAME:KEY of its port
broker_names() {
  local number
  echo kafka:KAFKA_PORT
  for ((number = 2; number <= $(brokers); number++)); do
    echo "kafka$number:KAFKA_${number}_PORT"
  done
}

# The controller's listener needs no port of its own in ports.json: its loopback address is made of the
# broker's port, which no other stack on this host has.
kafka_controller() { echo "127.$(($1 / 256)).$(($1 % 256)).1"; }

# kafka_list TEXT: TEXT for each broker, with NODE, PORT and HOST (its controller's) filled in, joined by commas
kafka_list() {
  local name number=0 port one
  for name in $(broker_names); do
    number=$((number + 1))
    port=$(port "${name#*:}")
    one=${1/NODE/$number}
    one=${one/PORT/$port}
    echo "${one/HOST/$(kafka_controller "$port")}"
  done | paste -sd,
}

# The brokers' authority: its key signs certificates here and nowhere else.
KAFKA_CA=$SOMA/kafka/ca.pem
make_kafka_ca() {
  [ ! -s "$KAFKA_CA" ] || return 0
  (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj /CN=somabrain-kafka -keyout "$SECRETS/kafka-ca.key" -out "$KAFKA_CA.new" 2>/dev/null)
  mv "$KAFKA_CA.new" "$KAFKA_CA"
}

# make_certificate DIR ADDRESS...: key (PKCS#8) and certificate, anew at each start, for addresses follow the ports
make_certificate() {
  local dir=$1 names
  shift
  names=$(printf ',IP:%s' "$@")
  (
    umask 077
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/broker.key"
    openssl req -new -key "$dir/broker.key" -subj "/CN=${dir##*/}" |
      openssl x509 -req -CA "$KAFKA_CA" -CAkey "$SECRETS/kafka-ca.key" -CAcreateserial -days 3650 \
        -extfile <(echo "subjectAltName=${names:1}") -out "$dir/broker.crt" 2>/dev/null
    cat "$dir/broker.key" "$dir/broker.crt" >"$dir/broker.pem"
  )
}

# broker_config NUMBER NAME PORT: its properties, in .soma/run
broker_config() {
  local dir=$SOMA/$2 config=$SOMA/run/$2.properties controller
  controller=$(kafka_controller "$3")
  render deploy/kafka/server.properties "$config" KAFKA_PORT="$3" KAFKA_CONTROLLER="$controller:29093" \
    KAFKA_DIR="$dir"
  [ "$(brokers)" != 1 ] || return 0
  make_certificate "$dir" 127.0.0.1 "$controller"
  render deploy/kafka/cluster.properties "$config.more" KAFKA_NODE="$1" KAFKA_DIR="$dir" \
    KAFKA_VOTERS="$(kafka_list NODE@HOST:29093)" KAFKA_CA_FILE="$KAFKA_CA" \
    KAFKA_BROKER_PASSWORD="$(<"$(secret kafka-broker)")" KAFKA_ADMIN_PASSWORD="$(<"$(secret kafka-admin)")" \
    KAFKA_RELAY_PASSWORD="$(<"$(secret kafka-relay)")" KAFKA_READER_PASSWORD="$(<"$(secret kafka-reader)")"
  cat "$config.more" >>"$config"
  rm "$config.more"
}

# format_broker NAME: unless it has been; what was interrupted begins anew
format_broker() {
  local words
  [ ! -f "$SOMA/$1/data/meta.properties" ] || return 0
  rm -rf "$SOMA/$1/data"
  # An id may begin with a dash: one word, or it is read as an option.
  mapfile -d '' words < <(kafka_java kafka.tools.StorageTool format -c "$SOMA/run/$1.properties" \
    --cluster-id="$(<"$SOMA/kafka/cluster-id")")
  "${words[@]}" >"$SOMA/log/$1-format.log" 2>&1 </dev/null || {
    tail -n 20 "$SOMA/log/$1-format.log" >&2
    die "Kafka's storage was not formatted"
  }
}

# start_kafka [NAME]: that broker, or all
start_kafka() {
  local name number=0 words
  mkdir -p -m 700 "$SOMA/kafka"
  [ -s "$SOMA/kafka/cluster-id" ] || head -c 16 /dev/urandom | base64url >"$SOMA/kafka/cluster-id"
  [ "$(brokers)" = 1 ] || make_kafka_ca
  for name in $(broker_names); do
    number=$((number + 1))
    [ "${1:-${name%:*}}" = "${name%:*}" ] && ! running "${name%:*}" || continue
    mkdir -p -m 700 "$SOMA/${name%:*}"
    broker_config "$number" "${name%:*}" "$(port "${name#*:}")"
    format_broker "${name%:*}"
    mapfile -d '' words < <(kafka_java kafka.Kafka "$SOMA/run/${name%:*}.properties")
    start "${name%:*}" "${words[@]}"
  done
}

# What clients are told; nothing of one broker, which is where it always is.
kafka_env() {
  [ "$(brokers)" != 1 ] || return 0
  render deploy/kafka/clients.env "$SOMA/run/kafka.env" KAFKA_BROKERS="$(kafka_list 127.0.0.1:PORT)" \
    KAFKA_CA_FILE="$KAFKA_CA" SECRETS="$SECRETS"
  grep -v '^#' "$SOMA/run/kafka.env"
}

# as_kafka_admin COMMAND...
as_kafka_admin() {
  local pairs
  mapfile -t pairs < <(kafka_env)
  env SOMABRAIN_PORTS_FILE="$ROOT/ports.json" SOMABRAIN_KAFKA_REPLICATION=1 "${pairs[@]}" "$@"
}

# The topics are there, which brokers that do not answer metadata requests cannot say.
kafka_topics() { as_kafka_admin "$BINARY" topics; }

# set_up_kafka [NAME]: the broker that was started, which may be the only one that runs
set_up_kafka() {
  wait_for "${1:-kafka}" 60 kafka_topics
  [ "$(brokers)" = 1 ] || grant_kafka_rights
}

# Once, and again when the rights have changed.
grant_kafka_rights() {
  local made
  made=$(cat deploy/kafka/rights.py deploy/kafka/requirements.txt | sha256sum)
  [ "$made" != "$(cat "$SOMA/kafka/rights" 2>/dev/null)" ] || return 0
  as_kafka_admin "$(python_with deploy/kafka/requirements.txt)" deploy/kafka/rights.py
  echo "$made" >"$SOMA/kafka/rights"
}

# TERM hands its partitions over first. The last of three has nobody to ask whether it may go, and would wait.
stop_kafka() {
  local name
  for name in $(broker_names | tac); do
    [ "$name" = kafka:KAFKA_PORT ] || stop "${name%:*}" TERM 20
  done
  if [ "$(brokers)" = 1 ]; then stop kafka TERM 20; else stop kafka KILL 20; fi
}
