-- Sessions of users, the common part of both event tables; simulator/statement.py fills in the $parameters.
--
-- Grain: one row per session, and per repetition of it while an incident repeats sessions.
-- Columns:
--   ordinal                 window, counted from the simulation's start
--   session                 64 random bits, the source of everything below that is not the user's identity
--   user_index, user_id     who
--   size                    views or messages in the session, 1 to 5, all equally likely
--   gap_seconds             between two of them
--   start_seconds           of the first one, from the window's start; the session ends inside the window, and
--                           may end with it: a source whose events stop before the end of a window is late
--   like_probability        the user's habit, 0.1 to 0.3
--   gender, age, country, city, os, source, exp_group   the user's identity
--
-- Every random number is a hash of (seed, stream, window, cohort, number of the session): no state, no order, so that
-- a range written in several statements holds the same rows as one, and an incident changes no row outside itself.
-- Bits of one hash are independent and are taken from disjoint places.
SELECT
    ordinal,
    if(repetition = 0, session_key, cityHash64(session_key, repetition)) AS session,
    user_index,
    user_id,
    1 + bitAnd(bitShiftRight(session, 48), 65535) % 5 AS size,
    $gap_min + bitAnd(bitShiftRight(session, 16), 65535) % $gap_choices AS gap_seconds,
    intDiv(bitAnd(bitShiftRight(session, 32), 65535) * ($window_seconds - 8 - (size - 1) * gap_seconds), 65536)
        AS start_seconds,
    like_probability,
    gender, age, country, city, os, source, exp_group
FROM
(
    SELECT
        ordinal,
        session_key,
        user_index,
        toUInt32($first_user + user_index) AS user_id,
        cityHash64($seed, 1, user_index) AS identity,
        cityHash64($seed, 2, user_index) AS home,
        toInt8(bitAnd(identity, 1)) AS gender,
        -- The mean of two uniform numbers, pulled towards the young.
        (bitAnd(bitShiftRight(identity, 1), 65535) + bitAnd(bitShiftRight(home, 32), 65535)) / 131072 AS maturity,
        toInt16(13 + 58 * pow(maturity, age_skew)) AS age,
        if(bitAnd(bitShiftRight(identity, 17), 65535) < android_cut, 'Android', 'iOS') AS os,
        if(bitAnd(bitShiftRight(identity, 33), 65535) < $organic_cut, 'organic', 'ads') AS source,
        toInt8(bitAnd(bitShiftRight(identity, 49), 32767) % 5) AS exp_group,
        0.1 + 0.2 * (bitAnd(bitShiftRight(home, 16), 65535) / 65536) AS like_probability,
        bitAnd(home, 65535) AS draw,
        $place AS place,
        $country AS country,
        $city AS city
    FROM
    (
        -- Within a cohort activity falls with rank: the keenest user is 10 times as active as the mean, most are below it.
        SELECT
            ordinal,
            cohort,
            cityHash64($seed, $stream, ordinal, cohort, number_in_cell) AS session_key,
            bitAnd(session_key, 4294967295) / 4294967296 AS keenness,
            transform(cohort, $cohorts, $cohort_shares, 0) AS share,
            transform(cohort, $cohorts, $cohort_offsets, 0) AS first_share,
            transform(cohort, $cohorts, $cohort_regions, 0) AS region,
            transform(cohort, $cohorts, $cohort_age_skews, 1.0) AS age_skew,
            transform(region, $regions, $region_android_cuts, 0) AS android_cut,
            toUInt32($blocks * share * keenness * (0.1 + 0.9 * keenness * keenness)) AS rank,
            $shares * intDiv(rank, share) + first_share + rank % share AS user_index
        FROM
        (
            SELECT
                $first_ordinal + intDiv(number, $cohort_count) AS ordinal,
                number % $cohort_count AS cohort,
                transform(number, $cells, $sessions, 0) AS sessions
            FROM numbers($cell_count)
        )
        ARRAY JOIN range(toUInt64(sessions)) AS number_in_cell
    )
)
ARRAY JOIN range(toUInt64($session_copies)) AS repetition
