"""Plays a scenario through the parts that production uses."""

import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.errors import DagsterExecutionInterruptedError

from vk_alerts import pipeline
from vk_alerts.clickhouse.embedded import stop
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.delivery.secret import token_from
from vk_alerts.demo.arrivals import Arrivals, written_ahead
from vk_alerts.demo.examples import EXAMPLES
from vk_alerts.demo.messages import told_messages
from vk_alerts.demo.options import DemoOptions
from vk_alerts.demo.outcome import DemoOutcome, grade
from vk_alerts.demo.scenario import Scenario
from vk_alerts.demo.script import script_of
from vk_alerts.demo.show import Stage
from vk_alerts.errors import ConfigurationError, PipelineError
from vk_alerts.instance import checked_assets, run_backfill, write_dagster_home
from vk_alerts.pipeline import Stores
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.settings import TOKEN_VARIABLE, read_settings
from vk_alerts.simulator import create_event_tables, write_events, write_ledger
from vk_alerts.windows import window_key, windows_between

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
                create_event_tables(stores.events, world=scenario.simulation.world)
                write_ledger(options.home / "ledger.json", scenario.simulation)
            _write_history(stores, scenario, stage)
            _backfill(scenario, stage)
            _play_live(stores, scenario, stage)
            return grade(
                scenario.name,
                scenario.planted,
                scenario.plot.expectations,
                told_messages(stores),
                stage.seconds,
            )
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
        "VK_ALERTS_CATALOG": str(EXAMPLES[scenario.simulation.world].catalog),
        "VK_ALERTS_CONSOLE_FOLDER": str(options.out),
        "VK_ALERTS_START": scenario.start.strftime("%Y-%m-%d"),
        "DAGSTER_HOME": str(write_dagster_home(options.home / "dagster", queues_runs=False)),
    }
    before = dict(os.environ)
    for name in _NOT_THEIRS:
        os.environ.pop(name, None)
    os.environ.update(ours)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _write_history(stores: Stores, scenario: Scenario, stage: Stage) -> None:
    end = written_ahead(scenario)
    with stage("events", total=(end - scenario.start) / timedelta(days=1)) as advance:
        last = scenario.start

        def _to(moment: datetime) -> None:
            nonlocal last
            advance((moment - last) / timedelta(days=1))
            last = moment

        write_events(stores.events, scenario.simulation, scenario.start, end, on_progress=_to)
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


def _play_live(stores: Stores, scenario: Scenario, stage: Stage) -> None:
    ticks = script_of(scenario)
    with (
        stage("live", total=sum(len(tick.windows) for tick in ticks)) as advance,
        dg.DagsterInstance.get() as instance,
    ):
        daemon = _Daemon(instance)
        arrivals = Arrivals(stores, scenario, written_ahead(scenario))
        for tick in ticks:
            arrivals.come(tick)
            now = arrivals.ready_at(tick) if scenario.comes_in_order else tick.now
            daemon.run(tick.windows, now=now)
            if tick.late:
                daemon.look_for_late_rows(now=now)
            advance(len(tick.windows))


@dataclass(slots=True)
class _Daemon:
    """What Dagster's daemon does at a tick, one after the other in this process.

    Attributes:
        instance: where the runs are recorded.
        cursor: the doorbell's.
    """

    instance: dg.DagsterInstance
    cursor: str | None = None

    def run(self, windows: Sequence[datetime], *, now: datetime) -> None:
        """Runs what the schedule asks for, and after each run what the doorbell asks for."""
        for window in windows:
            self._check(window_key(window), {}, now)

    def look_for_late_rows(self, *, now: datetime) -> None:
        """Runs again what the sensor of late rows asks for."""
        for request in self._ticked("late_rows_sensor", now).run_requests or []:
            self._check(str(request.partition_key), request.tags, now)

    def _check(self, key: str, tags: Mapping[str, str], now: datetime) -> None:
        self._job("check_metrics", now, partition_key=key, tags=tags)
        ticked = self._ticked("anomaly_alert_sensor", now)
        self.cursor = ticked.cursor
        for request in ticked.run_requests or []:
            self._job("send_alerts", now, tags=request.tags)

    def _job(
        self, name: str, now: datetime, *, tags: Mapping[str, str], partition_key: str | None = None
    ) -> None:
        from vk_alerts.definitions import defs

        defs.resolve_job_def(name).execute_in_process(
            instance=self.instance,
            partition_key=partition_key,
            tags=dict(tags),
            resources=_resources_at(now),
            run_config=_QUIET,
        )

    def _ticked(self, sensor: str, now: datetime) -> SensorExecutionData:
        from vk_alerts.definitions import defs

        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            repository_def=defs.get_repository_def(),
            resources=_resources_at(now),
        )
        return defs.resolve_sensor_def(sensor).evaluate_tick(context)


def _resources_at(now: datetime) -> dict[str, object]:
    return {"alerting": AlertingResource(), "clock": ClockResource(fixed_at=now.isoformat())}
