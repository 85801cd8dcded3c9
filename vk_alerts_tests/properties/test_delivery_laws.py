"""Whatever fails, in whatever order: every alert is told, none twice unmarked, no end before its opening."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt
from vk_alerts.errors import DeliveryHalted, DeliveryPostponed, DeliverySlowedDown, DeliveryUncertain
from vk_alerts.pipeline import Post, deliver
from vk_alerts.settings import Settings
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import OutboxRepository, RowState, insert_rows
from vk_alerts.state.sweeping import Limits
from vk_alerts_tests.integration.mailroom import CHAT, OPERATORS, REPEAT, START, empty_outbox, told

OPEN, RESOLVED = NotificationKind.OPEN, NotificationKind.RESOLVED
GROUPS = ("aa", "bb", "cc", "dd")
NO_DIGESTS, DIGESTS = Limits(most_at_once=100), Limits(most_at_once=2)


class Fault(Enum):
    """How a send goes."""

    NONE = auto()
    OUT_OF_REACH = auto()
    SLOWED = auto()
    HALTED = auto()
    LOST_BEFORE = auto()
    LOST_AFTER = auto()
    KILLED_BEFORE = auto()
    KILLED_AFTER = auto()


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Server:
    """What a chat shows when sends go as they are told to."""

    faults: list[Fault]
    shown: list[tuple[str, str]] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator["Server"]:
        yield self

    def send(self, message: OutgoingMessage) -> Receipt:
        fault = self.faults.pop(0) if self.faults else Fault.NONE
        if fault is Fault.OUT_OF_REACH:
            raise DeliveryPostponed("out of reach", after_seconds=15)
        if fault is Fault.SLOWED:
            raise DeliverySlowedDown("slow down", after_seconds=40)
        if fault is Fault.HALTED:
            raise DeliveryHalted("who are you?", after_seconds=60)
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is not Fault.LOST_BEFORE:
            self.shown.append((message.chat, message.caption))
        if fault is Fault.KILLED_AFTER:
            raise Killed
        if fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER):
            raise DeliveryUncertain("no answer")
        return Receipt(str(len(self.shown)))


def told_of(server: Server, chat: str, group: str, mark: str) -> list[str]:
    """The messages of a chat that tell of a group with this first line, be it a line of a digest."""
    tag = f"#inc_{group.upper()}"
    return [
        caption
        for where, caption in server.shown
        if where == chat and any(part.startswith(mark) and tag in part for part in _parts(caption))
    ]


def _parts(caption: str) -> list[str]:
    """A digest's lines, or a message as a whole."""
    return caption.split("\n") if caption.startswith(("📋", "📪")) else [caption]


@given(
    queued=st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from((CHAT, OPERATORS))), max_size=6),
    faults=st.lists(st.sampled_from(Fault), max_size=12),
    minutes=st.lists(st.integers(1, 70), min_size=4, max_size=8),
    limits=st.sampled_from((NO_DIGESTS, DIGESTS)),
)
@example(  # An opening's repeat comes after the end that the other chat was told in the same words.
    queued=[("aa", CHAT), ("aa", OPERATORS)],
    faults=[Fault.LOST_BEFORE],
    minutes=[1, 1, 1, 1],
    limits=NO_DIGESTS,
)
@settings(max_examples=20, deadline=None)
def test_every_alert_is_told_and_none_twice_without_a_mark(
    queued: list[tuple[str, str]], faults: list[Fault], minutes: list[int], limits: Limits
) -> None:
    server = Server(list(faults))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        shutil.copy(empty_outbox(), path)
        outbox = OutboxRepository(open_database(sqlite_url(path)))
        here = Settings(home=Path(folder), telegram_is_set=True, telegram_chat=CHAT, language="en")
        post = Post(here, outbox, None, charts=lambda: lambda _story: None, limits=limits)
        now = START
        rows = [told(group, kind, chat=chat, at=START) for group, chat in queued for kind in (OPEN, RESOLVED)]
        with outbox.engine.begin() as connection:
            insert_rows(connection, rows)
        for pause in minutes:
            _run(post, server, now)
            now += timedelta(minutes=pause)
        server.faults.clear()
        # All goes well from here on: the longest pause, a lease and a second attempt pass.
        for _ in range(4):
            _run(post, server, now)
            now += timedelta(minutes=11)
        assert outbox.waiting() == 0
        states = {(row.group, row.chat, row.kind): row for row in outbox.rows()}
        outbox.engine.dispose()
    for group, chat in set(queued):
        opening, end = told_of(server, chat, group, "🔴"), told_of(server, chat, group, "🟢")
        for kind, found in ((OPEN, opening), (RESOLVED, end)):
            row = states[group, chat, kind]
            teller = next((one for one in states.values() if one.id == row.told_by), row)
            # A second lost answer about one message ends in doubt, and is recorded as such.
            assert found or RowState.UNCERTAIN in (row.state, teller.state)
            assert len(found) - sum(REPEAT in caption for caption in found) <= 1
            assert len(found) <= 2
        if opening and end:
            # Of this chat alone: others are told in the same words.
            order = [caption for where, caption in server.shown if where == chat]
            assert order.index(opening[0]) <= order.index(end[0])


def _run(post: Post, server: Server, now: datetime) -> None:
    with suppress(Killed):
        deliver(post, server, now=lambda: now)
