-- A fact has two times: when it was recorded and when it is true. What was recorded at an earlier moment
-- can only be told when a supersession leaves behind what it changed.
ALTER TABLE memories
    ADD COLUMN superseded_at  timestamptz,  -- created_at of the memory that took the key
    ADD COLUMN given_valid_to timestamptz;  -- valid_to before that

-- FORCE binds the owner too, and there is no policy for it to update by: lifted for this one statement.
-- What an earlier supersession overwrote is not known any more; it counts as not given.
ALTER TABLE memories NO FORCE ROW LEVEL SECURITY;
UPDATE memories old SET superseded_at = COALESCE(
    (SELECT new.created_at FROM memories new WHERE new.tenant = old.tenant AND new.id = old.superseded_by),
    GREATEST(old.created_at, old.valid_to))
WHERE old.superseded_by IS NOT NULL;
ALTER TABLE memories FORCE ROW LEVEL SECURITY;

ALTER TABLE memories ADD CHECK ((superseded_by IS NULL) = (superseded_at IS NULL));

-- The chain behind a key.
CREATE INDEX memories_key_chain ON memories (tenant, key_hmac, sequence) WHERE key_hmac IS NOT NULL;
