-- History of one source in some ranges of windows, as arrays per series.
-- Grain: one row per (metric, slice) with a value in the ranges.
-- Columns: metric, slice; windows and numerators: an element per row of the series, a window as the number of
-- steps from $start; divided and denominators: likewise of the rows whose denominator is not 1, that of counts.
SELECT
    metric,
    slice,
    groupArray(steps) AS windows,
    groupArray(numerator) AS numerators,
    groupArrayIf(steps, denominator != 1) AS divided,
    groupArrayIf(denominator, denominator != 1) AS denominators
FROM
(
    SELECT
        metric,
        slice,
        numerator,
        denominator,
        toUInt32(intDiv(toUInt32(window_start) - toUInt32($start), $step_seconds)) AS steps
    FROM metric_snapshots
    WHERE source = $source
        AND window_start >= $start AND window_start < $end
        AND $block
        AND (window_start, version) IN
        (
            SELECT window_start, max(version)
            FROM commits
            WHERE asset = $asset
                AND window_start >= $start AND window_start < $end
                AND arrayExists((low, high) -> window_start >= low AND window_start < high, $lows, $highs)
            GROUP BY window_start
        )
)
GROUP BY metric, slice
ORDER BY metric, slice
