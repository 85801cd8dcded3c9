"""Plays a scenario through the parts that production uses."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError

from vk_alerts import pipeline
from vk_alerts.alerting.render import plain
from vk_alerts.clickhouse.embedded import stop
from vk_alerts.clickhouse.repository import Origin, Provenance
from vk_alerts.delivery.secret import token_from
from vk_alerts.demo.options import DemoOptions, Scenario
from vk_alerts.demo.outcome import DemoOutcome, ToldMessage, grade
from vk_alerts.demo.show import Stage
from vk_alerts.errors import ConfigurationError, PipelineError
from vk_alerts.instance import checked_assets, run_backfill, write_dagster_home
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.filling import ALLOWED_LATENESS
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.settings import TOKEN_VARIABLE, read_settings
from vk_alerts.simulator import create_event_tables, write_events, write_ledger
from vk_alerts.state.outbox import RowState
from vk_alerts.windows import window_end, window_from_key, window_key, windows_between

_MARKER = ".vk_alerts_demo"
# The user's own databases and metrics, which a demo must not touch.
_NOT_THEIRS = (
    "VK_ALERTS_CLICKHOUSE_URL",
    "VK_ALERTS_RESULTS_URL",
    "VK_ALERTS_STATE_URL",
    "VK_ALERTS_CATALOG",
    "VK_ALERTS_TIMEZONE",
)
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def play(options: DemoOptions, scenario: Scenario, stage: Stage) -> DemoOutcome:
    """Plays a scenario in a prepared home to the last message, and holds it against the ledger.

    Raises:
        VkAlertsError: a part cannot do its work.
    """
    with _environment(options, scenario), _plainly():
        try:
            with stage("engine", total=1):
                stores = pipeline.open_stores(read_settings())
                create_event_tables(stores.events)
                write_ledger(options.home / "ledger.json", scenario.simulation)
            _write_history(stores, scenario, stage)
            _backfill(scenario, stage)
            _play_live(scenario, stage)
            return grade(scenario.planted, _told(stores), stage.seconds)
        finally:
            stop(options.home)


def prepare(options: DemoOptions) -> None:
    """Checks all that can be known beforehand, then empties the home: the rest takes a minute.

    Raises:
        ConfigurationError: the environment or a folder cannot be used.
    """
    theirs = {name: value for name, value in os.environ.items() if name not in _NOT_THEIRS}
    if read_settings(theirs).telegram_is_set:
        token_from(TOKEN_VARIABLE)
    prepare_home(options.home)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--out {options.out}: cannot be used: {error.strerror or error}") from error


def prepare_home(home: Path) -> None:
    """An empty home; one that an earlier demo left is made anew, anything else is left alone.

    Raises:
        ConfigurationError: the folder holds something else, or cannot be written.
    """
    try:
        if home.exists() and any(home.iterdir()):
            if not (home / _MARKER).exists():
                raise ConfigurationError(
                    f"--home {home}: not empty, and not made by the demo; name another folder"
                )
            stop(home)
            shutil.rmtree(home)
        home.mkdir(parents=True, exist_ok=True)
        (home / _MARKER).touch()
    except OSError as error:
        raise ConfigurationError(f"--home {home}: cannot be used: {error.strerror or error}") from error


@contextmanager
def _environment(options: DemoOptions, scenario: Scenario) -> Iterator[None]:
    """The demo's own environment: never the user's ClickHouse or state, but their Telegram if they set it."""
    ours = {
        "VK_ALERTS_HOME": str(options.home),
        "VK_ALERTS_CONSOLE_FOLDER": str(options.out),
        "VK_ALERTS_START": scenario.start.strftime("%Y-%m-%d"),
        "DAGSTER_HOME": str(write_dagster_home(options.home / "dagster", queues_runs=False)),
    }
    before = dict(os.environ)
    os.environ.update(ours)
    for name in _NOT_THEIRS:
        os.environ.pop(name, None)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _write_history(stores: Stores, scenario: Scenario, stage: Stage) -> None:
    with stage("events", total=(scenario.end - scenario.start) / timedelta(days=1)) as advance:
        last = scenario.start

        def _to(moment: datetime) -> None:
            nonlocal last
            advance((moment - last) / timedelta(days=1))
            last = moment

        write_events(stores.events, scenario.simulation, scenario.start, scenario.end, on_progress=_to)
    by = Provenance(origin=Origin.BACKFILL, run_id="demo", now=scenario.backfill_start)
    days = (scenario.backfill_start - scenario.start) / timedelta(days=1)
    with stage("history", total=days * (len(stores.catalog.sources) + 1)) as advance:
        pipeline.backfill(
            stores,
            scenario.start,
            scenario.backfill_start,
            by=by,
            on_progress=lambda _step, done: advance(done / timedelta(days=1)),
        )


def _backfill(scenario: Scenario, stage: Stage) -> None:
    keys = [window_key(window) for window in windows_between(scenario.backfill_start, scenario.live_start)]
    total = len(keys) * len(checked_assets())
    with stage("backfill", total=total) as advance, dg.DagsterInstance.get() as instance:
        run_backfill(instance, keys=keys, run_config=_QUIET, on_progress=advance)


@contextmanager
def _plainly() -> Iterator[None]:
    """A failed step of Dagster ends the demo with the step's own line, an interrupt as one."""
    try:
        yield
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    except dg.Failure as failure:
        raise PipelineError(failure.description or "a step failed") from None


def _play_live(scenario: Scenario, stage: Stage) -> None:
    from vk_alerts.definitions import defs

    check, send = defs.resolve_job_def("check_metrics"), defs.resolve_job_def("send_alerts")
    sensor = defs.resolve_sensor_def("anomaly_alert_sensor")
    repository = defs.get_repository_def()
    cursor: str | None = None
    windows = windows_between(scenario.live_start, scenario.end)
    with stage("live", total=len(windows)) as advance, dg.DagsterInstance.get() as instance:
        for window in windows:
            now = window_end(window) + ALLOWED_LATENESS
            resources = {"alerting": AlertingResource(), "clock": ClockResource(fixed_at=now.isoformat())}
            check.execute_in_process(
                instance=instance, partition_key=window_key(window), resources=resources, run_config=_QUIET
            )
            context = dg.build_sensor_context(
                instance=instance, cursor=cursor, repository_def=repository, resources=resources
            )
            tick = sensor.evaluate_tick(context)
            cursor = tick.cursor
            for request in tick.run_requests or []:
                send.execute_in_process(
                    instance=instance, tags=dict(request.tags), resources=resources, run_config=_QUIET
                )
            advance(1)


def _told(stores: Stores) -> list[ToldMessage]:
    rows = stores.outbox.rows()
    unsent = [row for row in rows if row.state is not RowState.SENT]
    if unsent:
        first = f"{unsent[0].state.value}: {unsent[0].problem}"
        raise PipelineError(f"{len(unsent)} of {len(rows)} messages were not confirmed; the first is {first}")
    return [
        ToldMessage(
            kind=row.kind,
            source=stores.catalog.source_of(row.story.headline.metric).name,
            metric=row.story.headline.metric,
            slice_key=row.story.headline.slice_key,
            window=window_from_key(row.window),
            group=row.group,
            text=plain(row.caption or ""),
            chart=row.chart,
        )
        for row in rows
    ]
