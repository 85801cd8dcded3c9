-- How many series lay outside their own normal range in each window of a range: slices that moved with their
-- total, too, whose score is that of their share.
-- Grain: one row per committed window with scores. Columns: window_start, crossed.
SELECT window_start, countIf(own_score >= threshold) AS crossed
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
