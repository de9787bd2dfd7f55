-- What metrics publishes for analysts, the scorecard and the checker. Names
-- and columns here are kept; tables may change behind them. Rows carry the
-- shard; table "shard" names its authority.

-- Months from the first figure to the last, or to the one that is running,
-- since cases stay open in months in which nothing else happens. A month of
-- which no figure is left but what it was frozen with is one too.
CREATE VIEW kpi_months AS
SELECT span.shard, generate_series(span.first, span.last,
                                   interval '1 month')::date AS month
  FROM (SELECT r.shard,
               least((SELECT min(month) FROM kpi_cell c
                       WHERE c.shard = r.shard),
                     (SELECT min(month) FROM late_change l
                       WHERE l.shard = r.shard)) AS first,
               greatest((SELECT max(month) FROM kpi_cell c
                          WHERE c.shard = r.shard),
                        (r.frozen_through + interval '1 month')::date) AS last
          FROM reckoning r) AS span;

-- Every figure as it stands now; K10 as the level at the month's end. K30, K32
-- and K40 are parts of others (core/kpi.c).
CREATE VIEW scorecard_cells AS
SELECT shard, month, kpi, side, district, age_band, part, numerator,
       denominator
  FROM kpi_cell
 WHERE kpi <> 'K10_net'
UNION ALL
SELECT shard, month, 'K30', side, district, age_band, part, denominator, 0
  FROM kpi_cell
 WHERE kpi = 'K35'
UNION ALL
SELECT shard, month, 'K32', side, district, age_band, part, numerator, 0
  FROM kpi_cell
 WHERE kpi = 'K06'
UNION ALL
SELECT shard, month, 'K40', side, district, age_band, '', numerator,
       denominator
  FROM kpi_cell
 WHERE kpi = 'K37' AND part = 'T1'
UNION ALL
SELECT m.shard, m.month, 'K10', c.side, c.district, c.age_band, c.part,
       sum(c.numerator)::bigint, 0::bigint
  FROM kpi_months m
  JOIN kpi_cell c ON c.shard = m.shard AND c.kpi = 'K10_net'
                 AND c.month <= m.month
 GROUP BY m.shard, m.month, c.side, c.district, c.age_band, c.part
HAVING sum(c.numerator) <> 0;

-- kpi_cell less what came late; of months that have ended only.
CREATE VIEW frozen_month AS
SELECT shard, month, kpi, side, district, age_band, part,
       sum(numerator)::bigint AS numerator,
       sum(denominator)::bigint AS denominator
  FROM (SELECT shard, month, kpi, side, district, age_band, part,
               numerator, denominator
          FROM kpi_cell
         UNION ALL
        SELECT shard, month, kpi, side, district, age_band, part,
               -numerator, -denominator
          FROM late_change) AS change
  JOIN reckoning USING (shard)
 WHERE month <= frozen_through
 GROUP BY shard, month, kpi, side, district, age_band, part
HAVING sum(numerator) <> 0 OR sum(denominator) <> 0;

-- The same as scorecard_cells, as each month was fixed at its end.
CREATE VIEW frozen_cells AS
SELECT shard, month, kpi, side, district, age_band, part, numerator,
       denominator
  FROM frozen_month
 WHERE kpi <> 'K10_net'
UNION ALL
SELECT shard, month, 'K30', side, district, age_band, part, denominator, 0
  FROM frozen_month
 WHERE kpi = 'K35'
UNION ALL
SELECT shard, month, 'K32', side, district, age_band, part, numerator, 0
  FROM frozen_month
 WHERE kpi = 'K06'
UNION ALL
SELECT shard, month, 'K40', side, district, age_band, '', numerator,
       denominator
  FROM frozen_month
 WHERE kpi = 'K37' AND part = 'T1'
UNION ALL
SELECT m.shard, m.month, 'K10', f.side, f.district, f.age_band, f.part,
       sum(f.numerator)::bigint, 0::bigint
  FROM kpi_months m
  JOIN reckoning r ON r.shard = m.shard AND m.month <= r.frozen_through
  JOIN frozen_month f ON f.shard = m.shard AND f.kpi = 'K10_net'
                     AND f.month <= m.month
 GROUP BY m.shard, m.month, f.side, f.district, f.age_band, f.part
HAVING sum(f.numerator) <> 0;

-- What changed after its month was frozen: as it was fixed, and as it is.
CREATE VIEW restatements AS
SELECT shard, month, kpi, side, district, age_band, part,
       coalesce(f.numerator, 0) AS frozen_numerator,
       coalesce(f.denominator, 0) AS frozen_denominator,
       coalesce(c.numerator, 0) AS numerator,
       coalesce(c.denominator, 0) AS denominator
  FROM frozen_cells f
  FULL JOIN (SELECT s.* FROM scorecard_cells s
               JOIN reckoning r ON r.shard = s.shard
                               AND s.month <= r.frozen_through) c
 USING (shard, month, kpi, side, district, age_band, part)
 WHERE (coalesce(f.numerator, 0), coalesce(f.denominator, 0))
    IS DISTINCT FROM (coalesce(c.numerator, 0), coalesce(c.denominator, 0));

-- Percentages by part over all bands and districts, half-up to one decimal.
CREATE VIEW scorecard_totals AS
SELECT shard, month, kpi, side, part, sum(numerator)::bigint AS numerator,
       sum(denominator)::bigint AS denominator,
       round(100.0 * sum(numerator) / nullif(sum(denominator), 0), 1)
       AS percent
  FROM scorecard_cells
 GROUP BY shard, month, kpi, side, part;

-- All that is known of one version of a notification.
CREATE VIEW fact_notification AS
SELECT shard, notification_id, coalesce(d.agency_id, a.agency_id) AS agency_id,
       coalesce(d.agency_ref, a.agency_ref) AS agency_ref,
       coalesce(d.amendment, a.amendment) AS amendment,
       coalesce(d.agency_type, a.agency_type) AS agency_type,
       coalesce(d.kind, a.kind) AS kind, a.sent_at, a.accepted_at,
       d.decision_id, d.child_id, d.entry, d.side, d.outcome, d.status,
       d.rule_id, d.action_rules, d.received_at, d.decided_at, d.cin_source,
       d.unit, d.locality, d.age_band, d.sex, d.ethnicity, d.sen,
       d.re_referral, d.episode_id, d.heard_at, e.effect_decision_id,
       e.effect, e.case_id, w.answered_at, w.answer, d.month,
       coalesce(d.superseded, false) AS superseded,
       coalesce(d.repeat, false) AS repeat, d.waits_for
  FROM fact_accepted a
  FULL JOIN fact_decided d USING (shard, notification_id)
  FULL JOIN fact_effect e USING (shard, notification_id)
  FULL JOIN fact_answer w USING (shard, notification_id);

-- Notifications that stand: the highest amendment of each, with the outcome
-- that took effect. repeat: another message of its episode is the one in K01.
CREATE VIEW notifications AS
SELECT shard, notification_id, d.agency_id, d.agency_ref, d.amendment,
       d.agency_type, d.kind, d.entry, d.status, d.rule_id,
       coalesce(e.effect, d.outcome) AS outcome, d.outcome AS decided_outcome,
       d.received_at, a.accepted_at, d.decided_at, w.answered_at, w.answer,
       d.child_id, e.case_id, d.episode_id, d.locality, d.unit, d.age_band,
       d.sex, d.ethnicity, d.sen, d.re_referral, d.needs, d.cin_source,
       d.month, d.repeat
  FROM fact_decided d
  LEFT JOIN fact_accepted a USING (shard, notification_id)
  LEFT JOIN fact_effect e USING (shard, notification_id)
  LEFT JOIN fact_answer w USING (shard, notification_id)
 WHERE NOT d.superseded;

CREATE VIEW cases AS
SELECT shard, case_id, child_id, side, state, outcome, opened_at, closed_at,
       close_outcome, close_class, unit, worker, csc_status, locality, age_band,
       opened_band,
       closed_band, sex, ethnicity, entry, agency_type, intent, converted, re_referral,
       predecessor_id, merged_into, screened_out, opened_month, closed_month
  FROM fact_case;

CREATE VIEW handovers AS
SELECT shard, handover_id, case_id, new_case_id, child_id, direction, state,
       from_unit, to_unit, offered_at, answered_at, locality, age_band, month
  FROM fact_handover;

-- Alerts by rule, with how long they stood.
CREATE VIEW alert_times AS
SELECT shard, alert_id, rule, subject_kind, subject_id, case_id, unit, stage,
       raised_at, acknowledged_at, cleared_at,
       acknowledged_at - raised_at AS until_acknowledged,
       cleared_at - raised_at AS until_cleared
  FROM fact_alert;

CREATE VIEW observed AS
SELECT shard, indicator, agency_id, agency_ref, period_from, period_to, area,
       breakdown, measure, value, gap, amount, decimals, typed_total, unit,
       definition, status
  FROM observed_indicator;

-- Facts that can't be counted yet; not empty for long only where casework
-- lags or a profile was never activated.
CREATE VIEW waiting_facts AS
SELECT shard, 'notification' AS fact, notification_id AS id, waits_for
  FROM fact_decided WHERE waits_for IS NOT NULL
UNION ALL
SELECT shard, 'case', case_id, coalesce(waits_for, 'earlier version')
  FROM fact_case_waiting
UNION ALL
SELECT shard, 'handover', handover_id, waits_for
  FROM fact_handover WHERE waits_for IS NOT NULL
UNION ALL
SELECT shard, 'activity', activity_id, waits_for
  FROM fact_activity WHERE waits_for IS NOT NULL
UNION ALL
SELECT shard, 'clock', subject_id, waits_for
  FROM fact_clock WHERE waits_for IS NOT NULL
UNION ALL
SELECT shard, 'episode', episode_id, waits_for
  FROM fact_episode WHERE waits_for IS NOT NULL;
