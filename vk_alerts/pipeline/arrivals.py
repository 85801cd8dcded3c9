"""Which sources have delivered which windows, as their event tables tell now."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vk_alerts.alerting.inhibition import Delivery, delivery_of
from vk_alerts.alerting.sources import SourceState
from vk_alerts.errors import ClickHouseError
from vk_alerts.metrics.arrivals import arrivals_query
from vk_alerts.metrics.model import Source
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP

LOGGER = logging.getLogger(__name__)

# A source without an event in so long tells nothing: what stopped within it was told then, and is remembered.
_LOOK_BACK = timedelta(days=7)


def source_states(
    stores: Stores, windows: Sequence[datetime], *, now: datetime
) -> dict[datetime, list[SourceState]]:
    """How far each source's events reach, seen from each window.

    A source whose events cannot be read, or that has had none for a week, is left out: its metrics are judged
    as if it had delivered, because what is known of them must not wait for it.

    Args:
        stores: for the events.
        windows: starts, oldest first, at least one.
        now: events from after it are no sign that a source delivers.
    """
    states: dict[datetime, list[SourceState]] = {window: [] for window in windows}
    for source in stores.catalog.sources:
        try:
            events, newest = _arrivals(stores, source, windows, now)
        except ClickHouseError as error:
            LOGGER.warning("source=%s outcome=taken to have delivered reason=%s", source.name, error)
            continue
        if newest is None:
            continue
        for window in windows:
            state = SourceState(source.name, source.table, newest, events.get(window, 0))
            states[window].append(state)
    return states


def late_sources(stores: Stores, window: datetime, *, now: datetime) -> list[str]:
    """The sources that have not delivered a window: their events stop before its end, or there are none.

    Raises:
        ClickHouseError: what was expected of an empty window cannot be read.
    """
    states = source_states(stores, [window], now=now)[window]
    expected: dict[str, float] = {}
    if any(state.events == 0 for state in states):
        totals = stores.results.scores(window, window + STEP, slice_key=ALL_KEY).dropna(subset=["expected"])
        most = totals.groupby("source")["expected"].max()
        expected = {str(source): float(amount) for source, amount in most.items()}
    return [
        state.source
        for state in states
        if delivery_of(state, expected.get(state.source, 0.0), window) is not Delivery.WHOLE
    ]


def _arrivals(
    stores: Stores, source: Source, windows: Sequence[datetime], now: datetime
) -> tuple[dict[datetime, int], datetime | None]:
    """Events of each window that has any, and the time of the newest event."""
    end = max(now, windows[-1] + STEP) + timedelta(seconds=1)
    rows = stores.events.read(arrivals_query(source, windows[0], end))
    if rows.empty:
        rows = stores.events.read(arrivals_query(source, windows[0] - _LOOK_BACK, windows[0]))
    if rows.empty:
        return {}, None
    events = {_moment(start): int(n) for start, n in zip(rows["window_epoch"], rows["events"], strict=True)}
    return events, _moment(rows["newest_epoch"].max())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), tz=UTC)
