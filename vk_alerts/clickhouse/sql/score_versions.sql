-- Scores of a range of windows in some versions, whether they are the newest or not.
-- Grain: one row per (window, version, metric, slice). Columns: those of anomaly_scores.
SELECT
    window_start, version, source, metric, slice, value, expected, lower, upper, score, evidence, threshold, detector,
    own_score, share_score, decided_by
FROM anomaly_scores
WHERE window_start >= $start AND window_start < $end
    AND has($versions, version)
ORDER BY window_start, version, metric, slice
