-- Incidents that began in a range, as they stand.
-- Grain: one row per incident. Columns: those of incident_history without the version.
SELECT
    incident, `group`, source, metric, slice, direction, state, first_bad, last_bad, closed_at, bad_windows, worst,
    missed
FROM incident_history
WHERE (incident, version) IN
(
    SELECT incident, max(version)
    FROM incident_history
    GROUP BY incident
)
    AND first_bad >= $start AND first_bad < $end
ORDER BY first_bad, incident
LIMIT 1 BY incident
