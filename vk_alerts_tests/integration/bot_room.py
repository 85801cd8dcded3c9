"""A bot at work: a mailroom with incidents, somebody on duty and a stranger; no ClickHouse, no waiting."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.story import Language
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.bot import Desk, Waits, attend
from vk_alerts.delivery.double.people import press, say
from vk_alerts.errors import ClickHouseUnavailable
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.pipeline.delivering.keyboard import keyboard_of
from vk_alerts.state.actions import Action, ActionRepository
from vk_alerts.state.incident_rows import write_groups, write_incidents
from vk_alerts.state.silences import SilenceRepository
from vk_alerts.state.tables import ACTIONS
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.mailroom import CHAT, Mailroom, mailroom, told
from vk_alerts_tests.unit.alerting.stories import WINDOW

ANN, STRANGER = 7, 666
AT_ONCE = Waits(timedelta(), timedelta(), timedelta(), timedelta())


def incident(metric: str = "likes", slice_key: str = "os=Android", **changes: object) -> Incident:
    """An incident that fires, in group ``a``."""
    usual = Incident(
        id=f"{metric}{slice_key}"[:16],
        source="feed",
        metric=metric,
        slice_key=slice_key,
        direction=Direction.DOWN,
        phase=Phase.FIRING,
        first_bad=WINDOW - STEP,
        last_bad=WINDOW,
        bad_windows=2,
        bad_run=2,
        settled_run=0,
        recent_bad=(WINDOW - STEP, WINDOW),
        worst=-0.31,
        missed=-3780.0,
        group="a",
        seen=WINDOW,
        deviation=-0.31,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def no_clickhouse() -> NoReturn:
    raise ClickHouseUnavailable("ClickHouse clickhouse.example:8123: nobody answers; is it running?")


@dataclass
class BotRoom:
    """A bot's process and what it works with.

    Attributes:
        mail: delivery, its clock and the server.
        desk: what the bot works with.
        said: what the process told who started it.
    """

    mail: Mailroom
    desk: Desk
    said: list[str] = field(default_factory=list)

    @property
    def engine(self) -> sa.Engine:
        return self.desk.engine

    def happens(self, *incidents: Incident, **changes: object) -> None:
        """Group ``a`` is told in the chat, with these incidents, the first at its head."""
        members = incidents or (incident(),)
        group = replace(Group("a", "feed", members[0], WINDOW, is_told=True), **changes)  # type: ignore[arg-type]
        with self.engine.begin() as connection:
            write_incidents(connection, members)
            write_groups(connection, [group], [])
        self.mail.put(told())
        self.mail.drain()

    @property
    def message(self) -> int:
        """The number of the first message with buttons."""
        return next(one.message_id for one in self.mail.accepted if one.markup)

    def press(
        self, data: str, *, user: int = ANN, name: str = "ann", chat: str = CHAT, message: int = 0
    ) -> None:
        press(self.mail.api, user, chat, message or self.message, data, name=name)

    def say(self, text: str, *, user: int = ANN, name: str = "ann", chat: str = CHAT) -> None:
        say(self.mail.api, user, chat, text, name=name)

    def work(self, rounds: int = 1) -> None:
        """A process asks so often, and ends."""
        asyncio.run(self._work(rounds))

    async def _work(self, rounds: int) -> None:
        def clock() -> datetime:
            return self.mail.now

        stopping = asyncio.Event()
        say = self.said.append
        await attend(self.desk, stopping=stopping, clock=clock, say=say, waits=AT_ONCE, rounds=rounds)

    @property
    def toasts(self) -> list[str]:
        return self.mail.api.answered

    @property
    def notes(self) -> list[str]:
        """What the bot wrote into chats."""
        return [message.shown.text for message in self.mail.accepted if message.reply_to is not None]

    @property
    def actions(self) -> list[Action]:
        with self.engine.begin() as connection:
            subjects = connection.execute(sa.select(ACTIONS.c.subject).distinct()).scalars().all()
        found = ActionRepository(self.engine).of(subjects)
        return [action for actions in found.values() for action in actions]

    @property
    def silences(self) -> list[tuple[str | None, str | None, float]]:
        """Metric, slice and minutes from now of each silence in force."""
        now = self.mail.now.timestamp()
        found = SilenceRepository(self.engine).holding(now)
        return [(one.metric, one.slice_key, (one.ends - now) / 60) for one in found]


@contextmanager
def bot_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[BotRoom]:
    """A room; at the end, the token must be nowhere."""
    with mailroom(folder, monkeypatch, caplog) as mail:
        settings = replace(mail.post.settings, telegram_api=mail.api.root, telegram_users=(str(ANN), "@bob"))
        mail.post = replace(mail.post, keyboard=lambda row: keyboard_of(row, Language.ENGLISH))
        room = BotRoom(mail, Desk(settings, load_catalog(None), mail.post.outbox.engine, no_clickhouse))
        yield room
        mail.written.write(repr(room.desk) + repr(room.said) + repr(room.actions))
