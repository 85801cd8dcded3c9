"""Reads what people do, one process at a time, and acts on each of it once."""

import asyncio
import itertools
import logging
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from vk_alerts.bot.asking import answer
from vk_alerts.bot.desk import Desk, Reply
from vk_alerts.bot.presses import act_on_press
from vk_alerts.delivery.conversation import Conversation, Press, Said, conversation
from vk_alerts.errors import BotConflict, DeliveryError, DeliveryHalted, DeliveryPostponed, VkAlertsError
from vk_alerts.settings import TOKEN_VARIABLE
from vk_alerts.state.bots import BotRepository

LOGGER = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waits:
    """How long is waited for what.

    Attributes:
        poll: for something to happen, in one question.
        standby: while another process reads, before the next look.
        first: after the first failure, doubled with each that follows, …
        longest: … up to this.
    """

    poll: timedelta = timedelta(seconds=25)
    standby: timedelta = timedelta(seconds=15)
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=60)


_USUAL = Waits()


async def attend(
    desk: Desk,
    *,
    stopping: asyncio.Event,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    waits: Waits = _USUAL,
    rounds: int | None = None,
) -> None:
    """Acts on what people press and ask until ``stopping`` is set; what it has begun it ends.

    Args:
        desk: what the bot works with.
        stopping: set from outside.
        clock: the time, aware UTC.
        say: tells who started the process how it goes, one line each.
        waits: how long is waited for what.
        rounds: how often Telegram is asked at most; None = without an end.

    Raises:
        ConfigurationError: there is no token.
        DeliveryHalted: Telegram does not know the bot.
    """
    async with conversation(TOKEN_VARIABLE, desk.settings.telegram_api) as talk:
        attendant = _Attendant(desk, talk, stopping, clock, say, waits)
        try:
            for _ in itertools.repeat(None) if rounds is None else range(rounds):
                if stopping.is_set():
                    break
                await attendant.pause(await attendant.round())
        finally:
            attendant.leave()


@dataclass(slots=True)
class _Attendant:
    desk: Desk
    talk: Conversation
    stopping: asyncio.Event
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    waits: Waits
    holder: str = field(default_factory=lambda: uuid.uuid4().hex)
    name: str = ""
    bots: BotRepository | None = None
    failures: int = 0
    told: str = ""

    async def round(self) -> timedelta:
        """One question and what it brings; how long to wait before the next."""
        try:
            pause = await self._read()
        except DeliveryHalted:
            raise
        except BotConflict as error:
            self._tell(f"another program reads what people do to this bot: {error}")
            return timedelta(seconds=max(error.after_seconds, self._backoff().total_seconds()))
        except VkAlertsError as error:
            self._tell(str(error))
            after = error.after_seconds if isinstance(error, DeliveryPostponed) else 0.0
            return max(self._backoff(), timedelta(seconds=after))
        self.failures = 0
        return pause

    async def pause(self, length: timedelta) -> None:
        """Waits, at most until the process is to end."""
        if length > timedelta():
            await self._unless_stopping(asyncio.sleep(min(length, self.waits.longest).total_seconds()))

    def leave(self) -> None:
        """Lets another process read at once."""
        if self.bots is not None:
            self.bots.release(self.holder)

    async def _read(self) -> timedelta:
        if self.bots is None:
            introduced = await self._unless_stopping(self.talk.introduce())
            if introduced is None:
                return timedelta()
            bot, self.name = introduced
            self.bots = BotRepository(self.desk.engine, bot)
        bots = self.bots
        if not bots.lease(self.holder, now=self._moment()):
            self._tell("another 'vk-alerts bot' is at work on this database: waiting for it to end")
            return self.waits.standby
        listens = f"@{self.name} listens to {len(self.desk.settings.telegram_users)} users"
        if not self.failures:
            self._tell(listens)
        question = self.talk.happenings(bots.next_update(), wait=self.waits.poll)
        batch = await self._unless_stopping(question)
        self._tell(listens)
        if batch is None:
            return timedelta()
        for happening in batch.happenings:
            await self._act(happening, bots.bot)
            if not bots.advance(self.holder, happening.update + 1, now=self._moment()):
                return timedelta()
            if self.stopping.is_set():
                return timedelta()
        if batch.next_update is not None:
            bots.advance(self.holder, batch.next_update, now=self._moment())
        return timedelta()

    async def _act(self, happening: Press | Said, bot: str) -> None:
        """Acts on one thing; nothing that goes wrong with it keeps the next from being read."""
        reply = self._reply(happening, bot)
        if isinstance(happening, Press):
            await self.talk.answer_press(happening, reply.toast)
        for message in reply.messages:
            try:
                await self.talk.send(message)
            except DeliveryError as error:
                LOGGER.warning("update=%s outcome=not answered reason=%s", happening.update, error)

    def _reply(self, happening: Press | Said, bot: str) -> Reply:
        now = self.clock()
        try:
            if isinstance(happening, Press):
                return act_on_press(self.desk, happening, bot=bot, now=now)
            return answer(self.desk, happening, bot=bot, bot_name=self.name, now=now)
        except VkAlertsError:
            raise  # the state database is out of reach: it is acted on later
        except Exception as error:
            LOGGER.exception("update=%s outcome=left out", happening.update)
            failed = self.desk.words.failed.format(type(error).__name__)
            if isinstance(happening, Press):
                return Reply(failed)
            return Reply(messages=(self.desk.note(happening.place, failed),))

    async def _unless_stopping(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of ``work``; None when the process is to end before it is there."""
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for one in (task, stop):
                one.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    def _backoff(self) -> timedelta:
        self.failures += 1
        doublings = min(self.failures - 1, 10)
        return min(self.waits.first * (1 << doublings), self.waits.longest)

    def _tell(self, text: str) -> None:
        """Each state is told once, not with every question."""
        if text != self.told:
            self.told = text
            self.say(text)

    def _moment(self) -> float:
        return self.clock().timestamp()
