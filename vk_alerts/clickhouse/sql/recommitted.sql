-- Windows of an asset whose newest version was written since some moment.
-- Grain: one row per such window. Columns: window_start, and of the newest version its number, rows, origin,
-- run_id and time.
SELECT
    window_start,
    max(version) AS newest,
    argMax(rows, version) AS row_count,
    argMax(origin, version) AS newest_origin,
    argMax(run_id, version) AS newest_run_id,
    argMax(committed_at, version) AS newest_committed_at
FROM commits
WHERE asset = $asset AND window_start >= $start AND window_start < $end
    AND version > $since
GROUP BY window_start
ORDER BY window_start
