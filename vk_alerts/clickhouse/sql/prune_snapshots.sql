-- Deletes old versions in some windows of a source: $windows (epoch seconds) and, in the same order, the oldest
-- versions that stay.
ALTER TABLE metric_snapshots DELETE
WHERE concat(source, '_snapshots') = $asset AND window_start >= $start AND window_start < $end
    AND version < transform(toUInt32(window_start), $windows, $oldest_kept, toUInt64(0))
