-- How many rows the windows of an asset have in some ranges.
-- Grain: one row. Columns: most, the rows of the window that has most; newest, the start of the newest window that
-- has rows, seconds since 1970, 0 where there is none.
SELECT
    max(newest_rows) AS most,
    max(if(newest_rows = 0, 0, moment)) AS newest
FROM
(
    SELECT toUInt32(window_start) AS moment, argMax(rows, version) AS newest_rows
    FROM commits
    WHERE asset = $asset
        AND window_start >= $start AND window_start < $end
        AND arrayExists((low, high) -> window_start >= low AND window_start < high, $lows, $highs)
    GROUP BY window_start
)
