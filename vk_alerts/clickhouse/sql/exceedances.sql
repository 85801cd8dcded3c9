-- Committed scores of a range that thresholds depend on: of a floor at least, relevant and founded, the highest first.
-- Grain: one row per (window, metric, slice). Columns: metric, slice; seconds since the range's start; the score,
-- negative where the value is below the expected one.
SELECT
    metric,
    slice,
    toUInt32(window_start) - toUInt32($start) AS seconds,
    if(value < expected, -1, 1) * assumeNotNull(score) AS signed_score
FROM anomaly_scores
WHERE window_start >= $start AND window_start < $end
    AND score >= $floor
    AND detector = transform(metric, $metrics, $detectors, '')
    AND abs(value - expected) >= transform(metric, $metrics, $least_deviations, 0.) * expected
    AND evidence >= transform(metric, $metrics, $least_evidence, 0.)
    AND (window_start, version) IN
    (
        SELECT window_start, max(version)
        FROM commits
        WHERE asset = 'anomaly_scores' AND window_start >= $start AND window_start < $end
        GROUP BY window_start
    )
ORDER BY assumeNotNull(score) DESC, window_start, metric, slice
LIMIT $most
