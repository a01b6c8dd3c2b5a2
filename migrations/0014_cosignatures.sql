-- What the witness said of checkpoints: a note signature (C2SP tlog-cosignature) each. A table of its own, for
-- checkpoints are never changed and a cosignature comes later, or never.
CREATE TABLE cosignatures (
    log_id      uuid NOT NULL,
    size        bigint NOT NULL,
    line        bytea NOT NULL CHECK (octet_length(line) BETWEEN 1 AND 1024),  -- with its newline
    received_at timestamptz NOT NULL,
    PRIMARY KEY (log_id, size),
    FOREIGN KEY (log_id, size) REFERENCES checkpoints
);
GRANT SELECT, INSERT ON cosignatures TO soma_app;

-- Checkpoints as they are handed out: the note has the witness's line once there is one.
CREATE VIEW checkpoint_notes AS
SELECT c.log_id, c.size, c.peaks, c.note || coalesce(w.line, ''::bytea) AS note, c.signed_at,
       w.line IS NOT NULL AS witnessed
FROM checkpoints c LEFT JOIN cosignatures w USING (log_id, size);
GRANT SELECT ON checkpoint_notes TO soma_app;
