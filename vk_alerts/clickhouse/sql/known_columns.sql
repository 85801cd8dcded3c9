-- What columns some tables of the database have.
-- Grain: one row per column. Columns: table, name.
SELECT table, name
FROM system.columns
WHERE database = currentDatabase() AND has($tables, table)
