"""Writes a simulation's events into ClickHouse, which makes them itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from string import Template

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import identifier, literal
from vk_alerts.clickhouse.spec import TableSpec, create_statement
from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator.simulation import Simulation
from vk_alerts.simulator.statement import insert_statement
from vk_alerts.simulator.worlds import SOCIAL, STREAMS, streams_of
from vk_alerts.windows import STEP, WINDOWS_PER_DAY

_DAY = timedelta(days=1)
_LONGEST_CHUNK = 7 * _DAY
# The engine sorts up to about a million rows in one go before it writes them.
_ROWS_PER_INSERT = 1_000_000
_COUNT = Template("SELECT count() AS rows FROM $table WHERE time >= $start AND time < $end")


def create_event_tables(clickhouse: ClickHouse, *, world: str = SOCIAL) -> None:
    """Creates the event tables of a world where they are missing.

    Raises:
        ConfigurationError: there is no such world.
    """
    for stream in streams_of(world).values():
        clickhouse.execute(create_statement(stream.table))


def write_events(
    clickhouse: ClickHouse,
    simulation: Simulation,
    windows_start: datetime,
    windows_end: datetime,
    *,
    on_progress: Callable[[datetime], None] | None = None,
) -> int:
    """Writes the events of the windows in [windows_start, windows_end) and returns how many rows they hold.

    A range written in several calls holds the same rows as one written in one. Nothing is replaced: windows
    that already hold events get them a second time. If an insert fails, its chunk may be half written.

    Args:
        clickhouse: where; its event tables must exist (:func:`create_event_tables`).
        simulation: what.
        windows_start: start of the first window, aware, not before the simulation's.
        windows_end: end of the last, aware.
        on_progress: is called with the end of each chunk (at most a week) after it is written.

    Raises:
        ConfigurationError: the range begins before the simulation, or its ends are no starts of windows.
        ClickHouseError: the engine refused or is not there.
    """
    if simulation.ordinal(windows_start) < 0:
        raise ConfigurationError(
            f"simulation: starts at {simulation.start}, has no events at {windows_start}"
        )
    simulation.ordinal(windows_end)  # refuses what is no start of a window before anything is written
    rows = 0
    for start, end in _chunks(simulation, windows_start.astimezone(UTC), windows_end.astimezone(UTC)):
        first, last = simulation.ordinal(start), simulation.ordinal(end)
        for source, stream in streams_of(simulation.world).items():
            clickhouse.execute(insert_statement(simulation, source, first=first, last=last))
            rows += _count(clickhouse, stream.table, start, end)
        if on_progress is not None:
            on_progress(end)
    return rows


def write_late_rows(
    clickhouse: ClickHouse, simulation: Simulation, windows_start: datetime, windows_end: datetime
) -> int:
    """Writes what late incidents held back of the windows in [windows_start, windows_end); returns its rows.

    Together with :func:`write_events` the windows then hold what they would without those incidents. When the
    rows arrive is the caller's part; what is written twice is there twice.

    Args:
        clickhouse: where.
        simulation: what.
        windows_start: start of the first window, aware, not before the simulation's.
        windows_end: end of the last, aware.

    Raises:
        ConfigurationError: the ends are no starts of windows.
        ClickHouseError: the engine refused or is not there.
    """
    first, last = simulation.ordinal(windows_start), simulation.ordinal(windows_end)
    late = [one for one in simulation.incidents if one.is_late]
    rows = 0
    for source in {one.source for one in late if one.start < windows_end and windows_start < one.end}:
        table = STREAMS[source].table
        before = _count(clickhouse, table, windows_start, windows_end)
        clickhouse.execute(insert_statement(simulation, source, first=first, last=last, late_rows=True))
        rows += _count(clickhouse, table, windows_start, windows_end) - before
    return rows


def _count(clickhouse: ClickHouse, spec: TableSpec, start: datetime, end: datetime) -> int:
    count = _COUNT.substitute(table=identifier(spec.name), start=literal(start), end=literal(end))
    return int(clickhouse.read(count)["rows"].iloc[0])


def _chunks(simulation: Simulation, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The range in pieces of at most a week; those of a day or more end at midnight UTC, as partitions do."""
    rows_a_day = max(1, *(simulation.per_day(source) for source in streams_of(simulation.world)))
    span = min(_LONGEST_CHUNK, max(STEP, _ROWS_PER_INSERT * WINDOWS_PER_DAY // rows_a_day * STEP))
    while start < end:
        whole_days = start.replace(hour=0, minute=0) + span // _DAY * _DAY
        chunk_end = min(end, whole_days if span >= _DAY else start + span)
        yield start, chunk_end
        start = chunk_end
