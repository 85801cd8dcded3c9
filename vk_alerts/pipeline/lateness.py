"""Live windows whose events are no longer those of their snapshot: rows that arrived late, or went."""

from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting.plan import LIVE_WITHIN
from vk_alerts.clickhouse.versions import SCORES_ASSET
from vk_alerts.metrics.arrivals import arrivals_query
from vk_alerts.metrics.model import SourceFile
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP, window_key, window_of


@dataclass(frozen=True, slots=True)
class LateRows:
    """A window that is to be computed again.

    Attributes:
        window: its start.
        events: for each source that changed: its name, the events of the snapshot, and those there are now.
    """

    window: datetime
    events: tuple[tuple[str, int, int], ...]

    @property
    def key(self) -> str:
        """What makes it this change: the window is computed again once for it."""
        return ":".join([window_key(self.window), *(f"{source}={now}" for source, _, now in self.events)])

    @property
    def reason(self) -> str:
        """What changed, in words."""
        told = (f"{source} has {now} events, its snapshot {then}" for source, then, now in self.events)
        return f"window {window_key(self.window)}: {', '.join(told)}"


def late_rows(stores: Stores, *, now: datetime) -> list[LateRows]:
    """The live windows that were scored and have other events now, oldest first.

    One query per source counts the events of three windows; what is older is the past and is not told.

    Raises:
        ClickHouseError: the events or the snapshots cannot be read.
    """
    end = window_of(now)
    start = window_of(now - LIVE_WITHIN)
    scored = {commit.window for commit in stores.results.commits(SCORES_ASSET, start, end)}
    changed: dict[datetime, list[tuple[str, int, int]]] = {}
    if scored:
        for file in stores.catalog.files:
            for window, then, count in _changed(stores, file, start, end):
                if window in scored:
                    changed.setdefault(window, []).append((file.source.name, then, count))
    return [LateRows(window, tuple(events)) for window, events in sorted(changed.items())]


def _changed(
    stores: Stores, file: SourceFile, start: datetime, end: datetime
) -> list[tuple[datetime, int, int]]:
    """Windows with a snapshot whose events differ: the window, events of the snapshot, events now."""
    snapshot = stores.results.snapshot_events(file.source.name, start, end)
    if not snapshot:
        return []
    answer = stores.events.read(arrivals_query(file.source, min(snapshot), max(snapshot) + STEP))
    counts = dict(zip(answer["window_epoch"].tolist(), answer["events"].tolist(), strict=True))
    return [
        (window, then, int(counts.get(int(window.timestamp()), 0)))
        for window, then in snapshot.items()
        if counts.get(int(window.timestamp()), 0) != then
    ]
