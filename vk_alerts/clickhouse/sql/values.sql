-- Committed values of one series in some windows.
-- Grain: one row per window that has one. Columns: window_start, value.
SELECT window_start, value
FROM metric_snapshots
WHERE source = $source AND metric = $metric AND slice = $slice
    AND window_start >= $start AND window_start < $end
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = $asset AND window_start >= $start AND window_start < $end
        GROUP BY window_start
    )
ORDER BY window_start
