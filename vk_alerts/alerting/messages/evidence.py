"""What speaks for a message on a series: expected values, the past, causes, neighbours, events."""

import math

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import safe
from vk_alerts.alerting.messages.layout import Block, Part
from vk_alerts.alerting.messages.voice import SLICE_LIMIT, TITLE_LIMIT, Voice, finite
from vk_alerts.alerting.story import Contribution, NotificationKind, Reading, Story
from vk_alerts.windows import STEP, window_end

_TENTHS_BELOW = 0.995
_EVENT_LIMIT = 96
# These are told in a bad window only; what lasts may be less bad just now.
_BAD_NOW = (NotificationKind.WORSE, NotificationKind.ESCALATE)


def evidence(voice: Voice, story: Story) -> tuple[Block, ...]:
    """Everything that is known around the headline, in the order in which it is read."""
    return (
        _explained(voice, story),
        Block(Part.EXPECTATION, (expectation(voice, story),)),
        Block(Part.YESTERDAY, (_earlier(voice, story, story.yesterday, voice.words.yesterday),)),
        Block(Part.WEEK_AGO, (_earlier(voice, story, story.week_ago, voice.words.week_ago),)),
        Block(Part.RUN, (f"• {_run(voice, story)}",)),
        _causes(voice, story),
        members(voice, story, head=voice.words.members),
        neighbours(voice, story),
        events(voice, story),
    )


def expectation(voice: Voice, story: Story) -> str:
    """What was expected, the band, and how much is missing or too much; empty when nothing was expected."""
    reading = story.headline
    if reading.expected is None:
        return ""
    text = voice.words.expected.format(voice.value(reading.expected, reading))
    band = voice.band(reading)
    if band:
        band += voice.words.special_day if story.special_day else ""
        text += voice.words.normal.format(band)
    is_over = story.kind in (NotificationKind.RESOLVED, NotificationKind.CORRECTION)
    if is_over or reading.value is None or reading.value == reading.expected:
        return text
    return text + _difference(voice, reading.value - reading.expected, reading)


def members(voice: Voice, story: Story, *, head: str) -> Block:
    """The other series that crossed with the headline."""
    lines = tuple(f"• {_member(voice, member)}" for member in story.members)
    return Block(Part.MEMBERS, lines, head=f"<b>{head}</b>", more=voice.words.more, is_paragraph=True)


def neighbours(voice: Voice, story: Story) -> Block:
    """What is still normal beside the headline, and what is not: one line."""
    told = {(member.metric, member.slice_key) for member in story.members}
    others = [near for near in story.neighbours if (near.metric, near.slice_key) not in told]
    if not others:
        return Block(Part.NEIGHBOURS, ())
    near = " · ".join(_neighbour(voice, reading, story.headline) for reading in others)
    return Block(Part.NEIGHBOURS, (f"<b>{voice.words.neighbours}</b>: {near}",))


def events(voice: Voice, story: Story) -> Block:
    """What people did shortly before, newest first."""
    lines = tuple(
        f"🏷 {voice.clock(event.at, seen_from=story.window)} {safe(event.text, limit=_EVENT_LIMIT)}"
        for event in story.events
    )
    return Block(Part.EVENTS, lines)


def _explained(voice: Voice, story: Story) -> Block:
    if story.explained_by is None:
        return Block(Part.EXPLAINED, ())
    title, deviation = story.explained_by
    phrase = voice.words.fell if deviation < 0 else voice.words.rose
    size = voice.signed(deviation) if math.isfinite(deviation) else voice.words.no_value
    return Block(Part.EXPLAINED, (phrase.format(safe(title, limit=TITLE_LIMIT), size),))


def _difference(voice: Voice, difference: float, reading: Reading) -> str:
    if not reading.is_ratio:
        phrase = voice.words.short if difference < 0 else voice.words.above
        return phrase.format(numbers.rounded(difference, voice.language, unit=voice.unit(reading)))
    phrase = voice.words.lower if difference < 0 else voice.words.higher
    decimals = numbers.decimals_of_ratio(reading.expected or difference)
    return phrase.format(numbers.decimal(abs(difference) * 100, voice.language, decimals=decimals))


def _earlier(voice: Voice, story: Story, earlier: float | None, phrase: str) -> str:
    """An earlier value, and how far the current one lies from it."""
    if earlier is None:
        return ""
    reading = story.headline
    text = voice.value(earlier, reading)
    if reading.value is not None and earlier:
        change = (reading.value - earlier) / earlier
        # Tenths of a percent tell nothing where nearly all is gone or the size has doubled.
        decimals = 1 if abs(change) < _TENTHS_BELOW else 0
        text = f"{text} ({voice.signed(change, decimals=decimals)})"
    return "• " + phrase.format(text, then=numbers.clock(story.window, voice.zone))


def _run(voice: Voice, story: Story) -> str:
    words = voice.words
    if story.kind is NotificationKind.RESOLVED and story.recovery:
        ended = story.first_bad + story.recovery.lasted
        return words.was_bad.format(voice.span(story.first_bad, ended, seen_from=story.window))
    lasts = window_end(story.window) - story.first_bad
    if story.bad_windows * STEP < lasts:
        phrase = words.broken_run
    else:
        phrase = words.single_run if story.bad_windows == 1 else words.run
    told = phrase.format(
        words.count(story.bad_windows, words.windows),
        numbers.duration(lasts, voice.language),
        voice.clock(story.first_bad, seen_from=story.window),
    )
    told += words.hard if story.is_hard else ""
    # The band is that of one window by itself; a slow change is found in several taken together.
    is_bad_now = story.kind in _BAD_NOW or story.bad_windows * STEP >= lasts
    return told + words.in_sum if is_bad_now and story.headline.is_within else told


def _causes(voice: Voice, story: Story) -> Block:
    if story.is_everywhere:
        # Of a ratio that another metric moved, that is said already.
        line = "" if story.explained_by else f"<b>{voice.words.causes}</b>: {voice.words.alike}"
        return Block(Part.CAUSES, (line,))
    lines = tuple(
        f"• {_cause(voice, cause, story.headline)}" for cause in story.causes if math.isfinite(cause.change)
    )
    return Block(Part.CAUSES, lines, head=f"<b>{voice.words.causes}</b>", is_paragraph=True)


def _cause(voice: Voice, cause: Contribution, reading: Reading) -> str:
    label = safe(cause.label, limit=SLICE_LIMIT)
    if reading.is_ratio:
        decimals = numbers.decimals_of_ratio(reading.expected or cause.change)
        size = numbers.decimal(cause.change * 100, voice.language, decimals=decimals)
        change = voice.words.points.format(size)
    else:
        sign = numbers.MINUS if cause.change < 0 else "+"
        change = f"{sign}{numbers.rounded(cause.change, voice.language)}"
    share = finite(cause.share)
    # Two causes may add up to more than all; of one, more than all is rounding.
    told = "" if share is None else f" ({numbers.percent(min(share, 1.0), voice.language)})"
    return f"{label}: {change}{told}"


def _member(voice: Voice, member: Reading) -> str:
    text = f"{voice.title(member)} · {voice.label(member)}: {voice.value(member.value, member)}"
    deviation = finite(member.deviation)
    return text if deviation is None else f"{text} ({voice.signed(deviation)})"


def _neighbour(voice: Voice, reading: Reading, headline: Reading) -> str:
    is_sibling = reading.metric == headline.metric  # the same metric, of other people
    name = voice.label(reading) if is_sibling else voice.title(reading)
    if reading.value is None:
        return f"{name} ⚪ {voice.words.no_value}"
    if not reading.is_bad:
        return f"{name} 🟢"
    deviation = finite(reading.deviation)
    return f"{name} 🔴" if deviation is None else f"{name} 🔴 {voice.signed(deviation)}"
