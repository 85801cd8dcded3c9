-- Committed scores of some series, $series as "metric slice", in a range of windows.
-- Grain: one row per (window, metric, slice). Columns: those of anomaly_scores without the version.
SELECT
    window_start, source, metric, slice, value, expected, lower, upper, score, evidence, threshold, detector,
    own_score, share_score, decided_by
FROM anomaly_scores
WHERE window_start >= $start AND window_start < $end
    AND has($series, concat(metric, ' ', slice))
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = 'anomaly_scores' AND window_start >= $start AND window_start < $end
        GROUP BY window_start
    )
ORDER BY window_start, metric, slice
