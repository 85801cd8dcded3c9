"""Messages on a source: its events have stopped or come late, or are back."""

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import safe
from vk_alerts.alerting.messages.evidence import events
from vk_alerts.alerting.messages.incident import standing
from vk_alerts.alerting.messages.layout import Block, Layout, Part
from vk_alerts.alerting.messages.voice import TITLE_LIMIT, Voice
from vk_alerts.alerting.story import NotificationKind, Outage, Story
from vk_alerts.windows import window_end


def source_message(voice: Voice, story: Story, outage: Outage) -> Layout:
    """NODATA, what edits it, and its RESOLVED."""
    is_back = story.kind is NotificationKind.RESOLVED
    head = (_back(voice, story, outage), voice.words.judged_again) if is_back else _away(voice, story, outage)
    return Layout(
        head=head,
        body=(_standing(voice, story), _waiting(voice, story), events(voice, story)),
        tail=voice.tail(story, tag=outage.table),
    )


def _away(voice: Voice, story: Story, outage: Outage) -> tuple[str, ...]:
    words = voice.words
    phrase = words.late_source if outage.is_late else words.no_source
    table = phrase.format(safe(outage.table, limit=TITLE_LIMIT))
    if outage.last_event is None:
        last = words.no_events
    else:
        last = words.last_event.format(voice.clock_with_zone(outage.last_event, seen_from=story.window))
        behind = window_end(story.window) - outage.last_event
        if numbers.minutes(behind):
            last += f" ({words.ago.format(numbers.duration(behind, voice.language))})"
    if story.is_over or story.is_corrected:
        after = words.corrected if story.is_corrected else words.over
        return (f"🟢 <b>{table}</b>. {last} · {after}.{_lasted(voice, story)}",)
    return (f"🟡 <b>{table}</b>. {last}.", words.not_judged)


def _back(voice: Voice, story: Story, outage: Outage) -> str:
    words = voice.words
    table = safe(outage.table, limit=TITLE_LIMIT)
    return f"🟢 <b>{words.source_is_back.format(table)}</b>.{_lasted(voice, story)}"


def _lasted(voice: Voice, story: Story) -> str:
    if story.recovery is None:
        return ""
    lasted = numbers.duration(story.recovery.lasted, voice.language)
    return f" {voice.words.was_away.format(lasted)}."


def _standing(voice: Voice, story: Story) -> Block:
    """Who has taken it, while it lasts: how a deviation went has no meaning here."""
    is_past = story.kind is NotificationKind.RESOLVED or story.is_over or story.is_corrected
    return Block(Part.STANDING, ()) if is_past else standing(voice, story)


def _waiting(voice: Voice, story: Story) -> Block:
    """The metrics that wait for the source."""
    if story.kind is NotificationKind.RESOLVED or story.is_over or story.is_corrected:
        return Block(Part.NEIGHBOURS, ())
    titles = dict.fromkeys(voice.title(reading) for reading in (story.headline, *story.neighbours))
    return Block(Part.NEIGHBOURS, (f"<b>{voice.words.waiting}</b>: {' · '.join(titles)}",))
