-- History of one source as one array per series.
-- Grain: one row per (metric, slice) with a value in the range.
-- Columns: metric, slice; window_index (windows since the range's start), numerators, denominators, events: arrays of
-- one length, in no particular order.
SELECT
    metric,
    slice,
    groupArray(toUInt32(intDiv(toUInt32(window_start) - toUInt32($start), $step_seconds))) AS window_index,
    groupArray(numerator) AS numerators,
    groupArray(denominator) AS denominators
FROM metric_snapshots
WHERE source = $source
    AND window_start >= $start AND window_start < $end
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = $asset AND window_start >= $start AND window_start < $end
        GROUP BY window_start
    )
GROUP BY metric, slice
ORDER BY metric, slice
