-- The law's proposals and versions, by hash. What is in a row is believed only after it has been verified: the
-- chain of versions from the operator's trust root, each signed by the holders before it and by its own.
CREATE TABLE constitution_versions (
    hash         bytea PRIMARY KEY CHECK (octet_length(hash) = 64),
    version      bigint NOT NULL CHECK (version >= 1),
    document     bytea NOT NULL CHECK (octet_length(document) <= 262144),  -- canonical JSON
    log_index    bigint NOT NULL,  -- of the proposal's event
    proposed_at  timestamptz NOT NULL,
    activated_at timestamptz,  -- NULL: a proposal
    locked_at    timestamptz,  -- when its snapshot lay under object lock, read back; NULL: owed once active
    CHECK (locked_at IS NULL OR activated_at IS NOT NULL)
);
CREATE UNIQUE INDEX constitution_active_versions ON constitution_versions (version)
    WHERE activated_at IS NOT NULL;
CREATE INDEX constitution_proposals ON constitution_versions (version, log_index)
    WHERE activated_at IS NULL;

CREATE TABLE constitution_signatures (
    hash       bytea NOT NULL REFERENCES constitution_versions,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    signature  bytea NOT NULL CHECK (octet_length(signature) = 64),
    signed_at  timestamptz NOT NULL,
    PRIMARY KEY (hash, public_key)
);

-- The newest version. Whoever changes the law locks this row first.
CREATE TABLE constitution_pointer (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL CHECK (version >= 0),
    hash    bytea NOT NULL CHECK (octet_length(hash) = CASE WHEN version = 0 THEN 0 ELSE 64 END)
);
INSERT INTO constitution_pointer (version, hash) VALUES (0, '');

-- No row-level security: the law is everybody's, and no tenant's data is in it.
GRANT SELECT, INSERT ON constitution_versions, constitution_signatures TO soma_app;
GRANT UPDATE (activated_at, locked_at) ON constitution_versions TO soma_app;
GRANT SELECT, UPDATE (version, hash) ON constitution_pointer TO soma_app;
