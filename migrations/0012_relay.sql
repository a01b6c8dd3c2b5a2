-- What the relay reads besides events: where the log stands, and each tenant's Kafka partition.
GRANT SELECT ON log, schema_migrations TO soma_relay;
GRANT SELECT (id, shard) ON tenants TO soma_relay;
