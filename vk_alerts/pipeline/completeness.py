"""Whether the events of a window are all there: a window is not judged before, within reason."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.metrics.model import SourceFile
from vk_alerts.metrics.query import epoch, quoted, table_of
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import window_end, window_key

# A source that does not come up to a window's end in this time is judged as it is, and told to be late.
LONGEST_WAIT = timedelta(minutes=10)
# A loader that works in batches leaves no event after a window's end: one this close to it is enough. What
# could still be missing, 3 % of a window, is less than anything that is worth an alert.
TOLERANCE = timedelta(seconds=30)
# The newest event is looked for from here on only: in a table of years max(time) may read all of it.
_LOOK_BACK = timedelta(days=2)
_NEVER = datetime.min.replace(tzinfo=UTC)


def newest_event(events: ClickHouse, file: SourceFile, now: datetime) -> datetime | None:
    """The watermark of a source: the time of its newest event, not after ``now``; None = none in two days.

    Raises:
        ClickHouseError: the events cannot be read.
    """
    time = quoted(file.source.time)
    answer = events.read(
        f"SELECT toUInt32(max({time})) AS newest FROM {table_of(file.source)} "  # noqa: S608 - of the catalog
        f"WHERE {time} >= toDateTime({epoch(now - _LOOK_BACK)}) AND {time} <= toDateTime({epoch(now)})"
    )
    seconds = int(answer["newest"].iloc[0])
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def watermarks(stores: Stores, now: datetime) -> dict[str, datetime | None]:
    """The watermark of every source, by name.

    Raises:
        ClickHouseError: the events cannot be read.
    """
    return {file.source.name: newest_event(stores.events, file, now) for file in stores.catalog.files}


def may_need_waiting(windows: Sequence[datetime], now: datetime) -> bool:
    """Whether one of the windows ended so recently that its events may still be on their way."""
    return any(now < window_end(window) + LONGEST_WAIT for window in windows)


def waits_for(window: datetime, reached: Mapping[str, datetime | None], now: datetime) -> str | None:
    """Why a window is not judged yet: the source that has not come up to its end; None = it may be judged.

    Args:
        window: its start.
        reached: the sources' watermarks.
        now: aware UTC.
    """
    end = window_end(window)
    if now >= end + LONGEST_WAIT:
        return None
    late = {name: newest for name, newest in reached.items() if newest is None or newest < end - TOLERANCE}
    if not late:
        return None
    name, newest = min(late.items(), key=lambda pair: (pair[1] or _NEVER, pair[0]))
    came = "it has no events" if newest is None else f"its newest event is of {newest:%H:%M:%S} UTC"
    return f"{window_key(window)} waits for {name}: {came}"
