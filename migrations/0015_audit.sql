-- What auditors ask for. Each filter of GET /v1/audit/events walks its own index in the order of the log, so that a
-- page costs a page however many events there are. Made on the parent: PostgreSQL makes them on every partition,
-- and on each new one as events_add_partition() attaches it. Building them takes a while where there are many
-- events, and nobody writes meanwhile.
CREATE INDEX events_in_stream ON events (tenant, stream, log_index);
CREATE INDEX events_by_action ON events (tenant, action, log_index);
CREATE INDEX events_by_actor ON events (tenant, actor, log_index);
CREATE INDEX events_by_telemetry_ref ON events (tenant, telemetry_ref, log_index) WHERE telemetry_ref IS NOT NULL;
CREATE INDEX events_by_time ON events (tenant, time);

-- Where each log before the present one began: an event's leaf is log_index - first_index of its own log.
CREATE TABLE former_logs (
    log_id      uuid PRIMARY KEY,
    first_index bigint NOT NULL UNIQUE CHECK (first_index % 65536 = 0)
);
GRANT SELECT ON former_logs TO soma_app;

INSERT INTO former_logs (log_id, first_index)
SELECT e.log_id, min(e.log_index) FROM events e, log l WHERE e.log_index < l.first_index GROUP BY e.log_id;

-- A restore is what gives `log` another id.
CREATE FUNCTION log_ended() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO former_logs (log_id, first_index) VALUES (OLD.log_id, OLD.first_index);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION log_ended() FROM PUBLIC;
CREATE TRIGGER log_ended AFTER UPDATE OF log_id ON log
    FOR EACH ROW WHEN (OLD.log_id <> NEW.log_id AND OLD.size > OLD.first_index) EXECUTE FUNCTION log_ended();
