-- Which advanced modules are on for a tenant: names separated by commas, or 'none'. NULL: those that the service's
-- configuration names. Read with the tenant; written by `somabrain tenant modules`.
ALTER TABLE tenants ADD COLUMN modules text CHECK (
    modules ~ '^(none|(density|bridge|pagerank|conductance)(,(density|bridge|pagerank|conductance))*)$');
