-- A role and a schema for each service: none reads another's tables. Can be
-- run again. Passwords are set by what deploy/secrets.sh writes.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['intake', 'triage', 'tracker', 'metrics',
                                 'notifier']
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', 'waymark_' || service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I',
                       service, 'waymark_' || service);
    END LOOP;
    -- The command `waymark`: reads everything; reconcile replays into schemas
    -- that it makes and drops.
    BEGIN
        CREATE ROLE waymark_cli LOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO waymark_cli',
                   current_database());
END $$;
GRANT pg_read_all_data TO waymark_cli;
