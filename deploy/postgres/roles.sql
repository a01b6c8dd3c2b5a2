-- Who may do what, before any table exists. Run by a superuser in the service's database, as often as
-- wanted: psql -v app_password=… -v migrate_password=… -v relay_password=…
--   soma_owner          owns every table; nobody logs in as it
--   soma_migrate        logs in for migrations and backup, then SET ROLE soma_owner
--   soma_app            the service: row-level security binds it; SET LOCAL ROLE for its events
--   soma_events_writer  may insert events and nothing else
--   soma_relay          logs in for the relay: reads all events, and where they stand; nothing else
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I', name)
  FROM unnest(ARRAY['soma_owner', 'soma_migrate', 'soma_app', 'soma_events_writer', 'soma_relay']) name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE soma_owner NOLOGIN NOSUPERUSER NOBYPASSRLS;
ALTER ROLE soma_events_writer NOLOGIN NOSUPERUSER NOBYPASSRLS;
ALTER ROLE soma_migrate LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS PASSWORD :'migrate_password';
ALTER ROLE soma_app LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
ALTER ROLE soma_relay LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS PASSWORD :'relay_password';
GRANT soma_owner TO soma_migrate;
GRANT soma_events_writer TO soma_app;

SELECT format('ALTER DATABASE %I OWNER TO soma_owner', current_database())
\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database())
\gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO soma_app, soma_migrate, soma_relay', current_database())
\gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO soma_owner;
GRANT USAGE ON SCHEMA public TO soma_app, soma_events_writer, soma_relay;
