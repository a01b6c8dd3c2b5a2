-- What feedback taught: each tenant's weights, an append-only history. Arrays have the coordinates in the order of
-- domain/adaptation/coordinates.h: lambda, mu, nu, then u = a/tau of each view. No content is in them, so erasing a
-- subject leaves them: a row that went would take the proof of all later ones with it.
CREATE TABLE learning_weights (
    tenant               uuid NOT NULL,
    version              bigint NOT NULL CHECK (version >= 1),  -- dense
    kind                 text NOT NULL CHECK (kind IN ('step', 'rollback', 'alarm', 'projection')),
    sequence             bigint NOT NULL,  -- in the tenant's `state` stream, of its event
    created_at           timestamptz NOT NULL,
    constitution_version bigint NOT NULL,  -- whose bounds held
    feedback_id          uuid,             -- that led to it
    before               float8[] NOT NULL CHECK (cardinality(before) = 11),
    after                float8[] NOT NULL CHECK (cardinality(after) = 11),
    gradient             float8[] CHECK (cardinality(gradient) = 11),
    reward               float8 CHECK (reward BETWEEN -1 AND 1),  -- the signal
    alarm                text CHECK (alarm IN ('level', 'fixity', 'split')),
    restored             bigint,           -- the version gone back to
    squares              float8[] NOT NULL CHECK (cardinality(squares) = 2),  -- sums of squared gradients so far
    chart_count          bigint NOT NULL,  -- of rewards, since the charts began
    chart_values         float8[] NOT NULL CHECK (cardinality(chart_values) = 6),
    chart_versions       bigint[] NOT NULL CHECK (cardinality(chart_versions) = 4),
    PRIMARY KEY (tenant, version),
    CHECK ((kind = 'step') = (gradient IS NOT NULL)),
    CHECK ((kind = 'step') = (reward IS NOT NULL)),
    CHECK ((kind IN ('rollback', 'alarm')) = (restored IS NOT NULL))
);
ALTER TABLE learning_weights ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning_weights FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON learning_weights TO soma_app
    USING (tenant = NULLIF(current_setting('soma.tenant', true), '')::uuid);
CREATE POLICY owner_reads ON learning_weights FOR SELECT TO soma_owner USING (true);  -- for backups
GRANT SELECT, INSERT ON learning_weights TO soma_app;
