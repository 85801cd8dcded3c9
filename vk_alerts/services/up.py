"""``vk-alerts up``: engine, Dagster's webserver and daemon, and if asked for a simulated app."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.clickhouse.embedded import running, stop
from vk_alerts.delivery.secret import token_from
from vk_alerts.errors import ClickHouseError, PipelineError
from vk_alerts.instance import end_orphaned_runs, request_backfill, write_dagster_home
from vk_alerts.pipeline.filling import LOOK_BACK
from vk_alerts.services.code_server import CODE_SERVER, CodeServer, code_server
from vk_alerts.services.occupancy import MARK, end_leftovers, occupied
from vk_alerts.services.processes import Program, require_free_port, require_running
from vk_alerts.services.simulation import LiveSimulation, begin_simulation
from vk_alerts.services.supervision import Supervisor
from vk_alerts.settings import TOKEN_VARIABLE, Settings, make_home
from vk_alerts.windows import last_closed, window_end, window_key, windows_between

_HOST = "127.0.0.1"
_START_DEADLINE_SECONDS = 90.0
_PAUSE_SECONDS = 1.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The options of ``vk-alerts up``.

    Attributes:
        port: of the Dagster UI, on loopback.
        simulate: whether to keep writing simulated events.
        seed: of the simulated events.
    """

    port: int
    simulate: bool
    seed: int


def run_up(settings: Settings, options: UpOptions, *, say: Say) -> None:
    """Runs everything until it is interrupted, then ends what it started.

    Raises:
        VkAlertsError: something cannot be started, or ended by itself.
    """
    require_free_port(_HOST, options.port)
    if settings.telegram_is_set:
        token_from(TOKEN_VARIABLE)
    make_home(settings.home)
    given = dict(os.environ)
    address = f"http://{_HOST}:{options.port}"
    dagster_home = Path(os.environ.get("DAGSTER_HOME") or settings.home / "dagster")
    os.environ["VK_ALERTS_HOME"] = str(settings.home)
    os.environ["DAGSTER_HOME"] = str(write_dagster_home(dagster_home))
    os.environ.setdefault("VK_ALERTS_DAGSTER_URL", address)
    settings = replace(settings, dagster_url=os.environ["VK_ALERTS_DAGSTER_URL"])
    with occupied(settings.home), _engine(settings), code_server(settings.home / "logs") as code:
        own_instance = "DAGSTER_HOME" not in given
        _tidy(settings.home, own_instance=own_instance, say=say)
        supervisor = Supervisor(os.environ | {MARK: str(settings.home)}, say)
        try:
            simulation = _prepare(settings, options, say=say)
            for program in _programs(code, settings.home / "logs", options.port):
                supervisor.start(program, datetime.now(UTC))
                if program is code.program:
                    code.wait(supervisor.services)
            _wait_for(address, supervisor)
            say(f"Dagster UI: {address} (logs: {settings.home / 'logs'}). Ctrl-C ends everything.")
            _watch(settings, supervisor, simulation, say=say, own_instance=own_instance)
        except KeyboardInterrupt:
            say("ending …")
        finally:
            supervisor.end()


def _tidy(home: Path, *, own_instance: bool, say: Say) -> None:
    """Ends what an earlier ``up`` was killed over: its processes, and the runs that they were at work on."""
    left = end_leftovers(home)
    if left:
        say(f"ended {left} processes that were left over from an earlier 'vk-alerts up'")
    if own_instance:  # a shared one may have a daemon elsewhere
        _end_orphaned_runs()


def _end_orphaned_runs() -> None:
    with dg.DagsterInstance.get() as instance:
        end_orphaned_runs(instance)


def _programs(code: CodeServer, logs: Path, port: int) -> list[Program]:
    """The code server, and the webserver and daemon that share it."""
    python = (sys.executable, "-m")
    workspace = ("-w", str(code.workspace))
    web = (*python, "dagster_webserver", *workspace, "-h", _HOST, "-p", str(port))
    daemon = (*python, "vk_alerts.services.daemon_process", "run", *workspace)
    return [
        code.program,
        Program("webserver", web, logs / "webserver.log"),
        Program("daemon", daemon, logs / "daemon.log"),
    ]


def _prepare(settings: Settings, options: UpOptions, *, say: Say) -> LiveSimulation | None:
    stores = pipeline.open_stores(settings)
    if not options.simulate:
        return None
    now = datetime.now(UTC)
    simulation, is_new = begin_simulation(stores, seed=options.seed, now=now, say=say)
    simulation.catch_up(now)
    # Partitions from where the simulated past begins, unless the user says otherwise.
    os.environ.setdefault("VK_ALERTS_START", f"{simulation.simulation.start:%Y-%m-%d}")
    if is_new:
        end = window_end(last_closed(now))
        keys = [window_key(window) for window in windows_between(end - LOOK_BACK, end)]
        with dg.DagsterInstance.get() as instance:
            request_backfill(instance, keys=keys, title="the last two days")
        first = simulation.simulation.incidents[0]
        say(f"planted: {first.metric} · {first.slice_key} fall by half from {first.start:%H:%M} UTC on")
    return simulation


def _wait_for(address: str, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + _START_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        require_running(supervisor.services)
        try:
            with urllib.request.urlopen(f"{address}/server_info", timeout=5):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(_PAUSE_SECONDS)
    raise PipelineError(
        f"webserver: no answer at {address} in {_START_DEADLINE_SECONDS:g} s; see its log beside the others"
    )


def _watch(
    settings: Settings,
    supervisor: Supervisor,
    simulation: LiveSimulation | None,
    *,
    say: Say,
    own_instance: bool,
) -> None:
    """Keeps services and simulation going and shows messages of the console notifier, until interrupted."""
    messages = _new_messages(settings.alerts_folder / "messages.jsonl")
    while True:
        if CODE_SERVER in supervisor.tend(datetime.now(UTC)) and own_instance:
            _end_orphaned_runs()  # its runs have died with it
        for text in next(messages):
            say(text)
        if simulation is not None:
            try:
                simulation.catch_up(datetime.now(UTC) - timedelta(seconds=_PAUSE_SECONDS))
            except ClickHouseError as error:
                say(f"simulation: {error}")
        time.sleep(_PAUSE_SECONDS)


def _new_messages(path: Path) -> Iterator[list[str]]:
    """Each time it is asked, the messages that were added to the console notifier's file since."""
    offset = path.stat().st_size if path.exists() else 0
    while True:
        texts: list[str] = []
        if path.exists():
            with path.open("rb") as file:
                file.seek(offset)
                lines = file.readlines()
            whole = [line for line in lines if line.endswith(b"\n")]
            offset += sum(len(line) for line in whole)
            for line in whole:
                message = json.loads(line)
                texts.append("\n".join(filter(None, ("", message["text"], message["chart"]))))
        yield texts


@contextmanager
def _engine(settings: Settings) -> Iterator[None]:
    """Ends the embedded engine on the way out, unless it ran before."""
    ours = settings.uses_embedded_engine and running(settings.home) is None
    try:
        yield
    finally:
        if ours:
            stop(settings.home)
