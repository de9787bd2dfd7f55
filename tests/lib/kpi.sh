# shellcheck shell=bash
# Cells against the ids behind them: every cell of kpi_cell, counted by the
# core as facts changed, is the sum of what sql/003_members.sql finds in the
# facts. Needs sql() of the script that sources it.

# Prints the cells that are not, a line each; nothing where all are.
cell_differences() # authority
{
    sql "WITH months AS (
            SELECT s.shard, m.month
              FROM metrics.shard s JOIN metrics.kpi_months m USING (shard)
             WHERE s.authority = '$1'),
        counted AS (
            SELECT m.month, k.kpi, c.side, c.district, c.age_band, c.part,
                   sum(c.numerator) AS numerator,
                   sum(c.denominator) AS denominator
              FROM months m
             CROSS JOIN unnest(ARRAY['K01', 'K05', 'K06', 'K07', 'K08', 'K10',
                   'K11', 'K12', 'K13', 'K14', 'K17', 'K18', 'K19', 'K20',
                   'K21', 'K30', 'K31', 'K32', 'K35', 'K37', 'K38', 'K40'])
                   AS k (kpi)
             CROSS JOIN LATERAL metrics.kpi_members(m.shard, k.kpi, m.month,
                   (m.month + interval '1 month - 1 day')::date) c
             GROUP BY 1, 2, 3, 4, 5, 6)
        SELECT *
          FROM counted
          FULL JOIN (SELECT c.* FROM metrics.scorecard_cells c
                       JOIN months USING (shard, month)) AS cell
         USING (month, kpi, side, district, age_band, part)
         WHERE (coalesce(counted.numerator, 0), coalesce(counted.denominator, 0))
            IS DISTINCT FROM (coalesce(cell.numerator, 0),
                              coalesce(cell.denominator, 0))"
}
