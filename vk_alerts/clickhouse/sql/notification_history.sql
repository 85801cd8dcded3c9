-- Messages about the windows of a range, and what became of them.
-- Grain: one row per message. Columns: those of notification_history without the version.
SELECT message, `group`, kind, chat, window_start, metric, slice, state, text
FROM notification_history
WHERE (message, version) IN
(
    SELECT message, max(version)
    FROM notification_history
    GROUP BY message
)
    AND window_start >= $start AND window_start < $end
ORDER BY window_start, message
LIMIT 1 BY message
