-- Coordinates of what is learnt that came after 0017, behind those it had: the views density and bridge, then what four
-- features of coverage weigh in p. Rows from before get where each begins: 0, and gradients that say nothing of them.
ALTER TABLE learning_weights NO FORCE ROW LEVEL SECURITY;
ALTER TABLE learning_weights
    DROP CONSTRAINT learning_weights_before_check,
    DROP CONSTRAINT learning_weights_after_check,
    DROP CONSTRAINT learning_weights_gradient_check,
    DROP CONSTRAINT learning_weights_squares_check;
UPDATE learning_weights SET
    before = before || array_fill(0::float8, '{6}'),
    after = after || array_fill(0::float8, '{6}'),
    gradient = CASE WHEN gradient IS NULL THEN NULL ELSE gradient || array_fill(0::float8, '{6}') END,
    squares = squares || 0::float8;
ALTER TABLE learning_weights
    ADD CONSTRAINT learning_weights_before_check CHECK (cardinality(before) = 17),
    ADD CONSTRAINT learning_weights_after_check CHECK (cardinality(after) = 17),
    ADD CONSTRAINT learning_weights_gradient_check CHECK (cardinality(gradient) = 17),
    ADD CONSTRAINT learning_weights_squares_check CHECK (cardinality(squares) = 3);
ALTER TABLE learning_weights FORCE ROW LEVEL SECURITY;

-- Tenants after this one, by id, whose newest row names an older law than this version.
CREATE FUNCTION learning_under_older_law(version bigint, after uuid, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id FROM tenants t, LATERAL (
        SELECT w.constitution_version FROM learning_weights w WHERE w.tenant = t.id ORDER BY w.version DESC LIMIT 1
    ) newest
    WHERE t.id > after AND newest.constitution_version < learning_under_older_law.version ORDER BY t.id LIMIT most
$$;
REVOKE ALL ON FUNCTION learning_under_older_law(bigint, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION learning_under_older_law(bigint, uuid, integer) TO soma_app;
