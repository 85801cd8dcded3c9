"""A press of a button → what follows from it, once, and who is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vk_alerts.alerting import numbers
from vk_alerts.alerting.buttons import ButtonAction, read_press_data
from vk_alerts.alerting.markup import plain, safe
from vk_alerts.alerting.tolerance import FACTOR, LASTS, MOST, Tolerance, widening
from vk_alerts.bot.desk import TITLE_LIMIT, Desk, Reply
from vk_alerts.bot.muting import HOUR, morning_after, muted_by, silent_until
from vk_alerts.delivery.conversation import Place, Press
from vk_alerts.state.actions import Action, ActionKind, ActionRepository
from vk_alerts.state.deeds import Deed, Hush, do
from vk_alerts.state.groups import GroupWithMembers
from vk_alerts.state.silences import SilenceRepository
from vk_alerts.state.tolerances import ToleranceRepository


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A press that is allowed and below a message of the group."""

    desk: Desk
    press: Press
    place: Place
    about: GroupWithMembers
    history: list[Action]
    key: str
    now: datetime

    @property
    def who(self) -> str:
        return self.press.person.shown

    @property
    def who_html(self) -> str:
        return safe(self.who, limit=TITLE_LIMIT)

    @property
    def headline(self) -> str:
        head = self.about.group.head
        return self.desk.series(head.metric, head.slice_key)

    def action(self, kind: ActionKind, detail: str = "") -> Action:
        told = f"id {self.press.person.id}"
        return Action(
            subject=self.about.group.id,
            kind=kind,
            by=self.who,
            at=self.now.timestamp(),
            detail=f"{told}; {detail}" if detail else told,
        )

    def done(self, deed: Deed, text: str) -> Reply:
        """Writes the deed, and tells the chat; a press that was acted on before is only answered."""
        is_new = do(self.desk.engine, deed)
        return Reply(plain(text), (self.desk.note(self.place, text),) if is_new else ())

    def last(self, *kinds: ActionKind) -> Action | None:
        return next((action for action in reversed(self.history) if action.kind in kinds), None)


def act_on_press(desk: Desk, press: Press, *, bot: str, now: datetime) -> Reply:
    """What follows from a press: written once, however often the update comes.

    Args:
        desk: what the bot works with.
        press: who pressed which button below which message.
        bot: the bot's id: updates are counted by bot.
        now: aware UTC.

    Raises:
        StateError: the state database cannot be used; nothing was done.
    """
    if not desk.allows(press.person):
        return Reply(desk.words.refused)
    read = read_press_data(press.data)
    if read is None or press.place is None:
        return Reply(desk.words.stale_button)
    action, group = read
    about = desk.groups.find(group)
    chats = {press.place.chat, press.place.name} - {""}
    if about is None or not desk.groups.has_message(group, chats, press.place.message_id):
        return Reply(desk.words.unknown_message)
    history = ActionRepository(desk.engine).of([group]).get(group, [])
    key = update_key(bot, press.update)
    return _ACTIONS[action](_Pressed(desk, press, press.place, about, history, key, now))


def update_key(bot: str, update: int) -> str:
    """What makes a deed this one."""
    return f"bot {bot} update {update}"


def _take(pressed: _Pressed) -> Reply:
    words, last = pressed.desk.words, pressed.last(ActionKind.TAKE, ActionKind.RELEASE)
    before = last.by if last is not None and last.kind is ActionKind.TAKE else ""
    if before == pressed.who:
        return Reply(words.already_taken)
    text = words.taken.format(pressed.who_html)
    if before:
        text = words.taken_over.format(pressed.who_html, safe(before, limit=TITLE_LIMIT))
    return pressed.done(Deed(pressed.key, pressed.action(ActionKind.TAKE)), text)


def _mute_for_an_hour(pressed: _Pressed) -> Reply:
    return _mute(pressed, pressed.now + HOUR)


def _mute_until_morning(pressed: _Pressed) -> Reply:
    return _mute(pressed, morning_after(pressed.now, pressed.desk.settings.zone))


def _mute(pressed: _Pressed, until: datetime) -> Reply:
    desk, now = pressed.desk, pressed.now
    if pressed.about.group.outage is not None:
        return Reply(desk.words.nothing_to_mute)
    muted = muted_by(pressed.about)
    silent = silent_until(SilenceRepository(desk.engine).holding(now.timestamp()), muted)
    # A second press a moment later asks for nothing new.
    if silent is not None and silent >= (until - timedelta(minutes=5)).timestamp():
        clock = desk.clock(datetime.fromtimestamp(silent, UTC), now=now)
        return Reply(desk.words.already_muted.format(clock))
    comment = f"#inc_{pressed.about.group.id[:4].upper()}"
    hushes = tuple(Hush(metric, slice_key, until.timestamp(), comment) for metric, slice_key in muted)
    what = "; ".join(desk.series(metric, slice_key) for metric, slice_key in muted)
    text = desk.words.muted.format(pressed.who_html, desk.clock(until, now=now), what)
    action = pressed.action(ActionKind.MUTE, f"until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    return pressed.done(Deed(pressed.key, action, hushes), text)


def _false(pressed: _Pressed) -> Reply:
    desk, group = pressed.desk, pressed.about.group
    last = pressed.last(ActionKind.FALSE, ActionKind.CORRECT)
    if last is not None and last.kind is ActionKind.FALSE:
        return Reply(desk.words.already_false.format(last.by))
    if group.outage is not None or group.storm is not None:
        return Reply(desk.words.stale_button)
    start, head = pressed.now.timestamp(), group.head
    until = pressed.now + LASTS
    tolerance = Tolerance(
        metric=head.metric,
        slice_key=head.slice_key,
        factor=FACTOR,
        starts=start,
        ends=until.timestamp(),
        by=pressed.who,
        group=group.id,
    )
    known = ToleranceRepository(desk.engine).between(start, until.timestamp())
    series = [one for one in known if (one.metric, one.slice_key) == (head.metric, head.slice_key)]
    total = widening([*series, tolerance], start)
    text = desk.words.widened.format(
        pressed.who_html,
        pressed.headline,
        numbers.decimal(FACTOR, desk.language, decimals=2),
        numbers.decimal(total, desk.language, decimals=2),
        desk.clock(until, now=pressed.now),
    )
    text += desk.words.at_most if total >= MOST else ""
    deed = Deed(pressed.key, pressed.action(ActionKind.FALSE), tolerance=tolerance)
    return pressed.done(deed, text)


def _correct(pressed: _Pressed) -> Reply:
    words, last = pressed.desk.words, pressed.last(ActionKind.FALSE, ActionKind.CORRECT)
    if last is not None and last.kind is ActionKind.CORRECT:
        return Reply(words.already_correct.format(last.by))
    text = words.correct.format(pressed.who_html)
    was_false = last is not None
    text += words.taken_back.format(pressed.headline) if was_false else ""
    deed = Deed(pressed.key, pressed.action(ActionKind.CORRECT), ends_tolerances=was_false)
    return pressed.done(deed, text)


_ACTIONS: Mapping[ButtonAction, Callable[[_Pressed], Reply]] = {
    ButtonAction.TAKE: _take,
    ButtonAction.MUTE_HOUR: _mute_for_an_hour,
    ButtonAction.MUTE_NIGHT: _mute_until_morning,
    ButtonAction.FALSE: _false,
    ButtonAction.CORRECT: _correct,
}
