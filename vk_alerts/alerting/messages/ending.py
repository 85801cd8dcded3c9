"""Messages that take the alarm away: it is over, or there was nothing."""

from vk_alerts.alerting.messages.evidence import evidence, expectation
from vk_alerts.alerting.messages.layout import Block, Layout, Part
from vk_alerts.alerting.messages.template import template
from vk_alerts.alerting.messages.voice import Voice, finite
from vk_alerts.alerting.story import Story

_PARTS_OF_AN_END = (Part.EXPECTATION, Part.RUN, Part.MEMBERS, Part.NEIGHBOURS)


def resolved_message(voice: Voice, story: Story) -> Layout:
    """RESOLVED: how it went first, then where the metric is now."""
    recovered = voice.words.recovered.format(voice.title(story.headline))
    line = f"🟢 <b>{recovered}</b> · {voice.label(story.headline)}."
    if story.recovery:
        line = f"{line} {voice.course(story.recovery)}"
    told = tuple(block for block in evidence(voice, story) if block.part in _PARTS_OF_AN_END)
    return Layout(
        head=(line, template(voice, story)),
        body=told,
        tail=voice.tail(story, tag=story.headline.metric),
    )


def correction_message(voice: Voice, story: Story) -> Layout:
    """CORRECTION: what was told is not so, with the values as computed again."""
    words, told = voice.words, finite(story.last_told)
    corrected = words.corrected[:1].upper() + words.corrected[1:]
    line = f"🟢 <b>{corrected}</b> · {voice.title(story.headline)} · {voice.label(story.headline)}"
    alarm = "" if told is None else f"• {words.false_alarm.format(voice.signed(told))}"
    return Layout(
        head=(f"{line} · {voice.window(story)}", template(voice, story)),
        body=(
            Block(Part.STANDING, (alarm,)),
            Block(Part.EXPECTATION, (expectation(voice, story),)),
        ),
        tail=voice.tail(story, tag=story.headline.metric),
    )
