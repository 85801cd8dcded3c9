"""A story as a Telegram caption: fixed template first, evidence after, never longer than Telegram takes."""

from collections.abc import Iterator

from vk_alerts.alerting.markup import CAPTION_LIMIT, length, plain
from vk_alerts.alerting.story import Language, Story
from vk_alerts.alerting.telling import MOST_MEMBERS, Part, Teller
from vk_alerts.alerting.wording import wording

__all__ = ["caption", "plain"]

MOSCOW = "Europe/Moscow"


def caption(story: Story, *, language: Language, zone: str = MOSCOW, limit: int = CAPTION_LIMIT) -> str:
    """The message's text: Telegram HTML, at most ``limit`` UTF-16 units after its entities are parsed.

    The template's sentences, the links and the owner are always there. When names are long, whole lines go:
    members down to one, neighbours, a week ago, the last member, the run, yesterday, the expectation.

    Args:
        story: what to tell.
        language: the language of the fixed words; titles and labels come with the story.
        zone: IANA name of the zone in which times are told.
        limit: 1024 with a photo, less where something is added to the text.
    """
    teller = Teller(story, wording(language), language, zone)
    head = f"{teller.first_line()}\n{teller.template()}"
    tail = teller.tail()
    for members, left_out in _ways_to_shorten():
        body = "\n".join(teller.body(members=members, left_out=left_out))
        text = "\n\n".join(block for block in (head, body, tail) if block)
        if length(text) <= limit:
            break
    return text


def _ways_to_shorten() -> Iterator[tuple[int, frozenset[Part]]]:
    """How many members to tell and which parts to leave out: nothing left out first, everything last."""
    for members in range(MOST_MEMBERS, 0, -1):
        yield members, frozenset()
    left_out: frozenset[Part] = frozenset()
    for part in Part:
        left_out |= {part}
        yield 1, left_out
