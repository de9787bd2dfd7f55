-- What intake may tell a sender of its notification: where it stands, what
-- was answered, who holds it now and whether a person has seen it. A
-- notification without a row is not decided yet. Nothing here names a child.
CREATE VIEW receipt_state AS
SELECT r.shard, r.agency_id, r.agency_ref, r.amendment,
       r.status <> 'provisional' AND r.answered_at IS NOT NULL AS decided,
       r.answered_at, r.answer, r.refusal,
       CASE WHEN r.answer = 'outcome' THEN r.effect END AS outcome,
       -- Whose it is, one hand-over or merging further.
       CASE WHEN r.answer = 'outcome'
            THEN coalesce(n.unit, c.unit) END AS unit,
       c.worker IS NOT NULL OR n.worker IS NOT NULL OR EXISTS (
           SELECT 1 FROM alert a
            WHERE a.shard = r.shard AND a.subject_id = r.case_id
              AND a.acknowledged_at IS NOT NULL) AS seen
  FROM referral r
  LEFT JOIN cases c ON c.shard = r.shard AND c.case_id = r.case_id
  LEFT JOIN handover h ON h.shard = r.shard AND h.case_id = r.case_id
        AND h.state = 'accepted'
  LEFT JOIN cases n ON n.shard = r.shard
        AND n.case_id = coalesce(h.new_case_id, c.merged_into);

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
