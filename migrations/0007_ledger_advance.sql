-- Moves streams and the log on, if they stand where the caller believes; otherwise nothing of its
-- transaction may stand, and it is told to ask first. `ids` in ascending order: two callers that share
-- streams never wait for each other in a circle. Runs with the caller's rights.
CREATE FUNCTION ledger_advance(ids uuid[], sequences_from bigint[], sequences_to bigint[],
                               size_from bigint, size_to bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(ids) LOOP
        UPDATE public.streams SET sequence = sequences_to[i]
         WHERE id = ids[i] AND sequence = sequences_from[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another process has written to the stream' USING ERRCODE = '40001';
        END IF;
    END LOOP;
    UPDATE public.log SET size = size_to WHERE size = size_from;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another process has written to the log' USING ERRCODE = '40001';
    END IF;
END $$;
REVOKE ALL ON FUNCTION ledger_advance(uuid[], bigint[], bigint[], bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_advance(uuid[], bigint[], bigint[], bigint, bigint) TO soma_app;
