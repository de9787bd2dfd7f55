-- Who stands behind a figure: for every indicator and period the ids that
-- count, each with what it adds to numerator and denominator. Cells are opened
-- with it, and indicators that count children or cases of a period (core/kpi.c,
-- "from facts") have their figures from here alone. Days are local days, both
-- ends included; an indicator of cells goes by whole months. Bodies are bound
-- to tables, not to names, so that a schema can be renamed.

-- Children that were merged, under the child that they are.
CREATE VIEW child_person AS
WITH RECURSIVE walk AS (
    SELECT shard, merged_id AS child_id, survivor_id AS person_id, 1 AS steps
      FROM child_join
     UNION ALL
    SELECT w.shard, w.child_id, j.survivor_id, w.steps + 1
      FROM walk w
      JOIN child_join j ON j.shard = w.shard AND j.merged_id = w.person_id
     WHERE w.steps < 16)
SELECT DISTINCT ON (shard, child_id) shard, child_id, person_id
  FROM walk ORDER BY shard, child_id, steps DESC;

-- Both sides of every merge, each under the child that it is.
CREATE VIEW merged_child AS
SELECT shard, child_id, person_id FROM child_person
 UNION
SELECT shard, person_id, person_id FROM child_person;

-- Notifications that may count: highest amendment, an episode once, no offers.
CREATE VIEW counted_notifications AS
SELECT d.shard, d.notification_id, d.agency_id, d.agency_ref, d.agency_type,
       d.kind, d.entry, d.outcome, d.status, d.received_at, d.month, d.needs,
       coalesce(d.locality, 'unknown') AS district,
       coalesce(d.age_band, 'unknown') AS age_band, d.sex, d.ethnicity, d.sen,
       coalesce(p.person_id, d.child_id) AS person_id,
       (d.entry = 'eh' OR coalesce(d.rule_id = 'KE03', false)
        OR 'A10' = ANY (string_to_array(d.action_rules, E'\n'))) AS is_early_help
  FROM fact_decided d
  LEFT JOIN child_person p USING (shard, child_id)
 WHERE d.decision_id IS NOT NULL AND d.waits_for IS NULL
   AND NOT d.superseded AND NOT d.repeat
   AND d.kind NOT IN ('csc_step_down', 'eh_step_up');

-- Cases that may count.
CREATE VIEW counted_cases AS
SELECT c.shard, c.case_id, c.side, c.state, c.outcome, c.opened_at,
       c.closed_at, c.close_outcome, c.close_class, c.opened_month,
       c.closed_month, coalesce(c.locality, 'unknown') AS district,
       coalesce(c.opened_band, 'unknown') AS opened_band,
       coalesce(c.closed_band, 'unknown') AS closed_band, c.unit, c.worker,
       c.intent, c.converted, c.re_referral, c.csc_status,
       coalesce(p.person_id, c.child_id) AS person_id
  FROM fact_case c
  LEFT JOIN child_person p USING (shard, child_id)
 WHERE NOT c.screened_out AND c.state <> 'merged'
   AND (c.closed_month IS NULL OR c.close_outcome IS DISTINCT FROM 'in_error');

-- Activities that count.
CREATE VIEW counted_activities AS
SELECT a.shard, a.agency_id || '/' || a.agency_ref AS id, a.activity,
       a.occurred_at, a.month, coalesce(a.locality, 'unknown') AS district,
       coalesce(a.age_band, 'unknown') AS age_band, a.notification_id,
       a.organisation, a.service, a.provider, a.service_on, a.hours_tenths,
       a.open_access, a.core_offer, a.linked_kpi, a.risk_of_csc, a.programme,
       a.programme_stage, a.grades, a.csc_status,
       coalesce(p.person_id, a.child_id) AS person_id
  FROM fact_activity a
  LEFT JOIN child_person p USING (shard, child_id)
 WHERE a.activity IS NOT NULL AND a.waits_for IS NULL
   AND NOT a.corrected AND NOT a.refused;

-- What social care was to a child, from when until when (null: still).
CREATE VIEW csc_periods AS
SELECT shard, person_id, status, district, age_band, from_at, until_at,
       lag(status) OVER (PARTITION BY shard, person_id ORDER BY from_at)
       AS before
  FROM (SELECT shard, person_id, district, age_band,
               CASE WHEN activity = 'lac_started' THEN 'lac'
                    ELSE csc_status END AS status,
               occurred_at AS from_at,
               lead(occurred_at) OVER (PARTITION BY shard, person_id
                                       ORDER BY occurred_at, id) AS until_at
          FROM counted_activities
         WHERE activity IN ('lac_started', 'csc_status_changed')
           AND (activity = 'lac_started' OR csc_status IS NOT NULL)
       ) AS said;

CREATE FUNCTION day_start(date) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN $1::timestamp AT TIME ZONE 'Europe/London';

CREATE FUNCTION day_after(date) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN ($1 + 1)::timestamp AT TIME ZONE 'Europe/London';

-- ---- indicators of cells, whole months --------------------------------------

CREATE FUNCTION members_of_notifications(p_shard integer, p_from date,
                                         p_to date)
RETURNS TABLE (kpi text, part text, side text, district text, age_band text,
               id text, numerator bigint, denominator bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT 'K01', '', 'eh', n.district, n.age_band, n.notification_id::text,
           1::bigint, 0::bigint
      FROM counted_notifications n
     WHERE n.shard = p_shard AND n.month BETWEEN p_from AND p_to
       AND n.is_early_help
    UNION ALL
    SELECT k.kpi, need, 'eh', n.district, n.age_band, n.notification_id::text,
           1, 0
      FROM counted_notifications n
     CROSS JOIN LATERAL regexp_split_to_table(n.needs, '\s+') AS need
     CROSS JOIN (VALUES ('K06'), ('K32')) AS k (kpi)
     WHERE n.shard = p_shard AND n.month BETWEEN p_from AND p_to
       AND n.needs <> ''
    UNION ALL
    SELECT 'K14', '', 'csc', n.district, n.age_band, n.notification_id::text,
           (n.outcome = 'caf_taf')::integer, 1
      FROM counted_notifications n
     WHERE n.shard = p_shard AND n.month BETWEEN p_from AND p_to
       AND n.entry = 'csc' AND n.status IN ('final', 'revised');
END;

CREATE FUNCTION members_of_cases(p_shard integer, p_from date, p_to date)
RETURNS TABLE (kpi text, part text, side text, district text, age_band text,
               id text, numerator bigint, denominator bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    -- a level: open after the last month asked for
    SELECT 'K10', '', c.side, c.district, c.opened_band, c.case_id::text,
           1::bigint, 0::bigint
      FROM counted_cases c
     WHERE c.shard = p_shard AND c.opened_month <= p_to
       AND (c.closed_month IS NULL OR c.closed_month > p_to)
    UNION ALL
    SELECT 'K11', '', c.side, c.district, c.closed_band, c.case_id::text, 1, 0
      FROM counted_cases c
     WHERE c.shard = p_shard AND c.closed_month BETWEEN p_from AND p_to
       AND c.state = 'closed'
    UNION ALL
    SELECT 'K20', '', c.side, c.district, c.closed_band, c.case_id::text,
           (c.close_class = 'positive')::integer, 1
      FROM counted_cases c
     WHERE c.shard = p_shard AND c.closed_month BETWEEN p_from AND p_to
       AND c.state = 'closed' AND c.side = 'eh' AND c.close_class <> 'neutral'
    UNION ALL
    SELECT 'K21', '', 'csc', c.district, c.closed_band, c.case_id::text, 0, 1
      FROM counted_cases c
     WHERE c.shard = p_shard AND c.closed_month BETWEEN p_from AND p_to
       AND c.state = 'closed' AND c.side = 'csc'
    UNION ALL
    SELECT k.kpi, '', c.side, c.district, c.opened_band, c.case_id::text,
           CASE k.kpi WHEN 'K35' THEN coalesce(c.re_referral, false)::integer
                ELSE 1 END,
           (k.kpi = 'K35')::integer
      FROM counted_cases c
     CROSS JOIN (VALUES ('K30'), ('K35')) AS k (kpi)
     WHERE c.shard = p_shard AND c.opened_month BETWEEN p_from AND p_to
       AND c.state <> 'screening'
    UNION ALL
    SELECT 'K17', '', c.side, c.district, c.opened_band, c.case_id::text,
           c.converted::integer, 1
      FROM counted_cases c
     WHERE c.shard = p_shard AND c.opened_month BETWEEN p_from AND p_to
       AND c.state <> 'screening' AND c.intent
    UNION ALL
    SELECT k.kpi, '', CASE WHEN k.kpi = 'K12' THEN 'eh' ELSE 'csc' END,
           coalesce(h.locality, 'unknown'), coalesce(h.age_band, 'unknown'),
           h.handover_id::text, 1, 0
      FROM fact_handover h
      JOIN (VALUES ('K12', 'step_down'), ('K21', 'step_down'),
                   ('K13', 'step_up')) AS k (kpi, direction) USING (direction)
     WHERE h.shard = p_shard AND h.month BETWEEN p_from AND p_to
       AND h.state = 'accepted' AND h.waits_for IS NULL;
END;

CREATE FUNCTION members_of_work(p_shard integer, p_from date, p_to date)
RETURNS TABLE (kpi text, part text, side text, district text, age_band text,
               id text, numerator bigint, denominator bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT k.kpi, k.part, 'eh', a.district, a.age_band, a.id, 1::bigint,
           0::bigint
      FROM counted_activities a
     CROSS JOIN LATERAL (
           SELECT 'K05', a.core_offer WHERE a.activity = 'allocated'
            UNION ALL
           SELECT 'K07', a.risk_of_csc WHERE a.activity = 'allocated'
            UNION ALL
           SELECT 'K08', a.linked_kpi WHERE a.activity = 'allocated'
            UNION ALL
           SELECT 'K31', a.organisation
            WHERE a.activity = 'assessment_started'
            UNION ALL
           SELECT 'K18', a.programme || '/' || a.programme_stage
            WHERE a.activity = 'programme_changed'
            UNION ALL
           SELECT 'K19', (ARRAY['assessment', 'effectiveness', 'monitoring',
                                'recording', 'overall'])[g.n] || '/' || g.grade
             FROM string_to_table(a.grades, E'\n') WITH ORDINALITY
                  AS g (grade, n)
            WHERE a.activity = 'audit_recorded' AND g.n <= 5) AS k (kpi, part)
     WHERE a.shard = p_shard AND a.month BETWEEN p_from AND p_to
       AND k.part <> ''
    UNION ALL
    SELECT k.kpi, CASE WHEN k.kpi = 'K37' THEN c.clock ELSE '' END, 'eh',
           'unknown', 'unknown', c.subject_id::text, (NOT c.late)::integer, 1
      FROM fact_clock c
     CROSS JOIN (VALUES ('K37'), ('K40')) AS k (kpi)
     WHERE c.shard = p_shard AND c.month BETWEEN p_from AND p_to
       AND c.waits_for IS NULL AND c.late IS NOT NULL
       AND (k.kpi = 'K37' OR c.clock = 'T1')
    UNION ALL
    SELECT 'K38', '', 'eh', coalesce(e.locality, 'unknown'),
           coalesce(e.age_band, 'unknown'), e.episode_id::text,
           coalesce(e.rhi_state = 'held' AND e.rhi_at <= e.rhi_due_at,
                    false)::integer, 1
      FROM fact_episode e
     WHERE e.shard = p_shard AND e.month BETWEEN p_from AND p_to
       AND e.waits_for IS NULL AND e.state IN ('found', 'done', 'closed');
END;

-- ---- indicators of a period -------------------------------------------------

-- The first request of each child that had one in the period.
CREATE FUNCTION first_requests(p_shard integer, p_from date, p_to date)
RETURNS TABLE (person_id uuid, district text, age_band text, sex text,
               ethnicity text, sen text, agency_type text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (n.person_id) n.person_id, n.district, n.age_band,
           coalesce(n.sex, 'U'), coalesce(n.ethnicity, 'NOBT'),
           CASE n.sen WHEN true THEN 'yes' WHEN false THEN 'no'
                ELSE 'unknown' END,
           coalesce(n.agency_type, 'unknown')
      FROM counted_notifications n
     WHERE n.shard = p_shard AND n.is_early_help
       AND n.received_at >= day_start(p_from)
       AND n.received_at < day_after(p_to)
     ORDER BY n.person_id, n.received_at, n.notification_id;
END;

-- Children known to social care at some time in the period.
CREATE FUNCTION known_to_social_care(p_shard integer, p_from date, p_to date)
RETURNS TABLE (person_id uuid, district text, age_band text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (c.person_id) c.person_id, c.district, c.opened_band
      FROM counted_cases c
     WHERE c.shard = p_shard AND c.side = 'csc' AND c.state <> 'screening'
       AND c.opened_at < day_after(p_to)
       AND (c.closed_at IS NULL OR c.closed_at >= day_start(p_from))
     ORDER BY c.person_id, c.opened_at;
END;

-- Children to whom a service was given at some time up to the end of the
-- period, a row each time it began; `in_period`: it went on, or ended, in the
-- period. Children that were never merged are read in the order of an index,
-- the few others are sorted.
CREATE FUNCTION served(p_shard integer, p_service text, p_from date, p_to date)
RETURNS TABLE (person_id uuid, provider text, district text, age_band text,
               in_period boolean, at_end boolean)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT s.person_id, coalesce(s.provider, ''), coalesce(s.locality, 'unknown'), coalesce(s.age_band, 'unknown'),
           s.until_at IS NULL OR s.until_at >= day_start(p_from),
           s.until_at IS NULL OR s.until_at >= day_after(p_to)
      FROM (SELECT a.child_id AS person_id, a.provider, a.locality, a.age_band,
                   a.service_on, a.occurred_at,
                   lead(a.occurred_at) OVER (
                        PARTITION BY a.child_id, a.provider
                        ORDER BY a.occurred_at, a.agency_id, a.agency_ref)
                   AS until_at
              FROM fact_activity a
             WHERE a.shard = p_shard AND a.activity = 'service_changed'
               AND a.waits_for IS NULL AND NOT a.corrected AND NOT a.refused
               AND a.service = p_service
               AND a.child_id <> ALL (ARRAY (SELECT m.child_id
                                               FROM merged_child m
                                              WHERE m.shard = p_shard))
            UNION ALL
            SELECT m.person_id, a.provider, a.locality, a.age_band,
                   a.service_on, a.occurred_at,
                   lead(a.occurred_at) OVER (
                        PARTITION BY m.person_id, a.provider
                        ORDER BY a.occurred_at, a.agency_id, a.agency_ref)
              FROM merged_child m
              JOIN fact_activity a USING (shard, child_id)
             WHERE m.shard = p_shard AND a.activity = 'service_changed'
               AND a.waits_for IS NULL AND NOT a.corrected AND NOT a.refused
               AND a.service = p_service) AS s
     WHERE s.service_on AND s.occurred_at < day_after(p_to);
END;

CREATE FUNCTION members_of_children(p_shard integer, p_from date, p_to date)
RETURNS TABLE (kpi text, part text, side text, district text, age_band text,
               id text, numerator bigint, denominator bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH first AS (SELECT * FROM first_requests(p_shard, p_from, p_to)),
    said AS (
        SELECT f.person_id, f.district, f.age_band, d.kpi, d.what, d.word
          FROM first f
         CROSS JOIN LATERAL (VALUES ('K03', 'gender', f.sex),
               ('K03', 'ethnicity', f.ethnicity), ('K03', 'sen', f.sen),
               ('K03', 'age', f.age_band), ('K04', '', f.agency_type))
               AS d (kpi, what, word)),
    session AS (
        SELECT a.person_id, min(a.district) AS district,
               min(a.age_band) AS age_band, count(*) AS n,
               coalesce(sum(a.hours_tenths), 0) AS tenths,
               bool_or(a.open_access) AS open_access
          FROM counted_activities a
         WHERE a.shard = p_shard AND a.activity = 'session_attended'
           AND a.occurred_at >= day_start(p_from)
           AND a.occurred_at < day_after(p_to)
         GROUP BY a.person_id)
    SELECT 'K02', '', 'eh', f.district, f.age_band, f.person_id::text,
           1::bigint, 0::bigint
      FROM first f
    UNION ALL
    SELECT s.kpi, CASE s.what WHEN '' THEN w.word
                       ELSE s.what || '/' || w.word END,
           'eh', s.district, s.age_band, s.person_id::text,
           (s.word = w.word)::integer, 1
      FROM said s
      JOIN (SELECT DISTINCT kpi, what, word FROM said) AS w USING (kpi, what)
    UNION ALL
    SELECT 'K09', '', 'eh', s.district, s.age_band, s.person_id::text, 1, 0
      FROM session s
     WHERE s.open_access
    UNION ALL
    -- RUT 3.16: more than 3 sessions or more than 9 hours
    SELECT 'K15', '', 'eh', s.district, s.age_band, s.person_id::text, 1, 0
      FROM session s
     WHERE s.n > 3 OR s.tenths > 90
    UNION ALL
    SELECT 'K26', k.part, 'eh', min(n.district), min(n.age_band), k.id, 1, 0
      FROM counted_notifications n
     CROSS JOIN LATERAL (VALUES ('children', n.person_id::text),
               ('referrals', n.notification_id::text)) AS k (part, id)
     WHERE n.shard = p_shard AND n.entry = 'mash'
       AND n.status IN ('final', 'revised')
       AND n.received_at >= day_start(p_from)
       AND n.received_at < day_after(p_to)
       AND n.outcome IN ('single_agency', 'caf_taf', 'eh_intensive',
             CASE k.part WHEN 'children' THEN 'universal' END)
     GROUP BY k.part, k.id
    UNION ALL
    SELECT 'K33', k.part, 'eh', n.district, n.age_band,
           n.notification_id::text,
           CASE k.part WHEN 'safety plan' THEN coalesce(d.planned, false)
                WHEN 'school told' THEN coalesce(d.told, false)
                ELSE coalesce(d.planned AND d.told, false) END::integer, 1
      FROM counted_notifications n
      LEFT JOIN (SELECT a.notification_id,
                        bool_or(a.activity = 'safety_plan') AS planned,
                        bool_or(a.activity = 'encompass_relayed') AS told
                   FROM counted_activities a
                  WHERE a.shard = p_shard
                    AND a.activity IN ('safety_plan', 'encompass_relayed')
                  GROUP BY a.notification_id) AS d USING (notification_id)
     CROSS JOIN (VALUES ('safety plan'), ('school told'), ('both'))
           AS k (part)
     WHERE n.shard = p_shard AND n.kind = 'police_encompass'
       AND n.received_at >= day_start(p_from)
       AND n.received_at < day_after(p_to);
END;

CREATE FUNCTION members_of_services(p_shard integer, p_from date, p_to date)
RETURNS TABLE (kpi text, part text, side text, district text, age_band text,
               id text, numerator bigint, denominator bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH known AS (
        SELECT * FROM known_to_social_care(p_shard, p_from, p_to)),
    open_at_end AS (
        SELECT c.person_id, c.side, c.outcome
          FROM counted_cases c
         WHERE c.shard = p_shard AND c.state <> 'screening'
           AND c.opened_at < day_after(p_to)
           AND (c.closed_at IS NULL OR c.closed_at >= day_after(p_to))),
    single AS (
        SELECT g.person_id, min(g.district) AS district,
               min(g.age_band) AS age_band,
               EXISTS (SELECT FROM open_at_end o
                        WHERE o.person_id = g.person_id
                          AND o.side = 'csc') AS beside,
               EXISTS (SELECT FROM open_at_end o
                        WHERE o.person_id = g.person_id
                          AND o.side = 'eh'
                          AND o.outcome <> 'single_agency') AS caf
          FROM served(p_shard, 'single_agency', p_from, p_to) g
         WHERE g.at_end
         GROUP BY g.person_id),
    groups AS (
        SELECT 'known to social care' AS name, k.person_id, k.district,
               k.age_band
          FROM known k
        UNION ALL
        SELECT 'known to social care, 11 and over', k.person_id, k.district,
               k.age_band
          FROM known k
         WHERE k.age_band IN ('11-15', '16+')
        UNION ALL
        SELECT s.status, s.person_id, min(s.district), min(s.age_band)
          FROM csc_periods s
         WHERE s.shard = p_shard AND s.status IN ('lac', 'cp', 'cin')
           AND s.from_at < day_after(p_to)
           AND (s.until_at IS NULL OR s.until_at >= day_start(p_from))
         GROUP BY s.status, s.person_id
        UNION ALL
        SELECT 'with early help notification', f.person_id, f.district,
               f.age_band
          FROM first_requests(p_shard, p_from, p_to) f),
    reach AS (
        SELECT DISTINCT a.person_id,
               CASE a.service WHEN 'childrens_centre' THEN a.service
                    ELSE 'youth service' END AS service
          FROM counted_activities a
         WHERE a.shard = p_shard AND a.activity = 'service_changed'
           AND a.service IN ('childrens_centre', 'youth_hub', 'commissioned')
           AND a.service_on AND a.occurred_at < day_after(p_to)
           AND a.person_id IN (SELECT person_id FROM groups))
    SELECT 'K16', k.part, 'eh', s.district, s.age_band, s.person_id::text,
           1::bigint, 0::bigint
      FROM single s
     CROSS JOIN LATERAL (VALUES ('all', true),
               ('alone', NOT s.beside AND NOT s.caf),
               ('beside social care', s.beside)) AS k (part, counts)
     WHERE k.counts
    UNION ALL
    SELECT 'K23', g.name || '/' || w.service, 'eh', g.district, g.age_band,
           g.person_id::text,
           (r.person_id IS NOT NULL)::integer, 1
      FROM groups g
     CROSS JOIN (VALUES ('childrens_centre'), ('youth service'))
           AS w (service)
      LEFT JOIN reach r USING (person_id, service)
    UNION ALL
    SELECT 'K24', k.part, 'csc', y.district, y.age_band, y.person_id::text,
           k.counts::integer, 1
      FROM (SELECT g.person_id, min(g.district) AS district,
                   min(g.age_band) AS age_band,
                   bool_or(k.person_id IS NOT NULL) AS is_known,
                   bool_or(n.person_id IS NOT NULL) AS is_other
              FROM served(p_shard, 'youth_justice', p_from, p_to) g
              LEFT JOIN known k USING (person_id)
              LEFT JOIN (SELECT DISTINCT person_id
                           FROM counted_notifications
                          WHERE shard = p_shard AND kind = 'other_la') AS n
             USING (person_id)
             WHERE g.in_period
             GROUP BY g.person_id) AS y
     CROSS JOIN LATERAL (VALUES ('known', y.is_known),
               ('other authority', y.is_other AND NOT y.is_known),
               ('either', y.is_known OR y.is_other)) AS k (part, counts)
    UNION ALL
    SELECT 'K25', g.provider, 'eh', min(g.district), min(g.age_band),
           g.person_id::text, bool_or(d.person_id IS NOT NULL)::integer, 1
      FROM served(p_shard, 'commissioned', p_from, p_to) g
      LEFT JOIN (SELECT DISTINCT coalesce(p.person_id, h.child_id)
                        AS person_id
                   FROM fact_handover h
                   LEFT JOIN child_person p USING (shard, child_id)
                  WHERE h.shard = p_shard AND h.direction = 'step_down'
                    AND h.state = 'accepted'
                    AND h.answered_at >= day_start(p_from)
                    AND h.answered_at < day_after(p_to)) AS d USING (person_id)
     WHERE g.in_period
     GROUP BY g.provider, g.person_id
    UNION ALL
    SELECT 'K34', k.part, 'csc', min(s.district), min(s.age_band),
           s.person_id::text, 1, 0
      FROM csc_periods s
     CROSS JOIN LATERAL (VALUES
               ('at date', s.status = 'lac' AND s.from_at < day_after(p_to)
                  AND (s.until_at IS NULL OR s.until_at >= day_after(p_to))),
               ('entries', s.status = 'lac'
                  AND s.before IS DISTINCT FROM 'lac'
                  AND s.from_at >= day_start(p_from)
                  AND s.from_at < day_after(p_to)),
               ('leavers', s.status <> 'lac' AND s.before = 'lac'
                  AND s.from_at >= day_start(p_from)
                  AND s.from_at < day_after(p_to))) AS k (part, counts)
     WHERE s.shard = p_shard AND k.counts
     GROUP BY k.part, s.person_id;
END;

CREATE FUNCTION members_of_caseload(p_shard integer, p_from date, p_to date)
RETURNS TABLE (kpi text, part text, side text, district text, age_band text,
               id text, numerator bigint, denominator bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH eh AS (
        SELECT c.case_id, c.person_id, c.district, c.opened_band, c.unit,
               c.worker, c.state, c.close_outcome, c.opened_at,
               c.closed_at >= day_start(p_from)
               AND c.closed_at < day_after(p_to) AS ended,
               c.worker <> ''
               AND (c.closed_at IS NULL OR c.closed_at >= day_after(p_to))
               AS in_hand,
               extract(day FROM date_trunc('day',
                   c.closed_at AT TIME ZONE 'Europe/London')
                   - date_trunc('day',
                   c.opened_at AT TIME ZONE 'Europe/London'))::bigint AS days
          FROM counted_cases c
         WHERE c.shard = p_shard AND c.state <> 'screening'
           AND c.side = 'eh' AND c.opened_at < day_after(p_to)
           AND (c.closed_at IS NULL OR c.closed_at >= day_start(p_from)))
    SELECT 'K22', 'units', 'eh', min(c.district), min(c.opened_band), c.unit,
           1::bigint, 0::bigint
      FROM eh c
     WHERE c.in_hand
     GROUP BY c.unit
    UNION ALL
    SELECT 'K22', 'workers', 'eh', min(c.district), min(c.opened_band),
           c.worker, 1, 0
      FROM eh c
     WHERE c.in_hand
     GROUP BY c.worker
    UNION ALL
    SELECT 'K22', 'open cases', 'eh', c.district, c.opened_band,
           c.case_id::text, 1, 0
      FROM eh c
     WHERE c.in_hand
    UNION ALL
    SELECT 'K22', 'days open', 'eh', c.district, c.opened_band,
           c.case_id::text, c.days, 1
      FROM eh c
     WHERE c.ended
    UNION ALL
    SELECT 'K22', 'opened', 'eh', c.district, c.opened_band, c.case_id::text,
           1, 0
      FROM eh c
     WHERE c.opened_at >= day_start(p_from)
    UNION ALL
    SELECT 'K27', '', 'eh', min(c.district), min(c.opened_band),
           c.person_id::text, 1, 0
      FROM eh c
     GROUP BY c.person_id
    UNION ALL
    SELECT 'K28', k.part, 'eh', c.district, c.opened_band, c.case_id::text,
           (c.ended AND (c.close_outcome = 'stepped_up')
                        = (k.part = 'stepped up'))::integer, 1
      FROM eh c
     CROSS JOIN (VALUES ('closed'), ('stepped up')) AS k (part)
    UNION ALL
    SELECT 'K29', k.part, 'eh', c.district, c.opened_band, c.case_id::text,
           CASE k.part WHEN 'days open' THEN c.days
                ELSE (c.close_outcome = 'stepped_up')::integer END, 1
      FROM eh c
     CROSS JOIN (VALUES ('stepped up'), ('days open')) AS k (part)
     WHERE c.ended AND c.state = 'closed'
    UNION ALL
    SELECT 'K39', c.worker, c.side, c.district, c.opened_band,
           c.case_id::text, 1, 0
      FROM counted_cases c
     WHERE c.shard = p_shard AND c.worker <> ''
       AND c.opened_at < day_after(p_to)
       AND (c.closed_at IS NULL OR c.closed_at >= day_after(p_to));
END;

-- ---- all of them ------------------------------------------------------------

CREATE FUNCTION kpi_members(p_shard integer, p_kpi text, p_from date,
                            p_to date)
RETURNS TABLE (part text, side text, district text, age_band text, id text,
               numerator bigint, denominator bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT m.part, m.side, m.district, m.age_band, m.id, m.numerator,
           m.denominator
      FROM members_of_notifications(p_shard, p_from, p_to) m
     WHERE m.kpi = p_kpi AND p_kpi IN ('K01', 'K06', 'K14', 'K32')
    UNION ALL
    SELECT m.part, m.side, m.district, m.age_band, m.id, m.numerator,
           m.denominator
      FROM members_of_cases(p_shard, p_from, p_to) m
     WHERE m.kpi = p_kpi AND p_kpi IN ('K10', 'K11', 'K12', 'K13', 'K17',
                                       'K20', 'K21', 'K30', 'K35')
    UNION ALL
    SELECT m.part, m.side, m.district, m.age_band, m.id, m.numerator,
           m.denominator
      FROM members_of_work(p_shard, p_from, p_to) m
     WHERE m.kpi = p_kpi AND p_kpi IN ('K05', 'K07', 'K08', 'K18', 'K19',
                                       'K31', 'K37', 'K38', 'K40')
    UNION ALL
    SELECT m.part, m.side, m.district, m.age_band, m.id, m.numerator,
           m.denominator
      FROM members_of_children(p_shard, p_from, p_to) m
     WHERE m.kpi = p_kpi AND p_kpi IN ('K02', 'K03', 'K04', 'K09', 'K15',
                                       'K26', 'K33')
    UNION ALL
    SELECT m.part, m.side, m.district, m.age_band, m.id, m.numerator,
           m.denominator
      FROM members_of_services(p_shard, p_from, p_to) m
     WHERE m.kpi = p_kpi AND p_kpi IN ('K16', 'K23', 'K24', 'K25', 'K34')
    UNION ALL
    SELECT m.part, m.side, m.district, m.age_band, m.id, m.numerator,
           m.denominator
      FROM members_of_caseload(p_shard, p_from, p_to) m
     WHERE m.kpi = p_kpi AND p_kpi IN ('K22', 'K27', 'K28', 'K29', 'K39');
END;
