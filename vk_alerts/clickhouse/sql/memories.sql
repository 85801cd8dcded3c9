-- What a local day needs of its past.
-- Grain: one row per (metric, slice). Columns: metric, slice, numbers.
SELECT metric, slice, any(numbers) AS numbers
FROM detector_memories
WHERE source = $source AND day = $day AND fingerprint = $fingerprint
GROUP BY metric, slice
ORDER BY metric, slice
