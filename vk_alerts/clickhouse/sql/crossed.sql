-- How many committed scores of a range of windows reached their threshold.
-- Grain: one row. Columns: crossed.
SELECT count() AS crossed
FROM anomaly_scores
WHERE window_start >= $start AND window_start < $end
    AND score >= threshold
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = 'anomaly_scores' AND window_start >= $start AND window_start < $end
        GROUP BY window_start
    )
