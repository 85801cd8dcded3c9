"""`vk-alerts up` as users run it, on a moved clock: a small world whose windows come one after the other."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import yaml

from vk_alerts.clickhouse.embedded import stop
from vk_alerts.delivery.double import TOKEN, BotApi, bot_api
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.pipeline import Stores, open_stores
from vk_alerts.pipeline.filling import ALLOWED_LATENESS
from vk_alerts.settings import TOKEN_VARIABLE, read_settings
from vk_alerts.simulator import Incident, Simulation, create_event_tables, write_events
from vk_alerts.windows import last_closed, window_end, window_key
from vk_alerts_tests.benchmarks.moved_clock import MovedClock, moved_clock

CHAT = "-1001"
HISTORY = timedelta(days=16)
# About 950 series with events instead of the packaged catalog's 140.
_WIDE = [
    ["os"], ["gender"], ["age"], ["source"], ["country"], ["os", "source"], ["os", "gender"], ["os", "age"],
    ["gender", "age"], ["age", "source"], ["os", "gender", "age"], ["gender", "age", "source"],
    ["os", "age", "source"], ["os", "gender", "age", "source"],
]  # fmt: skip
_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
_POLL_SECONDS = 0.02
_START_SECONDS = 240


@dataclass
class MovedDay:
    """A running product and the world it watches.

    Attributes:
        clock: the product's.
        stores: of its home, as this process opens them.
        telegram: the double of the Bot API it sends to.
        up: the process of `vk-alerts up`.
        written_to: the end of what there are events of.
    """

    clock: MovedClock
    stores: Stores
    telegram: BotApi
    up: subprocess.Popen[bytes]
    simulation: Simulation
    written_to: datetime
    instance: dg.DagsterInstance = field(repr=False)

    def write_to(self, end: datetime, *incidents: Incident) -> None:
        """Lets the app go on to ``end``, with what goes wrong in that time."""
        self.simulation = replace(self.simulation, incidents=(*self.simulation.incidents, *incidents))
        write_events(self.stores.events, self.simulation, self.written_to, end)
        self.written_to = end

    def materialized(self) -> set[str]:
        """The keys of the windows that have scores, as Dagster has them."""
        return self.instance.get_materialized_partitions(dg.AssetKey("anomaly_scores"))

    def wait_for(self, windows: Sequence[datetime], *, seconds: float) -> bool:
        """Waits until windows have scores; whether they do."""
        keys = {window_key(window) for window in windows}
        return wait(lambda: keys <= self.materialized(), seconds=seconds, pause=0.3)

    def wait_for_quiet(self, *, seconds: float) -> bool:
        """Waits until no run is at work and nothing is unsent; whether it became quiet."""

        def _is_quiet() -> bool:
            at_work = self.instance.get_runs(filters=dg.RunsFilter(statuses=_AT_WORK), limit=1)
            return not at_work and not self.stores.outbox.due(self.clock.now().timestamp())

        return wait(_is_quiet, seconds=seconds, pause=0.3)


def due(window: datetime) -> datetime:
    """When a window is due."""
    return window_end(window) + ALLOWED_LATENESS


def wait(holds: object, *, seconds: float, pause: float = _POLL_SECONDS) -> bool:
    """Asks until something holds or the time is over; whether it holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(pause)
    return False


@contextmanager
def moved_day(folder: Path, *, wide: bool) -> Iterator[MovedDay]:
    """A new home with two weeks of history, and `vk-alerts up` on it; all ends with the block.

    Args:
        folder: new; the home, logs and all else lie there.
        wide: whether about 950 series are watched instead of 140.
    """
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        clock = stack.enter_context(moved_clock(folder))
        telegram = stack.enter_context(bot_api())
        _set_environment(folder, telegram, wide=wide)
        stores = open_stores(read_settings())
        # The engine of a home is started by whoever comes first; it is to live by the moved clock, too.
        stop(stores.settings.home)
        environment = os.environ | clock.environment
        script = Path(sys.executable).with_name("vk-alerts")
        subprocess.run(
            [script, "clickhouse", "start"], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        stack.callback(stop, stores.settings.home)
        stores = open_stores(read_settings())
        end = window_end(last_closed(datetime.now(UTC)))
        simulation = Simulation(1, start=end - HISTORY)
        create_event_tables(stores.events)
        write_events(stores.events, simulation, simulation.start, end)
        days = ["--days", str(HISTORY.days)]
        subprocess.run([script, "backfill", *days], env=environment, check=True)
        instance = stack.enter_context(dg.DagsterInstance.get())
        with (folder / "up.log").open("wb") as log:
            command = [script, "up", "--port", str(_free_port())]
            # Without the variable the instance is its own, and it puts in order what was left over.
            own = {name: value for name, value in environment.items() if name != "DAGSTER_HOME"}
            up = subprocess.Popen(command, env=own, stdout=log, stderr=log)
        stack.callback(_end, up)
        started = wait(lambda: b"Dagster UI" in (folder / "up.log").read_bytes(), seconds=_START_SECONDS)
        if not started:
            raise RuntimeError(f"vk-alerts up: did not start; see {folder / 'up.log'}")
        yield MovedDay(clock, stores, telegram, up, simulation, end, instance)


def _set_environment(folder: Path, telegram: BotApi, *, wide: bool) -> None:
    for name in [name for name in os.environ if name.startswith(("VK_ALERTS_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ |= {
        "VK_ALERTS_HOME": str(folder / "home"),
        "DAGSTER_HOME": str(folder / "home" / "dagster"),
        "VK_ALERTS_LANGUAGE": "en",
        "VK_ALERTS_START": f"{datetime.now(UTC) - HISTORY - timedelta(days=1):%Y-%m-%d}",
        TOKEN_VARIABLE: TOKEN,
        "VK_ALERTS_TELEGRAM_CHAT": CHAT,
        "VK_ALERTS_TELEGRAM_API": telegram.root,
        "NO_PROXY": "127.0.0.1",
    }
    if wide:
        os.environ["VK_ALERTS_CATALOG"] = str(folder / "catalog")
        (folder / "catalog").mkdir()
        for file in load_catalog().files:
            tree = file.model_dump(mode="json", exclude_none=True)
            tree["source"]["slices"] = _WIDE
            text = yaml.safe_dump(tree, allow_unicode=True)
            (folder / "catalog" / f"{file.source.name}.yaml").write_text(text, "utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(up: subprocess.Popen[bytes]) -> None:
    up.send_signal(signal.SIGTERM)
    up.wait(timeout=60)
