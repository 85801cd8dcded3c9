"""A day under `vk-alerts up` whose processes are killed at random moments: is every window judged, once?

A command of its own, no test: ``python -m vk_alerts_tests.benchmarks.faults --folder /tmp/faults --windows 96
--kills 50``. The daemon, the webserver, the code server, a run's worker and the ClickHouse endpoint get
SIGKILL in turn, while windows come one after the other on a moved clock and something falls now and then.
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from vk_alerts.clickhouse.embedded import ensure_running
from vk_alerts.simulator import Incident
from vk_alerts.windows import STEP, window_key
from vk_alerts_tests.benchmarks.moved_day import MovedDay, due, moved_day, wait

# What the command line of each says.
VICTIMS = {
    "daemon": b"vk_alerts.services.daemon_process",
    "webserver": b"dagster_webserver",
    "code server": b"vk_alerts.services.code_process",
    "run worker": b"multiprocessing.forkserver",
    "endpoint": b"vk_alerts.clickhouse.embedded",
}
_WINDOW_SECONDS = 14.0
# A code server that was killed just before starts no run for a while.
_WORKER_SECONDS = 40.0
_END_SECONDS = 420
# A fall that lasts two windows, twice in three hours.
_FALL_EVERY = 6
_REMAINS = 0.15


def victims(home: Path, name: str) -> list[int]:
    """The processes of a kind that belong to a home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
            parent = int((folder / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
            its = (Path("/proc") / str(parent) / "cmdline").read_bytes()
        except OSError:
            continue
        if str(home).encode() not in environment + command or VICTIMS[name] not in command:
            continue
        # A run's worker is a copy of the fork server, which looks the same.
        if name != "run worker" or VICTIMS[name] in its:
            found.append(int(folder.name))
    return found


def strike(home: Path, name: str) -> bool:
    """Kills one of a kind; whether there was one."""
    wait(lambda: victims(home, name), seconds=_WORKER_SECONDS, pause=0.05)
    for process in victims(home, name)[:1]:
        os.kill(process, signal.SIGKILL)
        return True
    return False


def live_through(day: MovedDay, windows: int, kills: int, chance: random.Random) -> Counter[str]:
    """Lets windows come, and kills; how often each kind was killed."""
    home = day.stores.settings.home
    plan = sorted(chance.uniform(0, windows) for _ in range(kills))
    killed: Counter[str] = Counter()
    for number in range(windows):
        window = day.written_to
        fall = Incident("messenger", None, (), _REMAINS, window, window + 2 * STEP, "messages", "all")
        _write(day, window + STEP, [fall] if number % _FALL_EVERY == 0 else [])
        day.clock.set(due(window) - timedelta(seconds=2))
        began = time.monotonic()
        for moment in [moment for moment in plan if number <= moment < number + 1]:
            time.sleep(max(0.0, began + (moment - number) * _WINDOW_SECONDS - time.monotonic()))
            name = list(VICTIMS)[killed.total() % len(VICTIMS)]
            killed[name if strike(home, name) else f"{name}: none there"] += 1
        time.sleep(max(0.0, began + _WINDOW_SECONDS - time.monotonic()))
    return killed


def _write(day: MovedDay, end: datetime, incidents: Sequence[Incident]) -> None:
    """Lets the app go on; the engine may have been killed, and is started again by whoever needs it."""
    ensure_running(day.stores.settings.home)
    day.write_to(end, *incidents)


def tally(day: MovedDay, lived: Sequence[datetime]) -> dict[str, object]:
    """What became of the windows and of the messages."""
    ensure_running(day.stores.settings.home)
    scores = day.stores.results.scores(lived[0], lived[-1] + STEP)
    twice = int(scores.duplicated(["window_start", "metric", "slice"]).sum())
    judged = {window_key(window) for window in scores["window_start"].dt.to_pydatetime()}
    texts = Counter(
        (message.chat, message.shown.text) for message in day.telegram.accepted if message.reply_to is None
    )
    rows = day.stores.outbox.rows()
    return {
        "windows": len(lived),
        "without scores": sorted({window_key(window) for window in lived} - judged),
        "not marked in Dagster": sorted({window_key(window) for window in lived} - day.materialized()),
        "rows twice": twice,
        "folded up to": window_key(day.stores.incidents.watermark() or lived[0]),
        "messages accepted": len(day.telegram.accepted),
        "told twice": [text.splitlines()[0] for (_, text), count in texts.items() if count > 1],
        "outbox": dict(Counter(row.state.value for row in rows)),
    }


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="New; everything lies there.")
@click.option("--windows", default=96, show_default=True)
@click.option("--kills", default=50, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the tally goes, too.")
def main(folder: Path, windows: int, kills: int, seed: int, path: Path | None) -> None:
    """Lives through the day and prints the tally."""
    with moved_day(folder, wide=False) as day:
        first = day.written_to
        killed = live_through(day, windows, kills, random.Random(seed))
        lived = [first + place * STEP for place in range(windows)]
        day.wait_for(lived, seconds=_END_SECONDS)
        day.wait_for_quiet(seconds=_END_SECONDS)
        found = {"killed": dict(killed)} | tally(day, lived)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    if path is not None:
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
