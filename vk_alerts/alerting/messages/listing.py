"""Messages that tell many incidents, a line each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import safe
from vk_alerts.alerting.messages.layout import Block, Layout, Part
from vk_alerts.alerting.messages.storm import storm_title
from vk_alerts.alerting.messages.voice import SLICE_LIMIT, TITLE_LIMIT, Voice, tagged
from vk_alerts.alerting.story import NotificationKind, Passed, Story
from vk_alerts.windows import window_end

_MOST_OWNERS = 8


def passed_message(voice: Voice, story: Story) -> Layout:
    """SUMMARY and DIGEST: what opened and closed while nobody was told."""
    words = voice.words
    amount = words.count(len(story.passed), words.incidents)
    title = words.while_down if story.kind is NotificationKind.SUMMARY else words.many.format(amount)
    start = min((story.first_bad, *(passed.first_bad for passed in story.passed)))
    span = voice.span(start, window_end(story.window), seen_from=story.window)
    head = f"ℹ️ <b>{title}</b> · {span}"
    if story.kind is NotificationKind.SUMMARY:
        head += f" · {amount}"
    lines = tuple(_passed(voice, passed, seen_from=story.window) for passed in story.passed)
    owner = voice.owner(story.owner)
    tail = (*voice.links(story), *([owner] if owner else []))
    return Layout((head,), (Block(Part.LIST, lines, more=words.more),), tail)


def missed_message(voice: Voice, stories: Sequence[Story]) -> Layout:
    """What could not be sent in time, at least one story: the newest first, for nobody reads far."""
    newest = sorted(stories, key=lambda story: story.window, reverse=True)
    words = voice.words
    return _listed(
        voice, f"📪 <b>{words.missed.format(words.count(len(stories), words.messages))}</b>", newest
    )


def crowd_message(voice: Voice, stories: Sequence[Story]) -> Layout:
    """What is too much to be sent one by one, at least one story: in the order of urgency."""
    words = voice.words
    return _listed(
        voice, f"📋 <b>{words.many.format(words.count(len(stories), words.messages))}</b>", stories
    )


def _listed(voice: Voice, head: str, stories: Sequence[Story]) -> Layout:
    newest = max(story.window for story in stories)
    lines = tuple(_told(voice, story, seen_from=newest) for story in stories)
    owners = _owners(voice, stories)
    return Layout(
        (head,),
        (Block(Part.LIST, lines, more=voice.words.more),),
        (owners,) if owners else (),
    )


def _passed(voice: Voice, passed: Passed, *, seen_from: datetime) -> str:
    words, recovery = voice.words, passed.recovery
    mark = "🔴" if recovery is None else "🟢"
    lasted = words.lasts if recovery is None else numbers.duration(recovery.lasted, voice.language)
    title, label = safe(passed.title, limit=TITLE_LIMIT), safe(passed.slice_label, limit=SLICE_LIMIT)
    return (
        f"{mark} {voice.clock(passed.first_bad, seen_from=seen_from)} {title} · {label}: "
        f"{voice.signed(passed.worst)}, {lasted} #inc_{tagged(passed.short_id)}"
    )


def _told(voice: Voice, story: Story, *, seen_from: datetime) -> str:
    """One message as a line: when, what, where."""
    mark, what = _gist(voice, story)
    return f"{mark} {voice.clock(story.window, seen_from=seen_from)} {what} #inc_{tagged(story.short_id)}"


def _gist(voice: Voice, story: Story) -> tuple[str, str]:
    words, headline = voice.words, story.headline
    is_good = story.kind in (NotificationKind.RESOLVED, NotificationKind.CORRECTION) or story.is_over
    mark = "🟢" if is_good else "🔴"
    if story.outage is not None:
        phrase = words.source_is_back if is_good else words.no_source
        return "🟢" if is_good else "🟡", phrase.format(safe(story.outage.table, limit=TITLE_LIMIT))
    if story.storm is not None:
        return mark, words.storm_is_over if is_good else storm_title(voice, story.storm)
    if story.passed:
        return "ℹ️", words.many.format(words.count(len(story.passed), words.incidents))
    what = words.recovered.format(voice.title(headline)) if is_good else voice.moved(headline)
    return mark, f"{what} · {voice.label(headline)}"


def _owners(voice: Voice, stories: Iterable[Story]) -> str:
    owners = dict.fromkeys(voice.owner(story.owner) for story in stories)
    return " ".join([owner for owner in owners if owner][:_MOST_OWNERS])
