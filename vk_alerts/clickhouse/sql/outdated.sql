-- Windows of an asset that were committed more often than is of interest.
-- Grain: one row per such window. Columns: window_start; oldest_kept, the oldest version that stays.
SELECT
    window_start,
    arrayElement(arrayReverseSort(groupUniqArray(version)), $kept) AS oldest_kept
FROM commits
WHERE asset = $asset AND window_start >= $start AND window_start < $end
GROUP BY window_start
HAVING uniqExact(version) > $when_more_than
ORDER BY window_start
