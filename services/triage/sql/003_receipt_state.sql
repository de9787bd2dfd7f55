-- What intake may tell a sender of its notification: was it decided here, and
-- has a person looked at it. The answer itself is tracker's.
CREATE VIEW receipt_state AS
SELECT shard, agency_id, agency_ref, amendment,
       screened_by IS NOT NULL AS seen
  FROM decision;

-- Intake reads this view and nothing else of the schema, where the services
-- have roles of their own.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waymark_intake') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO waymark_intake',
                       current_schema());
        GRANT SELECT ON receipt_state TO waymark_intake;
    END IF;
END $$;
