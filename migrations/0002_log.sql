-- The ledger, which is the outbox as well: `events`, numbered densely by `log`.

-- One row. `size` events have been numbered 0 .. size - 1. The committer locks it last.
CREATE TABLE log (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    log_id uuid NOT NULL DEFAULT gen_random_uuid(),
    size   bigint NOT NULL DEFAULT 0 CHECK (size >= 0)
) WITH (fillfactor = 50);
INSERT INTO log DEFAULT VALUES;
GRANT SELECT, UPDATE (size) ON log TO soma_app;

CREATE TABLE events (
    log_id          uuid NOT NULL,
    log_index       bigint NOT NULL CHECK (log_index >= 0),
    id              uuid NOT NULL,
    tenant          uuid,  -- NULL for `system`
    stream          text NOT NULL CHECK (stream IN ('state', 'access', 'system')),
    stream_sequence bigint NOT NULL CHECK (stream_sequence > 0),
    time            timestamptz NOT NULL,
    actor           text NOT NULL,
    action          text NOT NULL,
    telemetry_ref   text,
    body            bytea NOT NULL CHECK (octet_length(body) <= 65535),  -- JCS, relayed and tiled as it is
    leaf            bytea NOT NULL CHECK (octet_length(leaf) = 32),      -- SHA-256(0x00 || body)
    CHECK ((tenant IS NULL) = (stream = 'system')),
    PRIMARY KEY (log_index, log_id)
) PARTITION BY RANGE (log_index);
CREATE INDEX events_by_stream ON events (tenant, stream, stream_sequence);
CREATE INDEX events_by_id ON events (id);

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON events FOR SELECT TO soma_app
    USING (tenant = NULLIF(current_setting('soma.tenant', true), '')::uuid);
CREATE POLICY append ON events FOR INSERT TO soma_events_writer WITH CHECK (true);
CREATE POLICY relay ON events FOR SELECT TO soma_relay USING (true);
-- For events_seen() and backups; FORCE binds the owner too.
CREATE POLICY owner ON events FOR SELECT TO soma_owner USING (true);
GRANT SELECT ON events TO soma_app, soma_relay;
GRANT INSERT ON events TO soma_events_writer;

-- What partitions there are, so that nobody has to parse their bounds.
CREATE TABLE events_partitions (
    name        text PRIMARY KEY,
    first_index bigint NOT NULL UNIQUE,
    end_index   bigint NOT NULL UNIQUE,  -- exclusive
    CHECK (first_index < end_index)
);
GRANT SELECT ON events_partitions TO soma_app;

-- Adds the partition that follows the last one. Partitions carry no grants: events are reached through
-- the parent and its policies alone.
CREATE FUNCTION events_add_partition(partition_rows bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first bigint;
    name  text;
BEGIN
    IF partition_rows <= 0 OR partition_rows % 65536 <> 0 THEN
        RAISE EXCEPTION 'partition_rows must be a positive multiple of 65536';
    END IF;
    LOCK TABLE events_partitions IN SHARE ROW EXCLUSIVE MODE;  -- one maker at a time
    SELECT coalesce(max(end_index), 0) INTO first FROM events_partitions;
    name := 'events_' || first;
    -- Made apart and attached: attaching does not stop readers and writers of the other partitions.
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT bounds CHECK (log_index >= %s AND log_index < %s)',
                   name, first, first + partition_rows);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   name, first, first + partition_rows);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT bounds', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);
    INSERT INTO events_partitions VALUES (name, first, first + partition_rows);
    RETURN name;
END $$;

-- Drops the oldest partition, and only when every index in it has been used. Granted to nobody: history is
-- dropped only by the process that has proved it archived.
CREATE FUNCTION events_drop_partition(first bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    oldest events_partitions%ROWTYPE;
BEGIN
    LOCK TABLE events_partitions IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO oldest FROM events_partitions ORDER BY first_index LIMIT 1;
    IF oldest.first_index IS DISTINCT FROM first THEN
        RAISE EXCEPTION 'only the oldest partition may be dropped';
    END IF;
    IF oldest.end_index > (SELECT size FROM log) THEN
        RAISE EXCEPTION 'the partition is still being written';
    END IF;
    EXECUTE format('DROP TABLE %I', oldest.name);
    DELETE FROM events_partitions WHERE first_index = first;
    RETURN oldest.name;
END $$;

-- Keeps two whole partitions beyond the one in use; returns how many it made.
CREATE FUNCTION events_keep_ahead(partition_rows bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made integer := 0;
BEGIN
    WHILE (SELECT count(*) FROM events_partitions, log WHERE end_index > size) < 3 LOOP
        PERFORM events_add_partition(partition_rows);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Which of these events are in the ledger already: asked by a replay that holds the `log` row's lock.
CREATE FUNCTION events_seen(ids uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT id FROM events WHERE id = ANY (ids) $$;

REVOKE ALL ON FUNCTION events_add_partition(bigint), events_drop_partition(bigint),
    events_keep_ahead(bigint), events_seen(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events_add_partition(bigint), events_keep_ahead(bigint), events_seen(uuid[])
    TO soma_app;
