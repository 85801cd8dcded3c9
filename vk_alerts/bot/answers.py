"""How things stand, as the state database knows it: answers that need no ClickHouse."""

from datetime import UTC, datetime

from vk_alerts.alerting import numbers
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.markup import TEXT_LIMIT, length, safe
from vk_alerts.bot.desk import TITLE_LIMIT, Desk
from vk_alerts.state.actions import ActionRepository
from vk_alerts.state.chats import BOT, ChatRepository
from vk_alerts.state.groups import GroupWithMembers
from vk_alerts.state.incidents import IncidentRepository
from vk_alerts.state.outbox import OutboxRepository
from vk_alerts.state.silences import SilenceRepository
from vk_alerts.windows import window_end

_MOST_SILENCES = 10
_ROOM_FOR_REST = 40
_OPEN = (Phase.FIRING, Phase.RECOVERING)


def status(desk: Desk, now: datetime) -> str:
    """Whether the watcher itself is well, HTML.

    Raises:
        StateError: the state database cannot be used.
    """
    words, moment = desk.words, now.timestamp()
    watermark = IncidentRepository(desk.engine).watermark()
    if watermark is None:
        lines = [words.no_window]
    else:
        end = window_end(watermark)
        ago = numbers.duration(now - end, desk.language)
        lines = [words.window.format(f"<b>{desk.clock(end, now=now)}</b>", ago)]
    lines.append(words.counts.format(sum(_is_open(one) for one in desk.groups.unfinished())))
    lines.append(words.unsent.format(OutboxRepository(desk.engine).waiting()))
    for pause in ChatRepository(desk.engine).pauses(moment):
        whose = "Telegram" if pause.chat == BOT else safe(pause.chat, limit=TITLE_LIMIT)
        until = desk.clock(datetime.fromtimestamp(pause.until, UTC), now=now)
        lines.append(words.paused.format(whose, until, safe(pause.reason, limit=TITLE_LIMIT)))
    silences = SilenceRepository(desk.engine).holding(moment)
    for silence in silences[-_MOST_SILENCES:]:
        what = "*" if silence.metric is None else desk.series(silence.metric, silence.slice_key)
        until = desk.clock(datetime.fromtimestamp(silence.ends, UTC), now=now)
        lines.append(words.silence.format(what, until, safe(silence.by, limit=TITLE_LIMIT)))
    if len(silences) > _MOST_SILENCES:
        lines.append(words.more.format(len(silences) - _MOST_SILENCES))
    return "\n".join(lines)


def incidents(desk: Desk, now: datetime) -> str:
    """What is not normal now, a line each, oldest first, HTML.

    Raises:
        StateError: the state database cannot be used.
    """
    found = [one for one in desk.groups.unfinished() if _is_open(one)]
    if not found:
        return desk.words.no_incidents
    taken = ActionRepository(desk.engine).taken_by([one.group.id for one in found])
    lines: list[str] = []
    used = 0
    for number, one in enumerate(found):
        line = _line(desk, one, taken.get(one.group.id, ""), now)
        used += length(line) + 1
        if used > TEXT_LIMIT - _ROOM_FOR_REST:
            lines.append(desk.words.more.format(len(found) - number))
            break
        lines.append(line)
    return "\n".join(lines)


def _is_open(one: GroupWithMembers) -> bool:
    if one.group.outage is not None:
        return one.group.closed is None
    return any(member.phase in _OPEN for member in one.members)


def _line(desk: Desk, one: GroupWithMembers, taker: str, now: datetime) -> str:
    group, words = one.group, desk.words
    if group.outage is not None:
        what, since = safe(group.outage.state.table, limit=TITLE_LIMIT), group.outage.since
    else:
        head = next((member for member in one.members if member.id == group.head.id), group.head)
        what, since = desk.series(head.metric, head.slice_key), head.first_bad
        if head.deviation is not None:
            what += f" {numbers.signed_percent(head.deviation, desk.language)}"
        others = sum(member.phase in _OPEN for member in one.members) - 1
        what += f" (+{others})" if others > 0 else ""
    parts = [
        f"{'🟡' if group.outage is not None else '🔴'} #inc_{group.id[:4].upper()} {what}",
        words.since.format(desk.clock(since, now=now)),
    ]
    if taker:
        parts.append(words.by.format(safe(taker, limit=TITLE_LIMIT)))
    return " · ".join(parts)
