-- Inserts requests to an API; simulator/statement.py fills in the $parameters, $sessions_query is sessions.sql.
--
-- Grain: one row per request, and per repetition of it while an incident repeats single events.
-- Columns: those of requests.
--
-- Requests are answered where their user lives, by the version that the user has, slower when many use it (around 20:00
-- in Moscow). Durations are lognormal around what is usual for the endpoint: the sum of four even numbers is as good as
-- normal.
INSERT INTO requests (time, endpoint, status, duration_ms, region, version, user_id)
SELECT
    toDateTime($start_epoch + ordinal * $window_seconds + least(second + $repetition, $window_seconds - 1), 'UTC') AS time,
    endpoint,
    toUInt16(if(chance < 0.02 * $errors_factor, if(bitAnd(event_key, 1) = 0, 500, 503), if(chance > 0.97, 404, 200))) AS status,
    toUInt32(greatest(1, round(usual * busy * exp(0.5 * sqrt(3) * deviation) * $duration_factor))) AS duration_ms,
    region, version, user_id
FROM
(
    SELECT
        ordinal,
        user_id,
        cityHash64(session, 4, event) AS event_key,
        bitShiftRight(event_key, 32) / 4294967296 AS chance,
        bitAnd(bitShiftRight(event_key, 8), 65535) / 65536 AS wish,
        multiIf(
            wish < 0.34, '/feed', wish < 0.54, '/messages', wish < 0.72, '/profile', wish < 0.88, '/search',
            wish < 0.96, '/checkout', '/upload'
        ) AS endpoint,
        transform(
            endpoint, ['/feed', '/messages', '/profile', '/search', '/checkout', '/upload'],
            [90, 60, 45, 160, 130, 420], 0
        ) AS usual,
        cityHash64(session, 8, event) AS work,
        (
            bitAnd(work, 65535) + bitAnd(bitShiftRight(work, 16), 65535)
            + bitAnd(bitShiftRight(work, 32), 65535) + bitShiftRight(work, 48)
        ) / 65536 - 2 AS deviation,
        1 + 0.12 * cos(2 * pi() * (($start_epoch + ordinal * $window_seconds) % 86400 / 86400 - 17 / 24)) AS busy,
        multiIf(
            country IN ('Kazakhstan', 'Uzbekistan'), 'asia',
            city IN ('Yekaterinburg', 'Novosibirsk', 'Omsk', 'Krasnoyarsk'), 'siberia',
            country IN ('Armenia', 'Azerbaijan', 'Turkey') OR city IN ('Krasnodar', 'Rostov-on-Don', 'Volgograd'), 'south',
            city IN ('Saint Petersburg') OR country = 'Belarus', 'northwest', 'central'
        ) AS region,
        bitAnd(cityHash64($seed, 9, user_index), 65535) / 65536 AS age_of_app,
        if(age_of_app < 0.6, '2.14', if(age_of_app < 0.85, '2.13', '2.12')) AS version,
        start_seconds + gap_seconds * event AS second,
        gender, age, country, city, os, source, exp_group
    FROM
    (
        $sessions_query
    )
    ARRAY JOIN range(toUInt64(size)) AS event
)
$event_copies
SETTINGS max_block_size = $cells_per_block
