-- Inserts what happens in a shop; simulator/statement.py fills in the $parameters, $sessions_query is sessions.sql.
--
-- Grain: one row per visit, per cart that is filled in it, and per order, and per repetition of it while an incident
-- repeats single events.
-- Columns: those of shop_events.
--
-- A session is one visit, about one category. One chance decides how far it gets, so that each order had a cart. Amounts
-- are lognormal around what is usual in the category: the sum of four even numbers is as good as normal.
INSERT INTO shop_events (time, user_id, kind, category, amount, os, country, city)
SELECT
    toDateTime($start_epoch + ordinal * $window_seconds + least(second + $repetition, $window_seconds - 1), 'UTC') AS time,
    user_id, kind, category,
    toUInt32(if(kind = 'visit', 0, amount)) AS amount,
    os, country, city
FROM
(
    SELECT
        ordinal,
        user_id,
        if(event = 0, 'visit', if(event = 1, 'cart', 'order')) AS kind,
        cityHash64(session, 4, event) AS event_key,
        cityHash64(session, 6) AS about,
        bitAnd(about, 65535) / 65536 AS taste,
        multiIf(
            taste < 0.34, 'groceries', taste < 0.58, 'clothes', taste < 0.74, 'electronics', taste < 0.90, 'home', 'beauty'
        ) AS category,
        transform(
            category, ['groceries', 'clothes', 'electronics', 'home', 'beauty'], [2300, 3600, 6900, 4200, 1900], 0
        ) AS usual,
        cityHash64(session, 7) AS price,
        (
            bitAnd(price, 65535) + bitAnd(bitShiftRight(price, 16), 65535)
            + bitAnd(bitShiftRight(price, 32), 65535) + bitShiftRight(price, 48)
        ) / 65536 - 2 AS deviation,
        round(usual * exp(0.35 * sqrt(3) * deviation)) AS amount,
        -- A cart is filled after a third of the rest of the window, at most, and paid after another.
        start_seconds
            + intDiv(($window_seconds - 1 - start_seconds) * event * bitAnd(bitShiftRight(about, 32), 65535), 3 * 65536)
            AS second,
        os, country, city
    FROM
    (
        $sessions_query
    )
    ARRAY JOIN range(3) AS event
    WHERE bitAnd(bitShiftRight(cityHash64(session, 6), 16), 65535)
        < if(event = 0, 65536, if(event = 1, 0.35, 0.16) * 65536)
)
$event_copies
SETTINGS max_block_size = $cells_per_block
