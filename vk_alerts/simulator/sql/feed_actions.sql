-- Inserts views and likes of the feed; simulator/statement.py fills in the $parameters, $sessions_query is sessions.sql.
--
-- Grain: one row per view or like, and per repetition of it while an incident repeats single events.
-- Columns: those of feed_actions.
--
-- An even event is a view, the odd one after it the like of the same post, 2 to 7 seconds later.
INSERT INTO feed_actions (user_id, post_id, action, time, gender, age, country, city, os, source, exp_group)
SELECT
    user_id, post_id, action,
    toDateTime($start_epoch + ordinal * $window_seconds + least(second + $repetition, $window_seconds - 1), 'UTC') AS time,
    gender, age, country, city, os, source, exp_group
FROM
(
    SELECT
        ordinal,
        user_id,
        cityHash64(session, 3, intDiv(event, 2)) AS about_post,
        -- Readers see the newest posts most; four are published in each window.
        toUInt32(10000 + 4 * ordinal - toUInt32(2000 * pow(bitAnd(about_post, 65535) / 65536, 4))) AS post_id,
        if(event % 2 = 0, 'view', 'like') AS action,
        start_seconds + gap_seconds * intDiv(event, 2)
            + if(event % 2 = 0, 0, 2 + bitAnd(bitShiftRight(about_post, 16), 65535) % 6) AS second,
        cityHash64(session, 4, event) AS event_key,
        gender, age, country, city, os, source, exp_group
    FROM
    (
        $sessions_query
    )
    ARRAY JOIN range(toUInt64(2 * size)) AS event
    WHERE event % 2 = 0 OR bitAnd(cityHash64(session, 5, event), 65535) < like_probability * 65536
)
$event_copies
SETTINGS max_block_size = $cells_per_block
