-- Five years of a large authority straight into metrics' tables, for measuring
-- the scorecard: so many cases, and for each a notification or two, limits,
-- activities; and cells of the size that they would make. psql variables: shard,
-- the authority's partition; last, the first day behind the five years; cases,
-- how many; districts, their ids with blanks between.
SET search_path = metrics;
SET synchronous_commit = off;
SELECT setseed(0.5);
CREATE TEMP TABLE place AS
SELECT (row_number() OVER () - 1)::integer AS n, name
  FROM unnest(string_to_array(:'districts', ' ')) AS name;
CREATE TEMP TABLE band AS
SELECT (row_number() OVER () - 1)::integer AS n, name
  FROM unnest(ARRAY['0-4', '5-10', '11-15', '16+', 'unknown', 'unborn']) AS name;
CREATE FUNCTION pg_temp.id(tag text, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE RETURN md5($1 || $2)::uuid;

-- One row a case, in the order in which they came: where, who, from when to
-- when (null: still open).
CREATE TEMP TABLE made AS
SELECT i, at, at + (10 + 200 * random()) * interval '1 day' AS closed,
       p.name AS district, b.name AS band,
       CASE WHEN random() < 0.7 THEN 'eh' ELSE 'csc' END AS side,
       random() AS luck
  FROM (SELECT i, :'last'::timestamptz - random() * 1826 * interval '1 day' AS at,
               floor(random() * (SELECT count(*) FROM place))::integer AS place,
               floor(random() * 5.2)::integer AS band
          FROM generate_series(1, :cases) AS i) AS drawn
  JOIN place p ON p.n = place
  JOIN band b ON b.n = band
 ORDER BY at;
UPDATE made SET closed = NULL
 WHERE closed >= :'last'::timestamptz;

INSERT INTO fact_case (shard, case_id, child_id, side, state, outcome,
       opened_at, closed_at, close_outcome, close_class, unit, worker, locality,
       age_band, intent, converted, re_referral, opened_band, closed_band,
       screened_out, opened_month, closed_month)
SELECT :shard, pg_temp.id('case', i), pg_temp.id('child', i % 300000), side,
       CASE WHEN closed IS NULL THEN 'review' ELSE 'closed' END, 'eh_intensive',
       at, closed, CASE WHEN closed IS NULL THEN NULL
                        WHEN luck < 0.7 THEN 'needs_met' ELSE 'disengaged' END,
       CASE WHEN closed IS NULL OR side = 'csc' THEN NULL
            WHEN luck < 0.7 THEN 'positive' ELSE 'other' END,
       'unit-' || i % 60, 'worker-' || i % 4000, district, band, luck < 0.1,
       luck < 0.09, luck < 0.2, band, band, false, date_trunc('month',
       at AT TIME ZONE 'Europe/London')::date,
       date_trunc('month', closed AT TIME ZONE 'Europe/London')::date
  FROM made;

INSERT INTO fact_decided (shard, agency_id, agency_ref, amendment,
       notification_id, agency_type, kind, decision_id, child_id, entry, side,
       outcome, status, rule_id, action_rules, received_at, decided_at, locality,
       age_band, sex, ethnicity, needs, month, superseded, repeat)
SELECT :shard, 'school-oakfield', 'N-' || n || '-' || i, 0,
       pg_temp.id('notification', i + n * 1000000), (ARRAY['school', 'police', 'health'])[1 + i % 3],
       CASE WHEN i % 9 = 0 THEN 'police_encompass' ELSE 'school_referral' END,
       pg_temp.id('decision', i + n * 1000000), pg_temp.id('child', i % 300000),
       (ARRAY['eh', 'csc', 'mash'])[1 + i % 3], side,
       (ARRAY['caf_taf', 'eh_intensive', 'single_agency', 'nfa'])[1 + i % 4],
       'final', 'KE05', '', at, at, district, band, 'M', 'WBRI',
       'c_attendance p_parenting', date_trunc('month',
       at AT TIME ZONE 'Europe/London')::date, false, false
  FROM made CROSS JOIN generate_series(0, 1) AS n
 WHERE n = 0 OR i % 5 = 0;

INSERT INTO fact_activity (shard, agency_id, agency_ref, amendment, activity_id,
       activity, child_id, occurred_at, side, locality, age_band, organisation,
       service, provider, service_on, hours_tenths, open_access, core_offer,
       linked_kpi, risk_of_csc, grades, csc_status, corrected, refused, month)
SELECT :shard, 'early-help', 'A-' || i, 0, pg_temp.id('activity', i),
       (ARRAY['allocated', 'assessment_started', 'session_attended',
              'service_changed', 'csc_status_changed'])[1 + i % 5],
       pg_temp.id('child', i % 300000), at, side, district, band, 'school-oakfield',
       (ARRAY['childrens_centre', 'single_agency', 'commissioned', 'youth_hub',
              'youth_justice'])[1 + i / 5 % 5], 'provider-' || i % 7, i % 3 > 0, 20,
       i % 2 = 0, 'parenting', 'neet', 'medium', '',
       (ARRAY['cin', 'lac', 'cp', 'none'])[1 + i / 5 % 4], false, false,
       date_trunc('month', at AT TIME ZONE 'Europe/London')::date
  FROM made WHERE i % 5 < 4;

INSERT INTO fact_clock (shard, subject_id, clock, started_at, subject_kind,
       stopped_at, late, month)
SELECT :shard, pg_temp.id('case', i), c.clock, at, 'case', at, luck < 0.1,
       date_trunc('month', at AT TIME ZONE 'Europe/London')::date
  FROM made CROSS JOIN (VALUES ('T1'), ('T12')) AS c (clock)
 WHERE c.clock = 'T1' OR i % 5 < 3;

INSERT INTO fact_handover (shard, handover_id, case_id, child_id, direction,
       state, answered_at, locality, age_band, month)
SELECT :shard, pg_temp.id('handover', i), pg_temp.id('case', i),
       pg_temp.id('child', i % 300000), 'step_down', 'accepted', at, district,
       band, date_trunc('month', at AT TIME ZONE 'Europe/London')::date
  FROM made WHERE i % 20 = 0;
ANALYZE;

-- By month, as the months make them.
INSERT INTO kpi_cell
SELECT made.*
  FROM (
SELECT :shard, month, k.kpi, 'eh', locality, age_band, k.part, count(*), 0
  FROM fact_decided
 CROSS JOIN (VALUES ('K01', ''), ('K06', 'c_attendance'),
                    ('K06', 'p_parenting')) AS k (kpi, part)
 GROUP BY month, k.kpi, locality, age_band, k.part
 UNION ALL
SELECT :shard, opened_month, 'K35', side, locality, opened_band, '',
       count(*) FILTER (WHERE re_referral), count(*)
  FROM fact_case GROUP BY opened_month, side, locality, opened_band
 UNION ALL
SELECT :shard, closed_month, k.kpi, side, locality, closed_band, '', count(*),
       CASE k.kpi WHEN 'K11' THEN 0 ELSE count(*) END
  FROM fact_case
  JOIN (VALUES ('K11', 'eh'), ('K11', 'csc'), ('K20', 'eh'), ('K21', 'csc'))
       AS k (kpi, of) ON k.of = side
 WHERE closed_month IS NOT NULL
 GROUP BY closed_month, k.kpi, side, locality, closed_band
 UNION ALL
SELECT :shard, month, 'K12', 'eh', locality, age_band, '', count(*), 0
  FROM fact_handover GROUP BY month, locality, age_band
 UNION ALL
SELECT :shard, month, k.kpi, 'eh', locality, age_band, k.part, count(*), 0
  FROM fact_activity
 CROSS JOIN LATERAL (VALUES ('K05', core_offer), ('K07', risk_of_csc),
                            ('K08', linked_kpi)) AS k (kpi, part)
 WHERE activity = 'allocated'
 GROUP BY month, k.kpi, locality, age_band, k.part
 UNION ALL
SELECT :shard, month, 'K37', 'eh', 'unknown', 'unknown', clock,
       count(*) FILTER (WHERE NOT late), count(*)
  FROM fact_clock GROUP BY month, clock
 UNION ALL
SELECT :shard, month, 'K10_net', side, district, band, '', sum(n), 0
  FROM (SELECT opened_month AS month, side, locality AS district,
               opened_band AS band, 1 AS n
          FROM fact_case
         UNION ALL
        SELECT closed_month, side, locality, opened_band, -1
          FROM fact_case WHERE closed_month IS NOT NULL) AS moved
 GROUP BY month, side, district, band) AS made
 ORDER BY month;
-- What others counted: two years of each.
INSERT INTO observed_indicator (shard, agency_id, agency_ref, amendment,
       indicator_id, indicator, period_from, period_to, value, unit, definition,
       status, area, measure, amount, decimals, typed_total)
SELECT :shard, 'social-care', o.word || '-' || y, 0,
       pg_temp.id(o.word, y), o.word, make_date(y, 4, 1),
       make_date(y + 1, 3, 31), CASE o.unit WHEN 'percent' THEN '5.7'
       ELSE '1,234' END, o.unit, 'by the sender', 'final', 'authority', 'level',
       CASE o.unit WHEN 'percent' THEN 57 ELSE 1234 END,
       (o.unit = 'percent')::integer, false
  FROM (VALUES ('attendance', 'percent'), ('permanent_exclusions', 'count'),
               ('fixed_term_exclusions', 'count'), ('neet', 'percent'),
               ('first_time_entrants', 'count'), ('two_year_offer', 'percent'),
               ('open_access_attendance', 'count'),
               ('commissioned_children', 'count')) AS o (word, unit)
 CROSS JOIN generate_series(2023, 2024) AS y;
INSERT INTO reckoning (shard, no, casework_at, journal_at, frozen_through)
VALUES (:shard, 1, :'last', :'last', (:'last'::date - interval '1 month')::date)
    ON CONFLICT (shard, no) DO UPDATE SET frozen_through = EXCLUDED.frozen_through;
ANALYZE;
