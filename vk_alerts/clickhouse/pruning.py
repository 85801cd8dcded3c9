"""Removes the versions of results that are too old to be of interest."""

from datetime import datetime

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.windows import STEP

# The newest is what readers take; the two before it tell what changed on rerun.
KEPT_VERSIONS = 3
# A statement names its windows; so many keep it well below the 256 KiB that a server parses by default.
_WINDOWS_PER_STATEMENT = 2_000


def prune(
    clickhouse: ClickHouse, rows: str, asset: str, start: datetime, end: datetime, *, when_more_than: int
) -> int:
    """Tells the server to delete all but the newest three versions of each window in [start, end).

    The server deletes in the background (a mutation; ``system.mutations`` tells how far it is). Meanwhile,
    and if it is interrupted, readers see what they saw: they only take the newest version. Rows go before
    their markers, so that a prune that failed between the two is found and done again. What a crashed run
    left without a marker goes too, once it is older than the third version.

    Args:
        clickhouse: the database of the results.
        rows: the SQL file that deletes the rows, ``prune_snapshots`` or ``prune_scores``.
        asset: whose commits.
        start: first window.
        end: end of the last window.
        when_more_than: windows with at most so many versions are left alone.

    Returns:
        How many windows had versions to delete.

    Raises:
        ClickHouseDenied: the user may not ALTER … DELETE.
        ClickHouseError: the server cannot be reached, or refuses.
    """
    found = clickhouse.read(
        named_query(
            "outdated", asset=asset, start=start, end=end, kept=KEPT_VERSIONS, when_more_than=when_more_than
        )
    )
    for first in range(0, len(found), _WINDOWS_PER_STATEMENT):
        part = found.iloc[first : first + _WINDOWS_PER_STATEMENT]
        windows = [moment.to_pydatetime() for moment in part["window_start"]]
        values = {
            "start": windows[0],
            "end": windows[-1] + STEP,
            "windows": [int(moment.timestamp()) for moment in windows],
            "oldest_kept": [int(version) for version in part["oldest_kept"]],
            "asset": asset,
        }
        for statement in (rows, "prune_commits"):
            clickhouse.execute(named_query(statement, **values))
    return len(found)
