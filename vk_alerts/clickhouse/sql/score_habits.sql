-- What committed scores of a range tell of each series.
-- Grain: one row per (source, metric, slice) with a verdict. Columns: source, metric, slice; days with a verdict;
-- windows with one; the median over days of the day's highest score, and of its mean number of events.
SELECT
    source,
    metric,
    slice,
    count() AS days,
    sum(windows) AS judged,
    quantileExact(0.5)(highest) AS daily_peak,
    quantileExact(0.5)(events) AS volume
FROM
(
    SELECT
        source,
        metric,
        slice,
        intDiv(toUInt32(window_start) - toUInt32($start), 86400) AS day,
        count() AS windows,
        max(assumeNotNull(score)) AS highest,
        avg(ifNull(evidence, 0.)) AS events
    FROM anomaly_scores
    WHERE window_start >= $start AND window_start < $end
        AND isNotNull(score)
        AND detector = transform(metric, $metrics, $detectors, '')
        AND (window_start, version) IN
        (
            SELECT window_start, max(version)
            FROM commits
            WHERE asset = 'anomaly_scores' AND window_start >= $start AND window_start < $end
            GROUP BY window_start
        )
    GROUP BY source, metric, slice, day
)
GROUP BY source, metric, slice
ORDER BY source, metric, slice
