-- The newest committed calibration of a range of days.
-- Grain: one row per (metric, slice). Columns: metric, slice, threshold.
SELECT metric, slice, threshold
FROM thresholds
WHERE window_start >= $oldest AND window_start <= $newest
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = 'thresholds' AND window_start >= $oldest AND window_start <= $newest
        GROUP BY window_start
        ORDER BY window_start DESC
        LIMIT 1
    )
