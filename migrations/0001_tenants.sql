-- Runs as soma_owner. Roles, database and schema: deploy/postgres/roles.sql.

-- One row per embedding model and dimension ever used. Vectors of different generations never mix.
CREATE TABLE model_generations (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model      text NOT NULL,
    dimension  integer NOT NULL CHECK (dimension BETWEEN 1 AND 2048),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (model, dimension)
);

CREATE TABLE tenants (
    id               uuid PRIMARY KEY,
    name             text NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 256),
    shard            smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),  -- the Kafka partition, fixed
    epoch            bigint NOT NULL,  -- the bits of a u64; changes at restore
    model_generation integer NOT NULL REFERENCES model_generations,
    created_at       timestamptz NOT NULL
);

-- The last sequence of each stream. The committer locks these rows, in order of id, before anything else.
CREATE TABLE streams (
    id       uuid PRIMARY KEY,
    tenant   uuid REFERENCES tenants,  -- NULL for `system`
    name     text NOT NULL CHECK (name IN ('state', 'access', 'system')),
    sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    CHECK ((tenant IS NULL) = (name = 'system')),
    UNIQUE NULLS NOT DISTINCT (tenant, name)
) WITH (fillfactor = 50);  -- updated at every commit: room for heap-only updates
INSERT INTO streams (id, name) VALUES (gen_random_uuid(), 'system');

-- These have no row-level security: they hold no tenant's data, and the committer works for all tenants.
GRANT SELECT ON model_generations, tenants, streams TO soma_app;
GRANT UPDATE (sequence) ON streams TO soma_app;
