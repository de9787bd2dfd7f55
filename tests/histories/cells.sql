-- Every cell of the scorecard from the raw records, by domain.md section 9 and
-- the definitions that the catalogue prints; nothing of metrics is used. A cell
-- as it stands has at = infinity; one as its month was frozen has that month,
-- and knows what stood on each topic before the time told there had left it.

CREATE FUNCTION local_month(text) RETURNS date
LANGUAGE sql IMMUTABLE
RETURN date_trunc('month', $1::timestamptz AT TIME ZONE 'Europe/London')::date;

CREATE UNLOGGED TABLE tick AS
SELECT h, topic, n, body ->> 'at' AS told, local_month(body ->> 'at') AS month
  FROM raw WHERE type = 'TimeAdvanced';

-- From the first month in which anything happened to the last that has ended
-- on all topics.
CREATE UNLOGGED TABLE span AS
SELECT h, first, (local_month(min(told)) - interval '1 month')::date AS last
  FROM (SELECT h, topic, max(told) AS told FROM tick GROUP BY h, topic) AS ended
  JOIN (SELECT h, min(local_month(t.at)) AS first
          FROM raw
         CROSS JOIN LATERAL (VALUES (body ->> 'opened_at'),
               (body ->> 'received_at'), (body ->> 'answered_at'),
               (body ->> 'stopped_at'), (body ->> 'found_at'),
               (body -> 'meta' ->> 'occurred_at')) AS t (at)
         GROUP BY h) AS begun USING (h)
 GROUP BY h, first;
CREATE INDEX ON tick (h, topic, month, n);

CREATE UNLOGGED TABLE moment AS
SELECT h, 'infinity'::date AS at, 1000000 AS casework, 1000000 AS journal
  FROM span
 UNION ALL
SELECT s.h, m.at::date,
       (SELECT min(n) FROM tick t WHERE t.h = s.h AND t.topic = 'casework'
           AND t.month > m.at),
       (SELECT min(n) FROM tick t WHERE t.h = s.h AND t.topic = 'case-journal'
           AND t.month > m.at)
  FROM span s
 CROSS JOIN LATERAL generate_series(s.first, s.last, interval '1 month')
       AS m (at);
CREATE INDEX ON moment (h);
ANALYZE;

CREATE UNLOGGED TABLE counted (
    h integer, at date, kpi text, month date, side text, district text,
    age_band text, part text, numerator integer, denominator integer);

-- ---- notifications ----------------------------------------------------------

-- What stands of each: its highest amendment, as it was decided last. What an
-- authority brought along at go-live asked for nothing: its cases alone count.
CREATE UNLOGGED TABLE standing AS
SELECT DISTINCT ON (m.h, m.at, body ->> 'agency_id', body ->> 'agency_ref')
       m.h, m.at, local_month(body ->> 'received_at') AS month,
       body ->> 'received_at' AS received_at,
       body ->> 'notification_id' AS notification_id,
       body ->> 'child_id' AS child_id, body ->> 'kind' AS kind,
       body ->> 'entry' AS entry, body ->> 'outcome' AS outcome,
       body ->> 'status' AS status, body -> 'needs' AS needs,
       coalesce(body ->> 'locality', 'unknown') AS district,
       coalesce(body ->> 'age_band', 'unknown') AS age_band,
       body ->> 'sex' AS sex, body ->> 'ethnicity' AS ethnicity,
       body ->> 'sen' AS sen, body ->> 'agency_type' AS agency_type,
       body ->> 'episode_id' AS episode_id,
       (body ->> 'entry' = 'eh' OR body ->> 'rule_id' IS NOT DISTINCT FROM 'KE03'
        OR body -> 'action_rules' ? 'A10')
       AND body ->> 'kind' NOT IN ('csc_step_down', 'eh_step_up') AS early_help
  FROM moment m
  JOIN raw r ON r.h = m.h AND r.type = 'ReferralDecided' AND r.n < m.casework
       AND r.body ->> 'kind' <> 'go_live'
 ORDER BY m.h, m.at, body ->> 'agency_id', body ->> 'agency_ref',
       (body ->> 'amendment')::integer DESC, r.n DESC;

-- A missing episode counts once: the first message of it that came to early
-- help, else the first.
CREATE UNLOGGED TABLE once AS
SELECT *
  FROM (SELECT *, row_number() OVER (
                  PARTITION BY h, at, coalesce(episode_id, notification_id)
                  ORDER BY early_help DESC, received_at, notification_id)
               AS rank
          FROM standing) AS s
 WHERE rank = 1 AND kind NOT IN ('csc_step_down', 'eh_step_up');

INSERT INTO counted
SELECT h, at, 'K01', month, 'eh', district, age_band, '', 1, 0
  FROM once WHERE early_help
 UNION ALL
SELECT h, at, k.kpi, month, 'eh', district, age_band, need, 1, 0
  FROM once
 CROSS JOIN LATERAL jsonb_array_elements_text(needs) AS need
 CROSS JOIN (VALUES ('K06'), ('K32')) AS k (kpi)
 UNION ALL
SELECT h, at, 'K14', month, 'csc', district, age_band, '',
       (outcome = 'caf_taf')::integer, 1
  FROM once WHERE entry = 'csc' AND status IN ('final', 'revised');

-- ---- cases ------------------------------------------------------------------

CREATE UNLOGGED TABLE told_case AS
SELECT h, n, body ->> 'case_id' AS case_id, body ->> 'child_id' AS child_id,
       body ->> 'side' AS side, body ->> 'state' AS state,
       body ->> 'state_before' AS state_before,
       coalesce(body ->> 'outcome', body ->> 'effect') AS outcome,
       body ->> 'opened_at' AS opened_at,
       CASE WHEN body ->> 'state' IN ('closed', 'transferred')
            THEN body ->> 'closed_at' END AS closed_at,
       body ->> 'close_outcome' AS close_outcome,
       (body ->> 'intent')::boolean AS intent,
       body ->> 'worker' AS worker,
       coalesce((body ->> 're_referral')::boolean, false) AS re_referral,
       coalesce(body ->> 'locality', 'unknown') AS district,
       nullif(body ->> 'age_band', 'unknown') AS age_band
  FROM raw WHERE type = 'CaseChanged';
CREATE INDEX ON told_case (h, case_id, n);
ANALYZE told_case;

-- The band when it happened: the first that was known, since it was said to
-- have happened then.
CREATE FUNCTION band_at(told_case, is_opening boolean) RETURNS text
LANGUAGE sql STABLE
RETURN coalesce((SELECT v.age_band
          FROM told_case v
         WHERE v.h = $1.h AND v.case_id = $1.case_id AND v.n <= $1.n
           AND v.age_band IS NOT NULL
           AND NOT EXISTS (SELECT FROM told_case w
                            WHERE w.h = v.h AND w.case_id = v.case_id
                              AND w.n BETWEEN v.n AND $1.n
                              AND CASE WHEN $2
                                  THEN w.opened_at IS DISTINCT FROM $1.opened_at
                                  ELSE w.closed_at IS DISTINCT FROM $1.closed_at
                                  END)
         ORDER BY v.n LIMIT 1), 'unknown');

-- All that depends on the version that was told last, whenever that was.
CREATE UNLOGGED TABLE case_version AS
SELECT c.*, local_month(c.opened_at) AS opened_month,
       local_month(c.closed_at) AS closed_month,
       band_at(c, true) AS opened_band, band_at(c, false) AS closed_band,
       -- section 6, row 2: from screening straight to rank 0 or 1
       c.state = 'closed' AND coalesce((
           SELECT coalesce(v.state_before, 'screening') = 'screening'
                  AND v.outcome IN ('nfa', 'universal')
             FROM told_case v
            WHERE v.h = c.h AND v.case_id = c.case_id AND v.n <= c.n
              AND v.state = 'closed'
              AND v.state_before IS DISTINCT FROM 'closed'
            ORDER BY v.n DESC LIMIT 1), false) AS screened_out,
       c.intent AND EXISTS (
           SELECT FROM told_case v
            WHERE v.h = c.h AND v.case_id = c.case_id AND v.n <= c.n
              AND v.state IN ('unallocated', 'allocated', 'assessment', 'plan',
                              'review', 'handover_pending')) AS converted
  FROM told_case c;

CREATE UNLOGGED TABLE last_case AS
SELECT *
  FROM (SELECT DISTINCT ON (m.h, m.at, c.case_id) m.at, c.*
          FROM moment m JOIN case_version c ON c.h = m.h AND c.n < m.journal
         ORDER BY m.h, m.at, c.case_id, c.n DESC) AS c
 WHERE state <> 'merged' AND NOT screened_out
   AND NOT (closed_at IS NOT NULL AND close_outcome = 'in_error');

INSERT INTO counted
SELECT c.h, c.at, 'K10', l.month::date, c.side, c.district, c.opened_band, '', 1, 0
  FROM last_case c
  JOIN span s USING (h)
 CROSS JOIN LATERAL generate_series(s.first, s.last + interval '1 month',
                                    interval '1 month') AS l (month)
 WHERE c.opened_month <= l.month
   AND (c.closed_month IS NULL OR c.closed_month > l.month)
   AND (c.at = 'infinity' OR c.at = l.month)
 UNION ALL
SELECT h, at, 'K11', closed_month, side, district, closed_band, '', 1, 0
  FROM last_case WHERE state = 'closed'
 UNION ALL
SELECT h, at, 'K20', closed_month, side, district, closed_band, '',
       (close_outcome IN ('needs_met', 'stepped_down_to_universal'))::integer, 1
  FROM last_case
 WHERE state = 'closed' AND side = 'eh'
   AND close_outcome NOT IN ('moved_away', 'aged_out', 'died')
 UNION ALL
SELECT h, at, 'K21', closed_month, side, district, closed_band, '', 0, 1
  FROM last_case WHERE state = 'closed' AND side = 'csc'
 UNION ALL
SELECT h, at, k.kpi, opened_month, side, district, opened_band, '',
       CASE k.kpi WHEN 'K30' THEN 1 WHEN 'K35' THEN re_referral::integer
            ELSE converted::integer END,
       (k.kpi <> 'K30')::integer
  FROM last_case
 CROSS JOIN (VALUES ('K30'), ('K35'), ('K17')) AS k (kpi)
 WHERE state <> 'screening' AND (k.kpi <> 'K17' OR intent);

-- ---- hand-overs, limits, missing episodes -----------------------------------

INSERT INTO counted
SELECT h, at, k.kpi, local_month(answered_at), k.side, district, age_band, '',
       1, 0
  FROM (SELECT DISTINCT ON (m.h, m.at, body ->> 'handover_id') m.h, m.at,
               body ->> 'state' AS state, body ->> 'direction' AS direction,
               coalesce(body ->> 'answered_at',
                        body -> 'meta' ->> 'occurred_at') AS answered_at,
               coalesce(body ->> 'locality', 'unknown') AS district,
               coalesce(body ->> 'age_band', 'unknown') AS age_band
          FROM moment m
          JOIN raw r ON r.h = m.h AND r.type = 'HandoverChanged'
                    AND r.n < m.journal
         ORDER BY m.h, m.at, body ->> 'handover_id', r.n DESC) AS o
  JOIN (VALUES ('K12', 'step_down', 'eh'), ('K21', 'step_down', 'csc'),
               ('K13', 'step_up', 'csc')) AS k (kpi, direction, side)
 USING (direction)
 WHERE state = 'accepted';

INSERT INTO counted
SELECT h, at, k.kpi, local_month(stopped_at), 'eh', 'unknown', 'unknown',
       CASE k.kpi WHEN 'K37' THEN clock ELSE '' END, (NOT late)::integer, 1
  FROM (SELECT DISTINCT ON (m.h, m.at, body ->> 'subject_id', body ->> 'clock',
                            body ->> 'started_at') m.h, m.at,
               body ->> 'clock' AS clock, (body ->> 'late')::boolean AS late,
               body ->> 'stopped_at' AS stopped_at
          FROM moment m
          JOIN raw r ON r.h = m.h AND r.type = 'ClockChanged'
                    AND r.n < m.journal AND body ->> 'change' = 'stopped'
         ORDER BY m.h, m.at, body ->> 'subject_id', body ->> 'clock',
               body ->> 'started_at', r.n DESC) AS c
 CROSS JOIN (VALUES ('K37'), ('K40')) AS k (kpi)
 WHERE late IS NOT NULL AND (k.kpi = 'K37' OR clock = 'T1');

INSERT INTO counted
SELECT h, at, 'K38', local_month(found_at), 'eh', district, age_band, '',
       coalesce(rhi_state = 'held' AND rhi_at <= rhi_due_at, false)::integer, 1
  FROM (SELECT DISTINCT ON (m.h, m.at, body ->> 'episode_id') m.h, m.at,
               body ->> 'state' AS state, body ->> 'found_at' AS found_at,
               body ->> 'rhi_state' AS rhi_state, body ->> 'rhi_at' AS rhi_at,
               body ->> 'rhi_due_at' AS rhi_due_at,
               coalesce(body ->> 'locality', 'unknown') AS district,
               coalesce(body ->> 'age_band', 'unknown') AS age_band
          FROM moment m
          JOIN raw r ON r.h = m.h AND r.type = 'MissingEpisodeChanged'
                    AND r.n < m.journal
         ORDER BY m.h, m.at, body ->> 'episode_id', r.n DESC) AS e
 WHERE state IN ('found', 'done', 'closed') AND found_at IS NOT NULL;

-- ---- what staff did ---------------------------------------------------------

CREATE UNLOGGED TABLE told_activity AS
SELECT h, n, body ->> 'agency_id' || '/' || (body ->> 'agency_ref') AS key,
       body
  FROM raw
 WHERE type = 'ActivityRecorded' AND NOT body ? 'refusal'
   AND body ->> 'activity' NOT IN ('corrected', 'note');
CREATE UNLOGGED TABLE correction AS
SELECT h, body ->> 'corrects_agency_id' || '/'
          || (body ->> 'corrects_agency_ref') AS key, min(n) AS n
  FROM raw
 WHERE type = 'ActivityRecorded' AND NOT body ? 'refusal'
   AND body ->> 'activity' = 'corrected'
 GROUP BY 1, 2;
CREATE UNLOGGED TABLE refusal AS
SELECT DISTINCT h, body ->> 'agency_id' || '/' || (body ->> 'agency_ref') AS key
  FROM raw
 WHERE type = 'ReferrerAnswered' AND body ? 'refusal'
   AND NOT body ? 'notification_id';

-- A refusal is heard with the version that it leaves standing last: a month
-- that was frozen before that keeps what it had of an earlier one.
CREATE UNLOGGED TABLE activity AS
SELECT v.h, v.at, v.key, v.body,
       local_month(v.body -> 'meta' ->> 'occurred_at') AS month,
       coalesce(v.body ->> 'locality', 'unknown') AS district,
       coalesce(v.body ->> 'age_band', 'unknown') AS age_band
  FROM (SELECT DISTINCT ON (m.h, m.at, a.key) m.h, m.at, m.casework, a.n, a.key,
               a.body
          FROM moment m
          JOIN told_activity a ON a.h = m.h AND a.n < m.casework
         ORDER BY m.h, m.at, a.key, (a.body ->> 'amendment')::integer DESC,
               a.n DESC) AS v
  JOIN (SELECT DISTINCT ON (h, key) h, key, n FROM told_activity
         ORDER BY h, key, (body ->> 'amendment')::integer DESC, n DESC) AS last
 USING (h, key)
  LEFT JOIN correction c USING (h, key)
  LEFT JOIN refusal f USING (h, key)
 WHERE (c.n IS NULL OR c.n >= v.casework)
   AND NOT (f.key IS NOT NULL AND last.n < v.casework AND c.n IS NULL);

INSERT INTO counted
SELECT h, at, k.kpi, month, 'eh', district, age_band, k.part, 1, 0
  FROM activity
 CROSS JOIN LATERAL (VALUES
       ('K05', 'allocated', body ->> 'core_offer'),
       ('K07', 'allocated', body ->> 'risk_of_csc'),
       ('K08', 'allocated', body ->> 'linked_kpi'),
       ('K31', 'assessment_started', body ->> 'organisation'),
       ('K18', 'programme_changed',
        body ->> 'programme' || '/' || (body ->> 'programme_stage')))
       AS k (kpi, activity, part)
 WHERE body ->> 'activity' = k.activity AND k.part <> ''
 UNION ALL
-- an audit's grades, in the order of RUT 3.14
SELECT h, at, 'K19', month, 'eh', district, age_band,
       j.judgement || '/' || (body -> 'grades' ->> j.n), 1, 0
  FROM activity
 CROSS JOIN (VALUES (0, 'assessment'), (1, 'effectiveness'), (2, 'monitoring'),
                    (3, 'recording'), (4, 'overall')) AS j (n, judgement)
 WHERE body ->> 'activity' = 'audit_recorded'
   AND body -> 'grades' ->> j.n IS NOT NULL;

-- ---- held against metrics ---------------------------------------------------

CREATE UNLOGGED TABLE cell AS
SELECT h, at, kpi, month, side, district, age_band, part,
       sum(numerator) AS numerator, sum(denominator) AS denominator
  FROM counted
 WHERE at = 'infinity' OR at = month
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
HAVING sum(numerator) <> 0 OR sum(denominator) <> 0;

CREATE UNLOGGED TABLE metrics_cell AS
SELECT shard AS h, 'infinity'::date AS at, kpi, month, side, district, age_band,
       part, numerator, denominator
  FROM scorecard_cells
 UNION ALL
SELECT shard, month, kpi, month, side, district, age_band, part, numerator,
       denominator
  FROM frozen_cells;

CREATE UNLOGGED TABLE difference AS
SELECT h, at, kpi, month, side, district, age_band, part,
       c.numerator AS by_sql, c.denominator AS of_sql,
       m.numerator AS by_metrics, m.denominator AS of_metrics
  FROM cell c
  FULL JOIN metrics_cell m
 USING (h, at, kpi, month, side, district, age_band, part)
 WHERE (c.numerator, c.denominator) IS DISTINCT FROM (m.numerator, m.denominator);

\echo indicator  cells as they stand  as frozen  different
SELECT kpi, count(*) FILTER (WHERE at = 'infinity'),
       count(*) FILTER (WHERE at < 'infinity'),
       (SELECT count(*) FROM difference d WHERE d.kpi = cell.kpi)
  FROM cell GROUP BY kpi ORDER BY kpi;
SELECT * FROM difference ORDER BY h, at, kpi LIMIT 20;
SELECT 'cells: ' || (SELECT count(*) FROM cell) || ' compared, '
       || (SELECT count(*) FROM difference) || ' different';
