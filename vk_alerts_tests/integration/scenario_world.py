"""Scenarios played without Dagster, on copies of one history, with the pipeline's own functions."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vk_alerts import pipeline
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import create_statement
from vk_alerts.clickhouse.tables import RESULT_TABLES
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.demo.arrivals import Arrivals, written_ahead
from vk_alerts.demo.examples import EXAMPLES
from vk_alerts.demo.messages import told_messages
from vk_alerts.demo.options import DemoOptions
from vk_alerts.demo.outcome import DemoOutcome, grade
from vk_alerts.demo.scenario import Plot, Scenario, lay_out
from vk_alerts.demo.script import script_of
from vk_alerts.pipeline import Stores
from vk_alerts.resources import notifier_for
from vk_alerts.simulator import create_event_tables, write_events
from vk_alerts.simulator.worlds import SOCIAL, streams_of
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.worlds import drop_database, empty_database, stores_in

NOW = datetime(2026, 1, 30, 12, tzinfo=UTC)
# Three weeks let the baseline take a median; at this volume a window has some 500 views.
OPTIONS = DemoOptions(seed=1, days=22, events_per_day=60_000, home=Path("/nowhere"), out=Path("/nowhere"))
_MOST_LIVE = 20


def scenario_of(plot: Plot, name: str = "test", *, world: str = SOCIAL) -> Scenario:
    """A plot at the tests' time and volume."""
    options = OPTIONS if world == SOCIAL else replace(OPTIONS, days=16, events_per_day=100_000)
    return lay_out(name, plot, options, NOW, world=world)


@functools.cache
def _history(world: str) -> Target:
    """Quiet weeks of snapshots up to the end, the scores of the last days, and what ticks remember."""
    example = EXAMPLES[world]
    quiet = scenario_of(
        replace(example.plot("default"), live_windows=_MOST_LIVE, plants=lambda _: ()), world=world
    )
    target, end = empty_database(), quiet.end
    stores = stores_in(target, Path("/nonexistent"), state_url="sqlite://", catalog=example.catalog)
    create_event_tables(stores.events, world=world)
    write_events(stores.events, quiet.simulation, quiet.start, end)
    by = Provenance(origin=Origin.BACKFILL, run_id="test", now=quiet.live_start)
    for source in stores.catalog.sources:
        pipeline.take_snapshots(stores, source.name, quiet.start, end, by=by)
    # Charts show the day before; a single window leaves its memory to the ticks of the day.
    pipeline.score_windows(stores, quiet.live_start - timedelta(days=1), end, by=by)
    pipeline.score_windows(stores, quiet.live_start, quiet.live_start + STEP, by=by)
    return target


@contextmanager
def world_of(scenario: Scenario, home: Path) -> Iterator[Stores]:
    """Stores in which everything before the scenario's live windows has happened."""
    world = scenario.simulation.world
    events = [stream.table for stream in streams_of(world).values()]
    origin, target = _history(world), empty_database()
    clickhouse, until = ClickHouse(target), int(scenario.live_start.timestamp())
    weeks = int((scenario.live_start - timedelta(days=29)).timestamp())
    for spec in (*events, *RESULT_TABLES):
        clickhouse.execute(create_statement(spec))
        some = ""
        if spec in events:
            some = f"WHERE time >= {weeks} AND time < {until}"
        elif "window_start" in spec.column_names:
            some = f"WHERE window_start < {until}"
        clickhouse.execute(f"INSERT INTO {spec.name} SELECT * FROM {origin.database}.{spec.name} {some}")
    try:
        yield stores_in(target, home, catalog=EXAMPLES[world].catalog)
    finally:
        drop_database(target)


def play(scenario: Scenario, stores: Stores) -> DemoOutcome:
    """Plays the live windows, and holds the messages against what is expected.

    Window by window where their order is part of the plot. Else all windows are measured and scored at once,
    which gives the same numbers in a fifth of the time, and only told one by one.
    """
    arrivals = Arrivals(stores, scenario, written_ahead(scenario))
    if not scenario.comes_in_order:
        write_events(stores.events, scenario.simulation, scenario.live_start, scenario.end)
        measure(stores, scenario.live_start, scenario.end, now=scenario.end)
    for tick in script_of(scenario):
        arrivals.come(tick)
        now = arrivals.ready_at(tick) if scenario.comes_in_order else tick.now
        for window in tick.windows:
            if scenario.comes_in_order:
                measure(stores, window, window + STEP, now=now)
            tell(stores, now=now)
        for again in pipeline.late_rows(stores, now=now) if tick.late else ():
            measure(stores, again.window, again.window + STEP, now=now)
            tell(stores, now=now)
    expectations = scenario.plot.expectations
    return grade(scenario.name, scenario.planted, expectations, told_messages(stores), {})


def measure(stores: Stores, start: datetime, end: datetime, *, now: datetime) -> None:
    """What a run of ``check_metrics`` does."""
    by = Provenance(origin=Origin.LIVE, run_id="test", now=now)
    for source in stores.catalog.sources:
        pipeline.take_snapshots(stores, source.name, start, end, by=by)
    pipeline.rescore_windows(stores, start, end, by=by)


def tell(stores: Stores, *, now: datetime) -> None:
    """What the doorbell leads to."""
    if pipeline.ring_for(stores, now=now, max_score=None, max_series="").rings:
        pipeline.advance_incidents(stores, now=now)
        pipeline.deliver(pipeline.post_of(stores), notifier_for(stores.settings), now=lambda: now)
