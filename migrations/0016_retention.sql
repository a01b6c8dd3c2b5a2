-- Drops the oldest partition, and only behind it something was written: the log's last event, which backups
-- ask for, always stays. Nor while an erasure that is not done began in it: its receipt names that event.
-- Still granted to nobody: history is dropped only by the process that has proved it archived.
CREATE OR REPLACE FUNCTION events_drop_partition(first bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    oldest events_partitions%ROWTYPE;
BEGIN
    LOCK TABLE events_partitions IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO oldest FROM events_partitions ORDER BY first_index LIMIT 1;
    IF oldest.first_index IS DISTINCT FROM first THEN
        RAISE EXCEPTION 'only the oldest partition may be dropped';
    END IF;
    IF oldest.end_index >= (SELECT size FROM log) THEN
        RAISE EXCEPTION 'the partition is still being written';
    END IF;
    PERFORM FROM erasures x JOIN events e ON e.tenant = x.tenant AND e.stream = 'state'
        AND e.stream_sequence = x.first_sequence
      WHERE x.state <> 'done' AND e.log_index < oldest.end_index;
    IF FOUND THEN
        RAISE EXCEPTION 'an erasure that is not done began in the partition';
    END IF;
    EXECUTE format('DROP TABLE %I', oldest.name);
    DELETE FROM events_partitions WHERE first_index = first;
    RETURN oldest.name;
END $$;
