-- What tells one history of an asset from another: how many windows are committed, and in which versions.
-- Grain: one row. Columns: committed; versions, a sum of hashes that does not depend on the order.
SELECT count() AS committed, groupBitXor(cityHash64(window_start, newest)) AS versions
FROM
(
    SELECT window_start, max(version) AS newest
    FROM commits
    WHERE asset = $asset AND window_start >= $start AND window_start < $end
    GROUP BY window_start
)
