-- What feedback makes of the memory graph, where a tenant's module `conductance` is on. A link of type co_used joins two
-- memories that a verdict credited together, the lower id first; no caller makes one. `gain` is what currents have made of a
-- link: its conductance is weight times gain.
ALTER TABLE links DROP CONSTRAINT links_type_check,
    ADD CONSTRAINT links_type_check CHECK (type IN ('related', 'causes', 'contrasts', 'part_of', 'depends_on',
                                                    'motivates', 'summary_of', 'next', 'co_used')),
    ADD CONSTRAINT links_co_used_check CHECK (type <> 'co_used' OR from_id < to_id),
    ADD COLUMN gain double precision NOT NULL DEFAULT 1 CHECK (gain >= 1e-9 AND gain <= 1e3);

-- Verdicts whose current has not flowed yet: a batch deletes them in the transaction that writes what they made of gains.
-- No content: ids, deleted with any memory they name.
CREATE TABLE flow_verdicts (
    tenant     uuid NOT NULL,
    sequence   bigint NOT NULL,       -- of the feedback's event, in the tenant's `state` stream
    created_at timestamptz NOT NULL,
    source     uuid NOT NULL,         -- the memory that the evaluation ranked first
    sinks      uuid[] NOT NULL CHECK (cardinality(sinks) BETWEEN 1 AND 20),  -- those credited
    PRIMARY KEY (tenant, sequence)
);
ALTER TABLE flow_verdicts ENABLE ROW LEVEL SECURITY;
ALTER TABLE flow_verdicts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON flow_verdicts TO soma_app
    USING (tenant = NULLIF(current_setting('soma.tenant', true), '')::uuid);
CREATE POLICY owner_reads ON flow_verdicts FOR SELECT TO soma_owner USING (true);
GRANT SELECT, INSERT, DELETE ON flow_verdicts TO soma_app;

-- Tenants that have such verdicts, whoever has waited longest first.
CREATE FUNCTION flows_owed(most integer) RETURNS TABLE (tenant uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT v.tenant FROM flow_verdicts v GROUP BY v.tenant ORDER BY min(v.created_at) LIMIT most
$$;
REVOKE ALL ON FUNCTION flows_owed(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION flows_owed(integer) TO soma_app;
