# Kafka, one broker that is its own controller: jars pinned by hash under $CACHE, data under .soma/kafka.
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

# The controller's listener needs no port of its own in ports.json: its loopback address is made of the
# broker's port, which no other stack on this host has.
kafka_controller() { echo "127.$(($1 / 256)).$(($1 % 256)).1:29093"; }

start_kafka() {
  running kafka && return 0
  local words config=$SOMA/run/kafka.properties
  mkdir -p -m 700 "$SOMA/kafka"
  render deploy/kafka/server.properties "$config" KAFKA_PORT="$(port KAFKA_PORT)" \
    KAFKA_CONTROLLER="$(kafka_controller "$(port KAFKA_PORT)")" KAFKA_DIR="$SOMA/kafka"
  if [ ! -f "$SOMA/kafka/data/meta.properties" ]; then
    # Formatting that was interrupted begins anew.
    rm -rf "$SOMA/kafka/data"
    mapfile -d '' words < <(kafka_java kafka.tools.StorageTool format -c "$config" \
      -t "$(head -c 16 /dev/urandom | base64url)")
    "${words[@]}" >"$SOMA/log/kafka-format.log" 2>&1 </dev/null || {
      tail -n 20 "$SOMA/log/kafka-format.log" >&2
      die "Kafka's storage was not formatted"
    }
  fi
  mapfile -d '' words < <(kafka_java kafka.Kafka "$config")
  start kafka "${words[@]}"
}

# The topics are there, which a broker that does not answer metadata requests cannot say.
kafka_topics() {
  env SOMABRAIN_PORTS_FILE="$ROOT/ports.json" SOMABRAIN_KAFKA_REPLICATION=1 "$BINARY" topics
}

set_up_kafka() { wait_for kafka 60 kafka_topics; }

# TERM hands its partitions over first, to nobody here: killed after a while like any other.
stop_kafka() { stop kafka TERM 20; }
