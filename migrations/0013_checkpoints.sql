-- The log as a Merkle tree (RFC 9162) over `events.leaf`: leaf n is the event with log_index first_index + n.

-- Signed tree heads, one a second at most. Kept for ever: none is ever changed or taken back.
CREATE TABLE checkpoints (
    log_id    uuid NOT NULL,
    size      bigint NOT NULL CHECK (size > 0),  -- leaves
    peaks     bytea NOT NULL,  -- roots of the complete subtrees it consists of: the tree grows on from them
    note      bytea NOT NULL CHECK (octet_length(note) <= 16384),  -- C2SP tlog-checkpoint
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (log_id, size),
    CHECK (octet_length(peaks) = 32 * bit_count(size::bit(64)))
);

-- Roots of full tiles, which are the hashes in the tiles above: of level 1 over 256 leaves each, of level 2
-- over 65,536. Level 0 is `events.leaf`.
CREATE TABLE subtrees (
    log_id uuid NOT NULL,
    level  smallint NOT NULL CHECK (level BETWEEN 1 AND 7),
    index  bigint NOT NULL CHECK (index >= 0),
    root   bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (log_id, level, index)
);

-- How much of a log lies in object storage, locked and read back.
CREATE TABLE log_archives (
    log_id     uuid PRIMARY KEY,
    tiles      bigint NOT NULL CHECK (tiles >= 0),      -- full ones of level 0, and all above them
    checkpoint bigint NOT NULL CHECK (checkpoint >= 0)  -- size of the newest one there
);

-- No row-level security: hashes and counts tell nothing of any tenant.
GRANT SELECT, INSERT ON checkpoints, subtrees, log_archives TO soma_app;
GRANT UPDATE (tiles, checkpoint) ON log_archives TO soma_app;

-- Events across tenants, for whoever makes the tree: leaves, and bodies for the tiles.
CREATE FUNCTION log_leaves(of_log uuid, first bigint, count bigint) RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT leaf FROM events WHERE log_id = of_log AND log_index >= first AND log_index < first + count
    ORDER BY log_index $$;
CREATE FUNCTION log_entries(of_log uuid, first bigint, count bigint) RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT body FROM events WHERE log_id = of_log AND log_index >= first AND log_index < first + count
    ORDER BY log_index $$;
REVOKE ALL ON FUNCTION log_leaves(uuid, bigint, bigint), log_entries(uuid, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_leaves(uuid, bigint, bigint), log_entries(uuid, bigint, bigint) TO soma_app;
