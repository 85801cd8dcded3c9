-- Inserts messages of the messenger; simulator/statement.py fills in the $parameters, $sessions_query is sessions.sql.
--
-- Grain: one row per message.
-- Columns: those of message_actions.
--
-- A session is a talk with one of the user's eight contacts.
INSERT INTO message_actions
    (user_id, reciever_id, time, source, exp_group, gender, age, country, city, os)
SELECT
    user_id,
    toUInt32($first_user + (user_index + 1
        + cityHash64($seed, 3, user_index, session % 8) % ($users - 1)) % $users) AS reciever_id,
    toDateTime($start_epoch + ordinal * $window_seconds + start_seconds + gap_seconds * event, 'UTC') AS time,
    source, exp_group, gender, age, country, city, os
FROM
(
    $sessions_query
)
ARRAY JOIN range(toUInt64(size)) AS event
SETTINGS max_block_size = $cells_per_block
