"""Messages on very many series at once."""

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import safe
from vk_alerts.alerting.messages.evidence import events, members, neighbours
from vk_alerts.alerting.messages.incident import first_line, standing
from vk_alerts.alerting.messages.layout import Block, Layout, Part
from vk_alerts.alerting.messages.template import template
from vk_alerts.alerting.messages.voice import TITLE_LIMIT, Voice
from vk_alerts.alerting.story import NotificationKind, Storm, Story


def storm_message(voice: Voice, story: Story, storm: Storm) -> Layout:
    """Any kind of message on a storm: how many series are off, of which metrics, and which most."""
    words = voice.words
    is_past = story.kind is NotificationKind.RESOLVED
    if is_past:
        course = f" {voice.course(story.recovery)}" if story.recovery else ""
        first = f"🟢 <b>{words.storm_is_over}</b>.{course}"
    else:
        first = first_line(voice, story, storm_title(voice, storm), where="")
    counts = tuple(
        f"• {safe(title, limit=TITLE_LIMIT)}: {numbers.decimal(series, voice.language)}"
        for title, series in (() if is_past else storm.metrics)
    )
    return Layout(
        head=(first, template(voice, story)),
        body=(
            Block(Part.STANDING, ()) if is_past else standing(voice, story),
            Block(Part.COUNTS, counts, head=f"<b>{words.storm_counts}</b>", more=words.more),
            members(voice, story, head=words.strongest),
            neighbours(voice, story),
            events(voice, story),
        ),
        tail=voice.tail(story, tag=story.headline.metric),
    )


def storm_title(voice: Voice, storm: Storm) -> str:
    """How many series of how many are off."""
    series, of = (numbers.decimal(amount, voice.language) for amount in (storm.series, storm.of))
    forms = voice.words.of_series
    return voice.words.storm.format(series, f"{of}\u00a0{numbers.plural(storm.of, forms)}")
