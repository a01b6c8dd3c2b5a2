-- Subjects that were erased, or are being erased. A row names its subject by HMAC alone, and the key that was
-- destroyed by a digest of it.
CREATE TABLE erasures (
    tenant          uuid NOT NULL,
    id              uuid NOT NULL,
    subject_hmac    bytea NOT NULL CHECK (octet_length(subject_hmac) = 32),
    key_id          bytea NOT NULL UNIQUE CHECK (octet_length(key_id) = 16),
    state           text NOT NULL CHECK (state IN ('rows_owed', 'keys_owed', 'done')),
    requested_at    timestamptz NOT NULL,
    completed_at    timestamptz,
    changed_at      timestamptz NOT NULL,  -- by the server's clock: other processes ask for what is new
    first_sequence  bigint NOT NULL,  -- in the tenant's `state` stream, of its first event
    sequence        bigint NOT NULL,  -- of its last
    memories        bigint NOT NULL,  -- rows deleted so far
    embeddings      bigint NOT NULL,
    links           bigint NOT NULL,
    evaluations     bigint NOT NULL,
    feedback_events bigint NOT NULL,
    token_usage     bigint NOT NULL,
    receipt         bytea,  -- canonical JSON, signed
    CHECK ((state = 'done') = (receipt IS NOT NULL)),
    CHECK ((state = 'done') = (completed_at IS NOT NULL)),
    PRIMARY KEY (tenant, id)
);
CREATE INDEX erasures_of_subject ON erasures (tenant, subject_hmac, first_sequence);
CREATE INDEX erasures_changed ON erasures (changed_at);
CREATE INDEX erasures_owed ON erasures (requested_at) WHERE state <> 'done';
ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON erasures TO soma_app
    USING (tenant = NULLIF(current_setting('soma.tenant', true), '')::uuid);
-- For backups and the functions below; FORCE binds the owner too.
CREATE POLICY owner_reads ON erasures FOR SELECT TO soma_owner USING (true);
GRANT SELECT, INSERT, UPDATE ON erasures TO soma_app;

-- What is left of a subject is asked for under the locks of a write.
CREATE INDEX memories_by_subject ON memories (tenant, subject_hmac);
CREATE INDEX evaluations_by_subject ON evaluations (tenant, subject_hmac);
CREATE INDEX feedback_by_subject ON feedback_events (tenant, subject_hmac);

-- Erasures that are not done, of all tenants, the oldest first.
CREATE FUNCTION erasures_owed(most integer) RETURNS TABLE (tenant uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.tenant, e.id FROM erasures e WHERE e.state <> 'done' ORDER BY e.requested_at LIMIT most
$$;
-- Erasures of all tenants that moved on within this time: every process must follow them.
CREATE FUNCTION erasures_changed(within interval)
RETURNS TABLE (tenant uuid, id uuid, subject_hmac bytea, sequence bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.tenant, e.id, e.subject_hmac, e.sequence FROM erasures e
     WHERE e.changed_at > clock_timestamp() - within
$$;
REVOKE ALL ON FUNCTION erasures_owed(integer), erasures_changed(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erasures_owed(integer), erasures_changed(interval) TO soma_app;

-- As before, and the data keys that the transaction's rows are sealed under must not be erased. Asked with
-- the log's lock held: an erasure that comes later finds those rows and deletes them. Runs as the owner, who
-- sees the erasures of all tenants.
DROP FUNCTION ledger_advance(uuid[], bigint[], bigint[], bigint, bigint);
CREATE FUNCTION ledger_advance(ids uuid[], sequences_from bigint[], sequences_to bigint[],
                               size_from bigint, size_to bigint, key_ids bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    FOR i IN 1 .. cardinality(ids) LOOP
        UPDATE streams SET sequence = sequences_to[i] WHERE id = ids[i] AND sequence = sequences_from[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another process has written to the stream' USING ERRCODE = '40001';
        END IF;
    END LOOP;
    UPDATE log SET size = size_to WHERE size = size_from;
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
REVOKE ALL ON FUNCTION ledger_advance(uuid[], bigint[], bigint[], bigint, bigint, bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_advance(uuid[], bigint[], bigint[], bigint, bigint, bytea[]) TO soma_app;
