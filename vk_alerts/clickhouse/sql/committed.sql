-- The newest version of each window of an asset in a range.
-- Grain: one row per window that was ever committed. Columns: window_start, version, rows, origin, run_id.
SELECT
    window_start,
    max(version) AS newest,
    argMax(rows, version) AS row_count,
    argMax(origin, version) AS newest_origin,
    argMax(run_id, version) AS newest_run_id
FROM commits
WHERE asset = $asset AND window_start >= $start AND window_start < $end
GROUP BY window_start
ORDER BY window_start
