"""Values, series and times as people say them in one language: what all kinds of messages are made of."""

import math
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import link, safe
from vk_alerts.alerting.story import Language, Reading, Recovery, Story
from vk_alerts.alerting.wording import Wording
from vk_alerts.metrics.slices import Slice
from vk_alerts.windows import window_end

# Caps for text from outside, in UTF-16 units. Their sum with the fixed words stays below CAPTION_LIMIT, so
# that the parts never left out always fit; a test holds the worst case.
TITLE_LIMIT = 64
SLICE_LIMIT = 96
OWNER_LIMIT = 128
_UNIT_LIMIT = 12
_TAG_LIMIT = 48
_USER = "tg://user?id="  # how Telegram mentions who has no public name
_MOST_OWNERS = 6


@dataclass(frozen=True, slots=True)
class Voice:
    """Says values in one language and zone; all that is returned is HTML with values escaped.

    Attributes:
        words: the phrases, in ``language``.
        language: of the numbers.
        zone: IANA name of the zone in which times are told.
    """

    words: Wording
    language: Language
    zone: str

    def title(self, reading: Reading) -> str:
        """The metric's title."""
        return safe(reading.title, limit=TITLE_LIMIT)

    def band(self, reading: Reading) -> str:
        """The normal range; empty where it is unknown.

        By its share a slice's range lies around what the rest of the total is now, and ends at the latest at
        what the slice's own past led to expect: such an end tells nothing, and the other one is told alone.
        """
        if reading.lower is None or reading.upper is None:
            return ""
        low, high = self.value(reading.lower, reading), self.value(reading.upper, reading)
        ends_there = reading.by_share and self.value(reading.expected, reading) in (low, high)
        if not ends_there or reading.value is None or reading.expected is None:
            band = numbers.quantity_range(
                reading.lower,
                reading.upper,
                self.language,
                is_ratio=reading.is_ratio,
                unit=self.unit(reading),
            )
        elif reading.value < reading.expected:
            band = self.words.no_less.format(low)
        else:
            band = self.words.no_more.format(high)
        return band + (self.words.by_share if reading.by_share else "")

    def label(self, reading: Reading) -> str:
        """The slice as people call it."""
        return safe(reading.slice_label or self._slice_text(reading), limit=SLICE_LIMIT)

    def group(self, reading: Reading) -> str:
        """The slice with the names of its dimensions."""
        return safe(self._slice_text(reading), limit=SLICE_LIMIT)

    def value(self, value: float | None, reading: Reading) -> str:
        """A value in the units of the reading's metric."""
        if value is None or not math.isfinite(value):
            return self.words.no_value
        return numbers.quantity(value, self.language, is_ratio=reading.is_ratio, unit=self.unit(reading))

    def unit(self, reading: Reading) -> str:
        """What the metric is measured in; empty for what is counted, and for ratios."""
        return safe(reading.unit, limit=_UNIT_LIMIT) if reading.unit else ""

    def signed(self, share: float, *, decimals: int = 0) -> str:
        """A deviation: ``−31 %``."""
        return numbers.signed_percent(share, self.language, decimals=decimals)

    def moved(self, reading: Reading) -> str:
        """The metric and how far it is off: ``Лайки ↓ 31 %``."""
        title = self.title(reading)
        if reading.value is None:
            return f"{title}: {self.words.no_value}"
        if reading.expected is None or reading.value == reading.expected:
            return title
        arrow = "↓" if reading.value < reading.expected else "↑"
        deviation = finite(reading.deviation)
        size = "" if deviation is None else " " + numbers.percent(abs(deviation), self.language)
        return f"{title} {arrow}{size}"

    def clock(self, moment: datetime, *, seen_from: datetime) -> str:
        """``14:15``, with the date when that is another day than the one it is seen from."""
        return numbers.clock(moment, self.zone, seen_from=seen_from)

    def clock_with_zone(self, moment: datetime, *, seen_from: datetime) -> str:
        """``14:02 МСК``."""
        name = numbers.zone_name(moment, self.zone, self.language)
        return f"{self.clock(moment, seen_from=seen_from)} {name}"

    def span(self, start: datetime, end: datetime, *, seen_from: datetime) -> str:
        """``14:15–14:30 МСК``."""
        name = numbers.zone_name(end, self.zone, self.language)
        first = numbers.clock(start, self.zone, seen_from=seen_from)
        return f"{first}{numbers.DASH}{numbers.clock(end, self.zone)} {name}"

    def window(self, story: Story) -> str:
        """The window that a story is about."""
        return self.span(story.window, window_end(story.window), seen_from=story.window)

    def course(self, recovery: Recovery) -> str:
        """How an incident went: ``Длилось 1 ч 15 мин, минимум −34 %, недобор ≈ 14 тыс.``."""
        extreme = self.words.lowest if recovery.worst < 0 else self.words.highest
        parts = [
            self.words.lasted.format(numbers.duration(recovery.lasted, self.language)),
            extreme.format(self.signed(recovery.worst)),
        ]
        if recovery.missed:
            phrase = self.words.shortfall if recovery.missed < 0 else self.words.excess
            parts.append(phrase.format(numbers.rounded(recovery.missed, self.language)))
        return ", ".join(parts).removesuffix(".") + "."

    def tail(self, story: Story, *, tag: str) -> tuple[str, ...]:
        """The links, the owner and the tags."""
        signature = f"{self.owner(story.owner)} #{tagged(tag)} #inc_{tagged(story.short_id)}".lstrip()
        return (*self.links(story), signature)

    def links(self, story: Story) -> tuple[str, ...]:
        """One line of links, or none."""
        urls = (
            (self.words.chart, story.chart_url),
            (self.words.dashboard, story.dashboard_url),
            (self.words.partition, story.partition_url),
        )
        links = " · ".join(link(label, url) for label, url in urls if url)
        return (links,) if links else ()

    def owner(self, owner: str) -> str:
        """Who is responsible, as Telegram notifies them; empty = nobody."""
        names = owner.split()[:_MOST_OWNERS]
        if not any(name.startswith(_USER) for name in names):
            return safe(owner, limit=OWNER_LIMIT) if names else ""
        room = OWNER_LIMIT // len(names)
        return " ".join(
            link(self.words.owner, name) if name.startswith(_USER) else safe(name, limit=room)
            for name in names
        )

    def _slice_text(self, reading: Reading) -> str:
        part = Slice.from_key(reading.slice_key)
        if part.is_total:
            return reading.slice_label or self.words.everybody
        return ", ".join(f"{dimension}={value}" for dimension, value in part.items)


def finite(value: float | None) -> float | None:
    """``value``, None for what is no number."""
    return value if value is not None and math.isfinite(value) else None


def tagged(text: str) -> str:
    """``text`` as Telegram lets it stand in a hashtag: word characters only."""
    kept = "".join(character if character.isascii() and character.isalnum() else "_" for character in text)
    return kept[:_TAG_LIMIT] or "_"
