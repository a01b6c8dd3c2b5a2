-- What tenants remember. Content is sealed under the subject's data key, which is not in this database;
-- plain columns are ids, sequences, times, small numbers, and HMACs under the tenant's key.

CREATE TABLE memories (
    tenant              uuid NOT NULL,
    id                  uuid NOT NULL,
    sequence            bigint NOT NULL,  -- in the tenant's `state` stream
    log_index           bigint NOT NULL,
    created_at          timestamptz NOT NULL,
    occurred_at         timestamptz,
    valid_from          timestamptz,  -- inclusive
    valid_to            timestamptz,  -- exclusive
    expires_at          timestamptz,
    turn                integer CHECK (turn >= 0),
    importance          double precision CHECK (importance BETWEEN 0 AND 1),
    kind                text NOT NULL,
    superseded_by       uuid,
    superseded_sequence bigint,
    subject_hmac        bytea NOT NULL CHECK (octet_length(subject_hmac) = 32),
    key_hmac            bytea CHECK (octet_length(key_hmac) = 32),
    session_hmac        bytea CHECK (octet_length(session_hmac) = 32),
    sealed              bytea NOT NULL,
    CHECK ((superseded_by IS NULL) = (superseded_sequence IS NULL)),
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX memories_by_sequence ON memories (tenant, sequence);
-- A key has one holder: two committers that disagree fail here, not in an answer.
CREATE UNIQUE INDEX memories_key_holder ON memories (tenant, key_hmac)
    WHERE key_hmac IS NOT NULL AND superseded_by IS NULL;
CREATE INDEX memories_session_order ON memories (tenant, session_hmac, log_index)
    WHERE session_hmac IS NOT NULL;
CREATE INDEX memories_session_turn ON memories (tenant, session_hmac, turn)
    WHERE session_hmac IS NOT NULL AND turn IS NOT NULL;
CREATE INDEX memories_expiry ON memories (expires_at) WHERE expires_at IS NOT NULL;
-- Ciphertext does not compress: spend no time trying.
ALTER TABLE memories ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- No foreign key: the committer writes and deletes both tables in one transaction, and a key check per
-- passage would cost more than its insert.
CREATE TABLE embeddings (
    tenant           uuid NOT NULL,
    memory_id        uuid NOT NULL,
    passage          integer NOT NULL CHECK (passage >= 0),
    model_generation integer NOT NULL,
    sealed           bytea NOT NULL,
    PRIMARY KEY (memory_id, passage, model_generation)
);
ALTER TABLE embeddings ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Kept 24 hours. The key itself is not stored: it may say something of the caller.
CREATE TABLE idempotency_keys (
    tenant         uuid NOT NULL,
    key_hmac       bytea NOT NULL CHECK (octet_length(key_hmac) = 32),
    request_digest bytea NOT NULL CHECK (octet_length(request_digest) = 32),
    answer         bytea NOT NULL,  -- ids, sequences and times: nothing of the content
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant, key_hmac)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE evaluations (
    tenant          uuid NOT NULL,
    id              uuid NOT NULL,
    session_hmac    bytea CHECK (octet_length(session_hmac) = 32),
    subject_hmac    bytea NOT NULL CHECK (octet_length(subject_hmac) = 32),
    log_index       bigint NOT NULL,
    access_sequence bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    sealed          bytea NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX evaluations_session_order ON evaluations (tenant, session_hmac, log_index)
    WHERE session_hmac IS NOT NULL;
CREATE INDEX evaluations_expiry ON evaluations (expires_at);
ALTER TABLE evaluations ALTER COLUMN sealed SET STORAGE EXTERNAL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['memories', 'embeddings', 'idempotency_keys', 'evaluations'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I TO soma_app USING '
            '(tenant = NULLIF(current_setting(''soma.tenant'', true), '''')::uuid)', name);
        -- For backups and for prune() and expired_memories() below; FORCE binds the owner too.
        EXECUTE format('CREATE POLICY owner_reads ON %I FOR SELECT TO soma_owner USING (true)', name);
    END LOOP;
END $$;
CREATE POLICY owner_prunes ON idempotency_keys FOR DELETE TO soma_owner USING (true);
CREATE POLICY owner_prunes ON evaluations FOR DELETE TO soma_owner USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON memories, embeddings, idempotency_keys, evaluations TO soma_app;

-- Deletes, for all tenants, what has outlived its time and owes no event; returns how many rows.
CREATE FUNCTION prune(keys_before timestamptz, evaluations_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH keys AS (DELETE FROM idempotency_keys WHERE created_at <= keys_before RETURNING 1),
         evals AS (DELETE FROM evaluations WHERE expires_at <= evaluations_before RETURNING 1)
    SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM evals)
$$;

-- Memories whose time to live has passed: the committer removes them, for they owe an event.
CREATE FUNCTION expired_memories(at timestamptz, most integer)
RETURNS TABLE (tenant uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.tenant, m.id FROM memories m WHERE m.expires_at <= at ORDER BY m.expires_at LIMIT most
$$;
REVOKE ALL ON FUNCTION prune(timestamptz, timestamptz), expired_memories(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune(timestamptz, timestamptz), expired_memories(timestamptz, integer) TO soma_app;
