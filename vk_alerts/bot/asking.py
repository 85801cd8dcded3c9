"""A command → its answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vk_alerts.alerting.markup import one_line, safe
from vk_alerts.bot.answers import incidents, status
from vk_alerts.bot.commands import Command, CommandName, read_command, read_hours
from vk_alerts.bot.desk import Desk, Reply
from vk_alerts.bot.looking import Look, chart, look_at, slices_in, why
from vk_alerts.bot.muting import silent_until
from vk_alerts.bot.presses import update_key
from vk_alerts.bot.series import Asked, UnknownMetricError, UnknownSliceError, read_series
from vk_alerts.delivery.conversation import Said
from vk_alerts.errors import VkAlertsError
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.state.actions import Action, ActionKind
from vk_alerts.state.deeds import Deed, Hush, do
from vk_alerts.state.silences import SilenceRepository

LONGEST_HOURS = 168.0
_SHORTEST_HOURS, _USUAL_HOURS = 0.25, 1.0
_ECHO_LIMIT, _PROBLEM_LIMIT = 300, 400


@dataclass(frozen=True, slots=True)
class _Question:
    desk: Desk
    said: Said
    command: Command
    key: str
    now: datetime

    def reply(self, text: str, *, photo: bytes | None = None) -> Reply:
        return Reply(messages=(self.desk.note(self.said.place, text, photo=photo),))


def answer(desk: Desk, said: Said, *, bot: str, bot_name: str, now: datetime) -> Reply:
    """The answer to what somebody wrote; nothing to what is no command for this bot.

    Args:
        desk: what the bot works with.
        said: who wrote what, where.
        bot: the bot's id.
        bot_name: its name without the ``@``.
        now: aware UTC.
    """
    command = read_command(said.text, bot_name)
    if command is None:
        return Reply()
    question = _Question(desk, said, command, update_key(bot, said.update), now)
    # In a group, what is no command of ours may be another bot's.
    is_meant = command.is_named or said.place.chat == str(said.person.id)
    if command.name is None and not is_meant:
        return Reply()
    if not desk.allows(said.person):
        return question.reply(safe(desk.words.refused, limit=_ECHO_LIMIT))
    try:
        return _ANSWERS[command.name](question)
    except UnknownMetricError as error:
        return question.reply(desk.words.which_metric.format(safe(str(error), limit=_ECHO_LIMIT)))
    except UnknownSliceError as error:
        return question.reply(desk.words.no_such_series.format(safe(str(error), limit=_ECHO_LIMIT)))
    except VkAlertsError as error:
        problem = one_line(str(error), limit=_PROBLEM_LIMIT)
        return question.reply(desk.words.failed.format(safe(problem, limit=_PROBLEM_LIMIT)))


def _help(question: _Question) -> Reply:
    return question.reply(question.desk.words.help)


def _unknown(question: _Question) -> Reply:
    words = question.desk.words
    return question.reply(f"{words.unknown_command}\n{words.help}")


def _status(question: _Question) -> Reply:
    return question.reply(status(question.desk, question.now))


def _incidents(question: _Question) -> Reply:
    return question.reply(incidents(question.desk, question.now))


def _mute(question: _Question) -> Reply:
    desk, now = question.desk, question.now
    words, hours = read_hours(question.command.words)
    hours = _USUAL_HOURS if hours is None else hours
    if not _SHORTEST_HOURS <= hours <= LONGEST_HOURS:
        return question.reply(desk.words.hours.format(f"{LONGEST_HOURS:g}"))
    asked = _asked(question, words)
    metric, slice_key = asked.metric.name, asked.slice_key
    until = now + timedelta(hours=hours)
    holding = SilenceRepository(desk.engine).holding(now.timestamp())
    silent = silent_until(holding, [(metric, slice_key)])
    if silent is not None and silent >= until.timestamp():
        clock = desk.clock(datetime.fromtimestamp(silent, UTC), now=now)
        return question.reply(desk.words.already_muted.format(clock))
    action = Action(
        subject="/mute",
        kind=ActionKind.MUTE,
        by=question.said.person.shown,
        at=now.timestamp(),
        detail=f"id {question.said.person.id}; {metric} {slice_key or '*'} for {hours:g} h",
    )
    hush = Hush(metric, slice_key, until.timestamp(), "/mute")
    if not do(desk.engine, Deed(question.key, action, (hush,))):
        return Reply()
    who = safe(question.said.person.shown, limit=_ECHO_LIMIT)
    what = desk.series(metric, slice_key)
    return question.reply(desk.words.muted.format(who, desk.clock(until, now=now), what))


def _why(question: _Question) -> Reply:
    look = _look(question)
    if look is None:
        return question.reply(question.desk.words.no_window)
    return question.reply(why(question.desk, look, question.now))


def _chart(question: _Question) -> Reply:
    desk, look = question.desk, _look(question)
    if look is None:
        return question.reply(desk.words.no_window)
    picture = None if look.own is None else chart(look)
    if picture is None:
        return question.reply(why(desk, look, question.now))
    return question.reply(f"<b>{desk.series(look.metric.name, look.slice_key)}</b>", photo=picture)


def _asked(question: _Question, words: tuple[str, ...]) -> Asked:
    desk, now = question.desk, question.now
    return read_series(words, desk.catalog, lambda metric: slices_in(desk.stores(), metric, now))


def _look(question: _Question) -> Look | None:
    asked = _asked(question, question.command.words)
    return look_at(question.desk, asked.metric, asked.slice_key or ALL_KEY, question.now)


_ANSWERS: Mapping[CommandName | None, Callable[[_Question], Reply]] = {
    CommandName.STATUS: _status,
    CommandName.INCIDENTS: _incidents,
    CommandName.MUTE: _mute,
    CommandName.WHY: _why,
    CommandName.CHART: _chart,
    CommandName.HELP: _help,
    CommandName.START: _help,
    None: _unknown,
}
