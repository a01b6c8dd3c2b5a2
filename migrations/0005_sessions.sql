-- Up to where sessions have been ended: their working memory is what the log holds above. Like the rows it
-- bounds, a mark names its session by HMAC alone.
CREATE TABLE ended_sessions (
    tenant       uuid NOT NULL,
    session_hmac bytea NOT NULL CHECK (octet_length(session_hmac) = 32),
    log_index    bigint NOT NULL,
    PRIMARY KEY (tenant, session_hmac)
);
ALTER TABLE ended_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE ended_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON ended_sessions TO soma_app
    USING (tenant = NULLIF(current_setting('soma.tenant', true), '')::uuid);
CREATE POLICY owner_reads ON ended_sessions FOR SELECT TO soma_owner USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON ended_sessions TO soma_app;
