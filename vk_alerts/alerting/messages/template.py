"""The fixed sentences of a message: metric, slice, value, deviation."""

from vk_alerts.alerting import numbers
from vk_alerts.alerting.messages.voice import Voice, finite
from vk_alerts.alerting.story import NotificationKind, Reading, Story

_GOOD_NEWS = (NotificationKind.RESOLVED, NotificationKind.CORRECTION)


def template(voice: Voice, story: Story) -> str:
    """The sentences on the headline; what they say of its deviation is true in every message."""
    headline = story.headline
    told = voice.words.told.format(
        voice.title(headline), voice.group(headline), voice.value(headline.value, headline)
    )
    return f"{told} {_deviation_sentence(voice, headline, is_good=story.kind in _GOOD_NEWS)}"


def _deviation_sentence(voice: Voice, reading: Reading, *, is_good: bool) -> str:
    words = voice.words
    if reading.value is None or reading.expected is None:
        return words.unknown_deviation
    if is_good and reading.is_within:
        # "More than 3 %" would read as bad news in good news.
        return words.within
    deviation = finite(reading.deviation)
    if deviation is None:
        return words.not_a_share if reading.expected == 0 else words.unknown_deviation
    above = numbers.step_above(deviation) if is_good else None
    if above is not None:
        return words.at_most.format(above)
    step = numbers.exceeded_step(deviation)
    return words.more_than.format(step) if step else words.at_most.format(1)
