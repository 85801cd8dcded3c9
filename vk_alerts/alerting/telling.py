"""The lines of a message, each told from a story in one language."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import link, safe
from vk_alerts.alerting.story import Contribution, Language, NotificationKind, Reading, Recovery, Story
from vk_alerts.alerting.wording import Wording
from vk_alerts.metrics.slices import Slice
from vk_alerts.windows import window_end

# Caps for text from outside, in UTF-16 units. Their sum with the fixed words stays below CAPTION_LIMIT, so
# that the parts never left out always fit; a test holds the worst case.
_TITLE_LIMIT = 64
_SLICE_LIMIT = 96
_OWNER_LIMIT = 128
_TAG_LIMIT = 48

MOST_MEMBERS = 3
"""More lines of the same kind are not read; how many more there are is told."""
_CALM = 0.1
_TENTHS_BELOW = 0.995


class Part(Enum):
    """What may be left out of the body, in the order in which it goes."""

    NEIGHBOURS = auto()
    WEEK_AGO = auto()
    MEMBERS = auto()
    CAUSES = auto()
    RUN = auto()
    YESTERDAY = auto()
    EXPECTATION = auto()


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the parts of a message: HTML, values escaped, without line breaks at the ends.

    Attributes:
        story: what is told.
        words: the phrases, in ``language``.
        language: of the numbers.
        zone: IANA name of the zone in which times are told.
    """

    story: Story
    words: Wording
    language: Language
    zone: str

    def first_line(self) -> str:
        """The line that notifications show: what happened, where and when."""
        headline, recovery = self.story.headline, self.story.recovery
        title = safe(headline.title, limit=_TITLE_LIMIT)
        label = self._label(headline)
        if self.story.kind is NotificationKind.RESOLVED:
            recovered = self.words.recovered.format(title)
            line = f"🟢 <b>{recovered}</b> · {label}."
            return f"{line} {self._summary(recovery)}" if recovery else line
        return f"🔴 <b>{self._with_arrow(title, headline)}</b> · {label} · {self._window()}"

    def template(self) -> str:
        """The fixed sentences: metric, slice, value, deviation."""
        headline = self.story.headline
        told = self.words.told.format(
            safe(headline.title, limit=_TITLE_LIMIT),
            self._group(headline),
            self._value(headline.value, headline),
        )
        return f"{told} {self._deviation_sentence(headline)}"

    def body(self, *, members: int, left_out: frozenset[Part]) -> Iterator[str]:
        """The evidence, part by part, with at most ``members`` other series."""
        story = self.story
        parts = {
            Part.EXPECTATION: self._expectation(),
            Part.YESTERDAY: self._earlier(story.yesterday, self.words.yesterday),
            Part.WEEK_AGO: self._earlier(story.week_ago, self.words.week_ago),
            Part.RUN: f"• {self._run()}",
            Part.CAUSES: self._causes(),
            Part.MEMBERS: self._members(members),
            Part.NEIGHBOURS: self._neighbours(),
        }
        return (text for part, text in parts.items() if text and part not in left_out)

    def tail(self) -> str:
        """The links, the owner and the tags."""
        story = self.story
        urls = (
            (self.words.chart, story.chart_url),
            (self.words.dashboard, story.dashboard_url),
            (self.words.partition, story.partition_url),
        )
        links = " · ".join(link(label, url) for label, url in urls if url)
        signature = f"{self._owner()} #{_tag(story.headline.metric)} #inc_{_tag(story.short_id)}".lstrip()
        return f"{links}\n{signature}" if links else signature

    def _with_arrow(self, title: str, reading: Reading) -> str:
        if reading.value is None:
            return f"{title}: {self.words.no_value}"
        if reading.expected is None or reading.value == reading.expected:
            return title
        arrow = "↓" if reading.value < reading.expected else "↑"
        deviation = _finite(reading.deviation)
        size = "" if deviation is None else " " + numbers.percent(abs(deviation), self.language)
        return f"{title} {arrow}{size}"

    def _deviation_sentence(self, reading: Reading) -> str:
        if reading.value is None or reading.expected is None:
            return self.words.unknown_deviation
        deviation = _finite(reading.deviation)
        if deviation is None:
            return self.words.not_a_share if reading.expected == 0 else self.words.unknown_deviation
        if self.story.kind is NotificationKind.RESOLVED and abs(deviation) <= _CALM:
            # "More than 2 %" would read as bad news in good news.
            return self.words.at_most.format(round(_CALM * 100))
        step = numbers.exceeded_step(deviation)
        return self.words.more_than.format(step) if step else self.words.at_most.format(1)

    def _expectation(self) -> str:
        reading = self.story.headline
        if reading.expected is None:
            return ""
        text = self.words.expected.format(self._value(reading.expected, reading))
        if reading.lower is not None and reading.upper is not None:
            band = numbers.quantity_range(
                reading.lower, reading.upper, self.language, is_ratio=reading.is_ratio
            )
            band += self.words.by_share if reading.by_share else ""
            band += self.words.special_day if self.story.special_day else ""
            text += self.words.normal.format(band)
        is_out = reading.value is not None and reading.value != reading.expected
        if self.story.kind is NotificationKind.RESOLVED or reading.value is None or not is_out:
            return text
        return text + self._difference(reading.value - reading.expected, reading)

    def _difference(self, difference: float, reading: Reading) -> str:
        if not reading.is_ratio:
            phrase = self.words.short if difference < 0 else self.words.over
            return phrase.format(numbers.rounded(difference, self.language))
        phrase = self.words.lower if difference < 0 else self.words.higher
        decimals = numbers.decimals_of_ratio(reading.expected or difference)
        return phrase.format(numbers.decimal(abs(difference) * 100, self.language, decimals=decimals))

    def _earlier(self, value: float | None, phrase: str) -> str:
        if value is None:
            return ""
        then = numbers.clock(self.story.window, self.zone)
        return "• " + phrase.format(self._compared(value), then=then)

    def _compared(self, earlier: float) -> str:
        """An earlier value, and how far the current one lies from it."""
        reading = self.story.headline
        text = self._value(earlier, reading)
        if reading.value is None or not earlier:
            return text
        change = (reading.value - earlier) / earlier
        # Tenths of a percent tell nothing where nearly all is gone or the size has doubled.
        decimals = 1 if abs(change) < _TENTHS_BELOW else 0
        return f"{text} ({numbers.signed_percent(change, self.language, decimals=decimals)})"

    def _run(self) -> str:
        story = self.story
        if story.kind is NotificationKind.RESOLVED and story.recovery:
            ended = story.first_bad + story.recovery.lasted
            return self.words.was_bad.format(self._span(story.first_bad, ended))
        lasts = window_end(story.window) - story.first_bad
        phrase = self.words.single_run if story.bad_windows == 1 else self.words.run
        return phrase.format(
            self.words.count_windows(story.bad_windows),
            numbers.duration(lasts, self.language),
            numbers.clock(story.first_bad, self.zone, seen_from=story.window),
        )

    def _summary(self, recovery: Recovery) -> str:
        extreme = self.words.lowest if recovery.worst < 0 else self.words.highest
        parts = [
            self.words.lasted.format(numbers.duration(recovery.lasted, self.language)),
            extreme.format(numbers.signed_percent(recovery.worst, self.language)),
        ]
        if recovery.missed:
            phrase = self.words.shortfall if recovery.missed < 0 else self.words.excess
            parts.append(phrase.format(numbers.rounded(recovery.missed, self.language)))
        return ", ".join(parts).removesuffix(".") + "."

    def _causes(self) -> str:
        causes = [cause for cause in self.story.causes if math.isfinite(cause.change)]
        if not causes:
            return ""
        return "\n".join([f"\n<b>{self.words.causes}</b>", *(f"• {self._cause(cause)}" for cause in causes)])

    def _cause(self, cause: Contribution) -> str:
        reading = self.story.headline
        label = safe(cause.label, limit=_SLICE_LIMIT)
        if reading.is_ratio:
            decimals = numbers.decimals_of_ratio(reading.expected or cause.change)
            size = numbers.decimal(cause.change * 100, self.language, decimals=decimals)
            change = self.words.points.format(size)
        else:
            sign = numbers.MINUS if cause.change < 0 else "+"
            change = f"{sign}{numbers.rounded(cause.change, self.language)}"
        share = _finite(cause.share)
        # Two causes may add up to more than all; of one, more than all is rounding.
        told = "" if share is None else f" ({numbers.percent(min(share, 1.0), self.language)})"
        return f"{label}: {change}{told}"

    def _members(self, most: int) -> str:
        members = self.story.members
        if not members:
            return ""
        lines = [
            f"\n<b>{self.words.members}</b>",
            *(f"• {self._member(member)}" for member in members[:most]),
        ]
        if len(members) > most:
            lines.append("• " + self.words.more_members.format(len(members) - most))
        return "\n".join(lines)

    def _neighbours(self) -> str:
        told = {(member.metric, member.slice_key) for member in self.story.members}
        others = [near for near in self.story.neighbours if (near.metric, near.slice_key) not in told]
        if not others:
            return ""
        near = " · ".join(self._neighbour(reading) for reading in others)
        return f"<b>{self.words.neighbours}</b>: {near}"

    def _member(self, member: Reading) -> str:
        text = f"{safe(member.title, limit=_TITLE_LIMIT)} · {self._label(member)}"
        value = self._value(member.value, member)
        deviation = _finite(member.deviation)
        if deviation is None:
            return f"{text}: {value}"
        return f"{text}: {value} ({numbers.signed_percent(deviation, self.language)})"

    def _neighbour(self, reading: Reading) -> str:
        title = safe(reading.title, limit=_TITLE_LIMIT)
        if reading.value is None:
            return f"{title} ⚪ {self.words.no_value}"
        if not reading.is_bad:
            return f"{title} 🟢"
        deviation = _finite(reading.deviation)
        size = "" if deviation is None else " " + numbers.signed_percent(deviation, self.language)
        return f"{title} 🔴{size}"

    def _value(self, value: float | None, reading: Reading) -> str:
        if value is None or not math.isfinite(value):
            return self.words.no_value
        return numbers.quantity(value, self.language, is_ratio=reading.is_ratio)

    def _label(self, reading: Reading) -> str:
        return safe(reading.slice_label or self._slice_text(reading), limit=_SLICE_LIMIT)

    def _group(self, reading: Reading) -> str:
        return safe(self._slice_text(reading), limit=_SLICE_LIMIT)

    def _slice_text(self, reading: Reading) -> str:
        part = Slice.from_key(reading.slice_key)
        if part.is_total:
            return reading.slice_label or self.words.everybody
        return ", ".join(f"{dimension}={value}" for dimension, value in part.items)

    def _window(self) -> str:
        return self._span(self.story.window, window_end(self.story.window))

    def _span(self, start: datetime, end: datetime) -> str:
        name = numbers.zone_name(end, self.zone, self.language)
        first = numbers.clock(start, self.zone, seen_from=self.story.window)
        last = numbers.clock(end, self.zone)
        return f"{first}{numbers.DASH}{last} {name}"

    def _owner(self) -> str:
        owner = "".join(self.story.owner.split())
        if not owner:
            return ""
        if owner.startswith("tg://user?id="):
            return link(self.words.owner, owner)
        return safe(self.story.owner, limit=_OWNER_LIMIT)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _tag(text: str) -> str:
    """``text`` as Telegram lets it stand in a hashtag: word characters only."""
    kept = "".join(character if character.isascii() and character.isalnum() else "_" for character in text)
    return kept[:_TAG_LIMIT] or "_"
