-- How evaluations turned out. What was said and judged is sealed like the evaluation, and lives as long.

CREATE TABLE feedback_events (
    tenant         uuid NOT NULL,
    evaluation_id  uuid NOT NULL,
    id             uuid NOT NULL,
    session_hmac   bytea CHECK (octet_length(session_hmac) = 32),  -- where its response is remembered
    subject_hmac   bytea NOT NULL CHECK (octet_length(subject_hmac) = 32),
    sequence       bigint NOT NULL,  -- in the tenant's `state` stream
    log_index      bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,  -- the evaluation's
    request_digest bytea NOT NULL CHECK (octet_length(request_digest) = 32),
    sealed         bytea NOT NULL,
    PRIMARY KEY (tenant, evaluation_id)  -- one verdict each
);
CREATE INDEX feedback_session_order ON feedback_events (tenant, session_hmac, log_index)
    WHERE session_hmac IS NOT NULL;
CREATE INDEX feedback_expiry ON feedback_events (expires_at);
ALTER TABLE feedback_events ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Plain numbers, kept: what models cost. The model's name is an HMAC under the tenant's key.
CREATE TABLE token_usage (
    tenant      uuid NOT NULL,
    feedback_id uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    tokens      bigint NOT NULL CHECK (tokens >= 0),
    model_hmac  bytea CHECK (octet_length(model_hmac) = 32),
    PRIMARY KEY (tenant, feedback_id)
);
CREATE INDEX token_usage_by_time ON token_usage (tenant, created_at);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['feedback_events', 'token_usage'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I TO soma_app USING '
            '(tenant = NULLIF(current_setting(''soma.tenant'', true), '''')::uuid)', name);
        EXECUTE format('CREATE POLICY owner_reads ON %I FOR SELECT TO soma_owner USING (true)', name);
    END LOOP;
END $$;
CREATE POLICY owner_prunes ON feedback_events FOR DELETE TO soma_owner USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON feedback_events, token_usage TO soma_app;

-- As before, and feedback with its evaluation.
CREATE OR REPLACE FUNCTION prune(keys_before timestamptz, evaluations_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH keys AS (DELETE FROM idempotency_keys WHERE created_at <= keys_before RETURNING 1),
         evals AS (DELETE FROM evaluations WHERE expires_at <= evaluations_before RETURNING 1),
         verdicts AS (DELETE FROM feedback_events WHERE expires_at <= evaluations_before RETURNING 1)
    SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM evals) + (SELECT count(*) FROM verdicts)
$$;
