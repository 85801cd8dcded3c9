-- How many events of a source the committed snapshots of some windows rest on.
-- Grain: one row per window that has any. Columns: window_start, arrived.
SELECT window_start, max(events) AS arrived
FROM metric_snapshots
WHERE source = $source AND slice = 'all'
    AND window_start >= $start AND window_start < $end
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = $asset AND window_start >= $start AND window_start < $end
        GROUP BY window_start
    )
GROUP BY window_start
ORDER BY window_start
