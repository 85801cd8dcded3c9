-- Deletes old versions of some days: $windows (their starts, epoch seconds) and, in the same order, the oldest
-- versions that stay.
ALTER TABLE thresholds DELETE
WHERE window_start >= $start AND window_start < $end
    AND version < transform(toUInt32(window_start), $windows, $oldest_kept, toUInt64(0))
