-- How many committed scores of each window of a range reached their threshold.
-- Grain: one row per committed window with scores. Columns: window_start, crossed.
SELECT window_start, countIf(score >= threshold) AS crossed
FROM anomaly_scores
WHERE window_start >= $start AND window_start < $end
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = 'anomaly_scores' AND window_start >= $start AND window_start < $end
        GROUP BY window_start
    )
GROUP BY window_start
ORDER BY window_start
