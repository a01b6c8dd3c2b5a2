-- A restore begins a new log behind the old one: log_index goes on growing over both, so that it orders
-- rows as before, and the new log's first event is at `first_index`. `size` is the index of the event to
-- come; an event's leaf in its log's Merkle tree is log_index - first_index, the tree's size is
-- size - first_index. The alignment keeps tiles of that tree within partitions of `events`.
ALTER TABLE log ADD COLUMN first_index bigint NOT NULL DEFAULT 0,
    ADD CHECK (first_index % 65536 = 0), ADD CHECK (first_index BETWEEN 0 AND size);

-- As before, and only while the log is the caller's: one that was restored meanwhile may by chance stand
-- at the same numbers.
DROP FUNCTION ledger_advance(uuid[], bigint[], bigint[], bigint, bigint, bytea[]);
CREATE FUNCTION ledger_advance(of_log uuid, ids uuid[], sequences_from bigint[], sequences_to bigint[],
                               size_from bigint, size_to bigint, key_ids bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    FOR i IN 1 .. cardinality(ids) LOOP
        UPDATE streams SET sequence = sequences_to[i] WHERE id = ids[i] AND sequence = sequences_from[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another process has written to the stream' USING ERRCODE = '40001';
        END IF;
    END LOOP;
    UPDATE log SET size = size_to WHERE size = size_from AND log_id = of_log;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another process has written to the log' USING ERRCODE = '40001';
    END IF;
    IF cardinality(key_ids) > 0 THEN
        PERFORM FROM erasures e WHERE e.key_id = ANY (key_ids);
        IF FOUND THEN
            RAISE EXCEPTION 'a key was erased' USING ERRCODE = '40001';
        END IF;
    END IF;
END $$;
REVOKE ALL ON FUNCTION ledger_advance(uuid, uuid[], bigint[], bigint[], bigint, bigint, bytea[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_advance(uuid, uuid[], bigint[], bigint[], bigint, bigint, bytea[])
    TO soma_app;
