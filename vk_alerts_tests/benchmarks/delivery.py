"""How fast alerts with charts reach their chats on a local Bot API server that limits nothing.

A command of its own, no test: ``python -m vk_alerts_tests.benchmarks.delivery --json delivery.json``. Charts
are drawn in full; what they show is made up here, so that reading it from ClickHouse is not in the figures.
Processor time, the server's share included, is told beside the time on the wall, which other work stretches.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from vk_alerts.alerting.story import Story
from vk_alerts.charts import draw
from vk_alerts.delivery.double import TOKEN, BotApi, bot_api
from vk_alerts.delivery.telegram import TOKEN_VARIABLE, TelegramNotifier
from vk_alerts.pipeline import Post, deliver
from vk_alerts.settings import Settings
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import OutboxRepository, insert_rows
from vk_alerts.state.sweeping import Limits
from vk_alerts_tests.integration.mailroom import START, many
from vk_alerts_tests.unit.charts.days import day

UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """One drain of the outbox.

    Attributes:
        name: what was allowed.
        alerts: stories queued for each chat.
        chats: how many chats.
        messages: accepted by the server.
        charts_drawn: how many charts were drawn.
        uploads: how many pictures were uploaded; all others went by their id.
        seconds: of the whole drain.
        processor_seconds: of this process, the server included.
        chart_seconds: of those, drawing.
    """

    name: str
    alerts: int
    chats: int
    messages: int
    charts_drawn: int
    uploads: int
    seconds: float
    processor_seconds: float
    chart_seconds: float


class Drawing:
    """Draws full charts and counts them and their time."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def __call__(self, _story: Story) -> bytes:
        began = time.perf_counter()
        chart = draw(day(level=12_000 + self.count))
        self.seconds += time.perf_counter() - began
        self.count += 1
        return chart


def measure(name: str, *, alerts: int, chats: int, limits: Limits, most_a_minute: int) -> Run:
    """Queues alerts for every chat and drains the outbox once."""
    names = [f"-10{number}" for number in range(chats)]
    drawing = Drawing()
    with tempfile.TemporaryDirectory() as folder, bot_api() as api:
        api.chats |= set(names)
        outbox = OutboxRepository(open_database(sqlite_url(Path(folder) / "state.db")), most_a_minute)
        rows = [row for chat in names for row in many(alerts, chat=chat)]
        with outbox.engine.begin() as connection:
            insert_rows(connection, sorted(rows, key=lambda row: row.group))
        settings = Settings(home=Path(folder), telegram_is_set=True, telegram_chat=names[0], language="ru")
        post = Post(settings, outbox, None, lambda: drawing, limits=limits)
        began, began_processor = time.perf_counter(), time.process_time()
        deliver(post, TelegramNotifier(api_root=api.root), now=lambda: START)
        seconds, processor = time.perf_counter() - began, time.process_time() - began_processor
        outbox.engine.dispose()
        return Run(
            name=name,
            alerts=alerts,
            chats=chats,
            messages=len(api.accepted),
            charts_drawn=drawing.count,
            uploads=_uploads(api),
            seconds=round(seconds, 2),
            processor_seconds=round(processor, 2),
            chart_seconds=round(drawing.seconds, 2),
        )


def _uploads(api: BotApi) -> int:
    return sum(any(isinstance(value, bytes) for value in fields.values()) for _, fields in api.calls)


@click.command()
@click.option("--alerts", default=20, show_default=True)
@click.option("--chats", default=4, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write the figures here.")
def main(alerts: int, chats: int, json_path: Path | None) -> None:
    """Delivers alerts with charts: once as configured, once with every alert by itself."""
    os.environ[TOKEN_VARIABLE] = TOKEN
    draw(day())  # fonts are looked for once in a process
    measured: list[Callable[[], Run]] = [
        lambda: measure("as configured", alerts=alerts, chats=chats, limits=Limits(), most_a_minute=15),
        lambda: measure(
            "each by itself",
            alerts=alerts,
            chats=chats,
            limits=Limits(most_at_once=UNLIMITED),
            most_a_minute=UNLIMITED,
        ),
    ]
    runs = [one() for one in measured]
    for run in runs:
        print(
            f"{run.name}: {run.alerts} alerts × {run.chats} chats: {run.messages} messages in "
            f"{run.seconds:.2f} s ({run.processor_seconds:.2f} s of processor), of which "
            f"{run.chart_seconds:.2f} s for {run.charts_drawn} charts; {run.uploads} uploads"
        )
    if json_path is not None:
        json_path.write_text(json.dumps([asdict(run) for run in runs], indent=1), "utf-8")


if __name__ == "__main__":
    main()
