-- Settings of the user that let the server answer with a part of the rows instead of an error.
-- Grain: one row per such setting. Columns: name, value.
SELECT name, value
FROM system.settings
WHERE (name = 'skip_unavailable_shards' AND value NOT IN ('0', 'false'))
    OR (name LIKE '%overflow_mode%' AND value IN ('break', 'any'))
ORDER BY name
