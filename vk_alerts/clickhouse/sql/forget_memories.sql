-- Deletes what no window is scored with any more.
ALTER TABLE detector_memories DELETE WHERE source = $source AND day < $before
