"""A story as a Telegram caption: fixed template first, evidence after, never longer than Telegram takes."""

from collections.abc import Sequence

from vk_alerts.alerting.markup import CAPTION_LIMIT, TEXT_LIMIT, plain
from vk_alerts.alerting.messages.dispatch import message
from vk_alerts.alerting.messages.layout import Layout, fitted
from vk_alerts.alerting.messages.listing import crowd_message, missed_message
from vk_alerts.alerting.messages.voice import Voice
from vk_alerts.alerting.story import Language, Story
from vk_alerts.alerting.wording import wording

__all__ = ["caption", "crowd_digest", "missed_digest", "plain"]

MOSCOW = "Europe/Moscow"


def caption(
    story: Story,
    *,
    language: Language,
    zone: str = MOSCOW,
    is_repeat: bool = False,
    limit: int = CAPTION_LIMIT,
) -> str:
    """The message's text: Telegram HTML, at most 1024 UTF-16 units after its entities are parsed.

    The first two lines, the links and the owner are always there. When names are long, whole lines go:
    events, causes and members down to one, neighbours, a week ago, the last member, the run, yesterday, the
    last cause, the expectation.

    Args:
        story: what to tell.
        language: the language of the fixed words; titles and labels come with the story.
        zone: IANA name of the zone in which times are told.
        is_repeat: whether the message may have arrived before; it says so then.
        limit: UTF-16 units after parsing; fewer leave room for what others add.
    """
    voice = Voice(wording(language), language, zone)
    return _fitted(voice, message(voice, story), is_repeat=is_repeat, limit=limit)


def missed_digest(
    stories: Sequence[Story], *, language: Language, zone: str = MOSCOW, is_repeat: bool = False
) -> str:
    """One text message instead of those that Telegram could not take in time, a line each, newest first.

    Telegram HTML, at most 4096 UTF-16 units and 30 lines; how many more there were is told. The owners of
    them are mentioned. It goes out without a picture.

    Args:
        stories: of the messages that were not sent; at least one.
        language: the language of the fixed words.
        zone: IANA name of the zone in which times are told.
        is_repeat: whether any of them may have arrived before.
    """
    voice = Voice(wording(language), language, zone)
    return _fitted(voice, missed_message(voice, stories), is_repeat=is_repeat, limit=TEXT_LIMIT)


def crowd_digest(
    stories: Sequence[Story], *, language: Language, zone: str = MOSCOW, is_repeat: bool = False
) -> str:
    """One text message instead of those that are too many to send one by one, a line each, in their order.

    Otherwise as `missed_digest`.
    """
    voice = Voice(wording(language), language, zone)
    return _fitted(voice, crowd_message(voice, stories), is_repeat=is_repeat, limit=TEXT_LIMIT)


def _fitted(voice: Voice, layout: Layout, *, is_repeat: bool, limit: int) -> str:
    if is_repeat:
        layout = layout.with_last_line(f"<i>{voice.words.may_repeat}</i>")
    return fitted(layout, limit=limit)
