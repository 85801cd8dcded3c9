"""An outbox, a strict Bot API server and a clock of one's own: delivery without ClickHouse or waiting."""

import atexit
import functools
import io
import logging
import shutil
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from vk_alerts.alerting.story import NotificationKind, Recovery, Story
from vk_alerts.charts import sparkline
from vk_alerts.delivery.telegram import TOKEN_VARIABLE, TelegramNotifier
from vk_alerts.errors import VkAlertsError
from vk_alerts.pipeline import DeliveryReport, Post, deliver
from vk_alerts.settings import Settings
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import NewRow, OutboxRepository, OutboxRow, RowState, insert_rows
from vk_alerts.windows import window_key
from vk_alerts_tests.integration.bot_api import TOKEN, Accepted, BotApi, bot_api
from vk_alerts_tests.unit.alerting.stories import WINDOW, reading, story

CHAT, OPERATORS = "-1001", "-1009"
START = datetime(2026, 1, 31, 11, 31, 30, tzinfo=UTC)
SECRET = TOKEN.partition(":")[2]
REPEAT = "May be a repeat"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
PHOTO = sparkline(np.arange(9.0), np.arange(9.0), np.arange(9) > 7)


@dataclass
class Mailroom:
    """Delivery as a process has it; `restarted` is the next process.

    Attributes:
        now: what the clocks of delivery and of the server show.
        root: the server's root, or another.
        deadline: of one message.
        written: everything that was logged, raised or returned, for the search for the token.
    """

    folder: Path
    url: str
    api: BotApi
    post: Post
    now: datetime = START
    root: str = ""
    deadline: timedelta = timedelta(seconds=20)
    written: io.StringIO = field(default_factory=io.StringIO)

    def put(self, *rows: NewRow) -> None:
        """Queues messages as the fold does."""
        with self.post.outbox.engine.begin() as connection:
            insert_rows(connection, rows)

    def drain(self) -> DeliveryReport:
        """One run of delivery."""
        notifier = TelegramNotifier(api_root=self.root or self.api.root, deadline=self.deadline)
        try:
            report = deliver(self.post, notifier, now=lambda: self.now)
        except VkAlertsError as error:
            self.written.write("".join(traceback.format_exception(error)) + repr(vars(error)))
            raise
        self.written.write(repr(report) + repr(notifier) + repr(vars(notifier)))
        return report

    def drain_for(self, minutes: int) -> None:
        """A run of delivery every minute, as the schedule has it."""
        for _ in range(minutes):
            self.drain()
            self.now += timedelta(minutes=1)

    def restarted(self) -> "Mailroom":
        """The same database and server, seen by another process."""
        self.post.outbox.engine.dispose()
        outbox = OutboxRepository(open_database(self.url))
        later = replace(self, post=replace(self.post, outbox=outbox))
        self.api.clock = lambda: later.now.timestamp()
        return later

    @property
    def rows(self) -> list[OutboxRow]:
        return self.post.outbox.rows()

    @property
    def states(self) -> list[RowState]:
        return [row.state for row in self.rows]

    @property
    def accepted(self) -> list[Accepted]:
        return self.api.accepted

    @property
    def repeats(self) -> list[bool]:
        """Whether each accepted message says that it may be a repeat."""
        return [REPEAT in message.shown.text for message in self.accepted]

    def problem(self) -> str:
        return self.rows[-1].problem or ""

    def texts(self, chat: str) -> list[str]:
        return [message.shown.text for message in self.accepted if message.chat == chat]


def told(
    group: str = "a",
    kind: NotificationKind = NotificationKind.OPEN,
    *,
    chat: str = CHAT,
    at: datetime = START,
    hard: bool = False,
    **changes: object,
) -> NewRow:
    """A message about likes in the slice of people from ``group``."""
    headline = reading(slice_key=f"country={group}", slice_label=group, title="Likes")
    recovery = Recovery(timedelta(minutes=30), -0.31, -3_780) if kind is NotificationKind.RESOLVED else None
    about: Story = story(
        kind=kind,
        short_id=group[:4].upper(),
        headline=headline,
        bad_windows=3 if kind is NotificationKind.UPDATE else 2,
        is_hard=hard,
        recovery=recovery,
    )
    row = NewRow(
        group=group,
        sequence=0,
        kind=kind,
        chat=chat,
        window=window_key(WINDOW),
        story=about,
        due_at=at.timestamp(),
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def many(count: int, **changes: object) -> list[NewRow]:
    """Messages about different groups."""
    return [told(f"g{number:03}", **changes) for number in range(count)]  # type: ignore[arg-type]


@functools.cache
def empty_outbox() -> Path:
    """A file with all tables, to be copied: migrations take longer than most of these tests."""
    folder = Path(tempfile.mkdtemp(prefix="vk-alerts-outbox-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_database(sqlite_url(folder / "state.db")).dispose()
    return folder / "state.db"


@contextmanager
def mailroom(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    url: str | None = None,
) -> Iterator[Mailroom]:
    """A mailroom; at the end, the token must be nowhere."""
    caplog.set_level(1)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    settings = Settings(home=folder, telegram_is_set=True, telegram_chat=CHAT, language="en")
    if url is None:
        shutil.copy(empty_outbox(), folder / "state.db")
        url = sqlite_url(folder / "state.db")
    outbox = OutboxRepository(open_database(url))
    post = Post(
        settings=settings, outbox=outbox, fallback_chat=OPERATORS, charts=lambda: lambda _story: PHOTO
    )
    with bot_api() as api:
        api.chats |= {OPERATORS}
        room = Mailroom(folder, url, api, post)
        api.clock = lambda: room.now.timestamp()
        yield room
    room.written.write(repr(room.post) + repr(outbox.rows()))
    assert SECRET not in room.written.getvalue()
    assert_no_secret_in_logs(caplog.records)
    assert_no_secret_below(folder)
    outbox.engine.dispose()


def assert_no_secret_in_logs(records: Iterable[logging.LogRecord]) -> None:
    logged = io.StringIO()
    for record in records:
        logged.write(logging.Formatter("%(name)s %(message)s %(args)s\n").format(record))
    assert SECRET not in logged.getvalue()


def assert_no_secret_below(folder: Path) -> None:
    """No file holds the token: databases, their journals, charts, logs."""
    for path in folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
