-- Events that the committed snapshots of a source counted in each window.
-- Grain: one row per committed window, also without events. Columns: window_start, snapshot_events.
SELECT window_start, max(counted) AS snapshot_events
FROM
(
    SELECT window_start, events AS counted
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
    UNION ALL
    SELECT window_start, toUInt64(0) AS counted
    FROM commits
    WHERE asset = $asset AND window_start >= $start AND window_start < $end
)
GROUP BY window_start
ORDER BY window_start
