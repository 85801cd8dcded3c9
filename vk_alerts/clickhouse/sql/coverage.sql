-- Windows of an asset that are committed in some ranges, as arrays.
-- Grain: one row.
-- Columns: committed, empty: starts of windows, seconds since 1970; empty ones were committed without rows.
SELECT
    groupArray(moment) AS committed,
    groupArrayIf(moment, newest_rows = 0) AS empty
FROM
(
    SELECT toUInt32(window_start) AS moment, argMax(rows, version) AS newest_rows
    FROM commits
    WHERE asset = $asset
        AND window_start >= $start AND window_start < $end
        AND arrayExists((low, high) -> window_start >= low AND window_start < high, $lows, $highs)
    GROUP BY window_start
)
