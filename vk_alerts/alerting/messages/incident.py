"""Messages on an incident that is open: that it opened, got worse, lasts, flaps, or is not known any more."""

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import safe
from vk_alerts.alerting.messages.evidence import evidence
from vk_alerts.alerting.messages.layout import Block, Layout, Part
from vk_alerts.alerting.messages.template import template
from vk_alerts.alerting.messages.voice import OWNER_LIMIT, Voice, finite
from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.windows import window_end


def incident_message(voice: Voice, story: Story) -> Layout:
    """OPEN, UPDATE, WORSE, REMIND, ESCALATE, FLAPPING and STALE."""
    # The evidence of what was taken back would only mislead.
    known = () if story.is_corrected else evidence(voice, story)
    return Layout(
        head=(first_line(voice, story, _what(voice, story)), template(voice, story)),
        body=(standing(voice, story), *known),
        tail=voice.tail(story, tag=story.headline.metric),
    )


def first_line(voice: Voice, story: Story, what: str, *, where: str | None = None) -> str:
    """What notifications show: why it is told, what happened, where and when.

    Args:
        voice: the language.
        story: what is told.
        what: what happened; HTML.
        where: in which slice; HTML; None = that of the headline, empty = nowhere in particular.
    """
    words = voice.words
    mark, phrase = {
        NotificationKind.WORSE: ("🔴", words.worse),
        NotificationKind.REMIND: ("🔴", words.still),
        NotificationKind.ESCALATE: ("🚨", words.far_worse),
        NotificationKind.FLAPPING: ("🟠", words.unstable),
        NotificationKind.STALE: ("⚪", words.unjudged),
    }.get(story.kind, ("🔴", "{}"))
    told, after = f"<b>{phrase.format(what)}</b>", ""
    if story.is_corrected:
        mark, told, after = "🟢", f"<s>{told}</s>", words.corrected
    elif story.is_over:
        mark, after = "🟢", words.over
    place = voice.label(story.headline) if where is None else where
    return " · ".join(part for part in (f"{mark} {told}", place, voice.window(story), after) if part)


def standing(voice: Voice, story: Story) -> Block:
    """Where the incident stands among people: what they were told, who has taken it, how it ended."""
    words = voice.words
    lines = [_news(voice, story)]
    if story.is_over and story.recovery and not story.is_corrected:
        lines.append(voice.course(story.recovery))
    elif story.taken_by:
        lines.append(f"• {words.taken.format(safe(story.taken_by, limit=OWNER_LIMIT))}")
    elif story.kind in (NotificationKind.REMIND, NotificationKind.ESCALATE):
        lines.append(f"• {words.nobody}")
    return Block(Part.STANDING, tuple(lines))


def _what(voice: Voice, story: Story) -> str:
    if story.kind is NotificationKind.STALE:
        return voice.title(story.headline)
    return voice.moved(story.headline)


def _news(voice: Voice, story: Story) -> str:
    words, last_told = voice.words, finite(story.last_told)
    if story.is_corrected:
        return f"• {words.before_correction}"
    if story.kind in (NotificationKind.WORSE, NotificationKind.ESCALATE) and last_told is not None:
        return f"• {words.last_told.format(voice.signed(last_told))}"
    if story.kind is NotificationKind.FLAPPING:
        return f"• {words.openings.format(story.openings)}"
    if story.kind is NotificationKind.STALE and story.silent_since is not None:
        silent = window_end(story.window) - story.silent_since
        since = voice.clock(story.silent_since, seen_from=story.window)
        return f"• {words.silent.format(numbers.duration(silent, voice.language), since)}"
    return ""
