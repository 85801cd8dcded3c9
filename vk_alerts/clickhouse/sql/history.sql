-- History of one source as one array per series on a fixed grid of windows.
-- Grain: one row per (metric, slice) with a value in the range.
-- Columns: metric, slice; numerators and denominators: arrays with an element per window of the range, nan where the
-- series has no row. Denominators that are all 1, those of counts, are left out: an empty array.
SELECT
    metric,
    slice,
    groupArrayInsertAt(nan, $width)(numerator, window_index) AS numerators,
    if(
        min(denominator) = 1 AND max(denominator) = 1,
        emptyArrayFloat64(),
        groupArrayInsertAt(nan, $width)(denominator, window_index)
    ) AS denominators
FROM
(
    SELECT
        metric,
        slice,
        numerator,
        denominator,
        toUInt32(intDiv(toUInt32(window_start) - toUInt32($start), $step_seconds)) AS window_index
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
)
GROUP BY metric, slice
ORDER BY metric, slice
