-- What joins memories. No content: ids, a type of eight, a weight. Like embeddings without foreign keys: the
-- committer deletes a memory's links with it.
CREATE TABLE links (
    tenant        uuid NOT NULL,
    from_id       uuid NOT NULL,
    to_id         uuid NOT NULL,
    type          text NOT NULL CHECK (type IN ('related', 'causes', 'contrasts', 'part_of', 'depends_on',
                                                'motivates', 'summary_of', 'next')),
    weight        double precision NOT NULL CHECK (weight > 0 AND weight <= 1),  -- at reinforced_at
    reinforced_at timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    sequence      bigint NOT NULL,  -- in the tenant's `state` stream, of the last reinforcement
    log_index     bigint NOT NULL,
    CHECK (from_id <> to_id),
    CHECK (created_at <= reinforced_at),
    PRIMARY KEY (tenant, from_id, to_id, type)
);
CREATE INDEX links_to ON links (tenant, to_id);
ALTER TABLE links ENABLE ROW LEVEL SECURITY;
ALTER TABLE links FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON links TO soma_app
    USING (tenant = NULLIF(current_setting('soma.tenant', true), '')::uuid);
CREATE POLICY owner_reads ON links FOR SELECT TO soma_owner USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON links TO soma_app;
