"""Numbers, times and lengths of time as people write them in Russian and English."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vk_alerts.alerting.story import Language

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
DASH = "\u2013"

_COMPACT_FROM = 10_000.0
_UNREADABLE_FROM = 1e15
_SIGNIFICANT_DIGITS = 3
_MOST_DECIMALS = 6
_UNITS = {
    Language.RUSSIAN: {1e9: "млрд", 1e6: "млн", 1e3: "тыс."},
    Language.ENGLISH: {1e9: "B", 1e6: "M", 1e3: "K"},
}
_STEPS = tuple(digit * scale for scale in (1, 10, 100, 1000) for digit in (1, 2, 3, 5, 7, 9))
# Below this share the float noise of (value - expected) / expected could make "more than" untrue.
_NOISE = 1e-9
_ZONE_NAMES = {("Europe/Moscow", Language.RUSSIAN): "МСК"}


def decimal(value: float, language: Language, *, decimals: int = 0) -> str:
    """``value`` with the language's groups and decimal mark: ``8 412,5``, ``8,412.5``; a real minus.

    Groups are parted by a narrow no-break space in Russian. What rounds to zero carries no sign. From 10¹⁵
    on, where no metric is, ``1e+15``.
    """
    if abs(value) >= _UNREADABLE_FROM:
        return f"{value:.2g}".replace("-", MINUS)
    text = f"{abs(value):,.{decimals}f}"
    if language is Language.RUSSIAN:
        text = text.replace(",", NARROW_SPACE).replace(".", ",")
    is_negative = value < 0 and any(character in "123456789" for character in text)
    return MINUS + text if is_negative else text


def quantity(value: float, language: Language, *, is_ratio: bool, unit: str = "") -> str:
    """A count (``8 412``, below ten ``2,4``) or, for a ratio in [0, 1], percent (``21,3 %``).

    What is measured in a unit has three significant digits, and all of those before the decimal mark:
    ``0,182 с``, ``12 345 ₽``.
    """
    if is_ratio:
        return percent(value, language, decimals=decimals_of_ratio(value))
    if unit:
        return f"{measured(value, language)}{NO_BREAK_SPACE}{unit}"
    is_small = abs(value) < 9.95 and not math.isclose(value, round(value), abs_tol=0.05)
    return decimal(value, language, decimals=1 if is_small else 0)


def measured(value: float, language: Language) -> str:
    """A quantity without its unit: ``0,182``, ``12 345``."""
    # A hundredth of it is the same number of digits as in percent.
    decimals = 0 if value == round(value) else decimals_of_ratio(value / 100)
    return decimal(value, language, decimals=decimals)


def decimals_of_ratio(ratio: float) -> int:
    """How many decimals a ratio's percent needs for three significant digits: 1 for 0.213, 2 for 0.0213."""
    shown = abs(ratio) * 100
    if shown == 0 or not math.isfinite(shown):
        return 0
    magnitude = math.floor(math.log10(shown))
    return min(max(_SIGNIFICANT_DIGITS - 1 - magnitude, 0), _MOST_DECIMALS)


def percent(share: float, language: Language, *, decimals: int = 0) -> str:
    """A share as percent: ``31 %`` in Russian, ``31%`` in English.

    What is not quite the whole gets the decimals it needs not to look like it: ``99,7 %``.
    """
    while decimals < _MOST_DECIMALS and abs(share) < 1 and round(abs(share) * 100, decimals) >= 100:
        decimals += 1
    return decimal(share * 100, language, decimals=decimals) + percent_sign(language)


def percent_sign(language: Language) -> str:
    """The percent sign with the space that the language puts before it."""
    return f"{NO_BREAK_SPACE}%" if language is Language.RUSSIAN else "%"


def signed_percent(share: float, language: Language, *, decimals: int = 0) -> str:
    """A share as percent with its sign: ``+12 %``, ``−31 %``, ``0 %``."""
    text = percent(share, language, decimals=decimals)
    is_zero = not any(character in "123456789" for character in text)
    return text if is_zero or text.startswith(MINUS) else f"+{text}"


def quantity_range(low: float, high: float, language: Language, *, is_ratio: bool, unit: str = "") -> str:
    """Two values with a dash between: ``11 020–13 360``, ``20,1–22,4 %``, ``289–557 мс``."""
    if unit and not is_ratio:
        return f"{measured(low, language)}{DASH}{quantity(high, language, is_ratio=False, unit=unit)}"
    if not is_ratio:
        return f"{quantity(low, language, is_ratio=False)}{DASH}{quantity(high, language, is_ratio=False)}"
    decimals = decimals_of_ratio(high)
    return (
        f"{decimal(low * 100, language, decimals=decimals)}{DASH}{percent(high, language, decimals=decimals)}"
    )


def rounded(value: float, language: Language, *, unit: str = "") -> str:
    """About how much, unsigned: three significant digits below ten thousand (``3 780``), then ``14 тыс.``."""
    size = abs(value)
    if unit:
        text = compact(size, language) if size >= _COMPACT_FROM else measured(float(f"{size:.3g}"), language)
        return f"{text}{NO_BREAK_SPACE}{unit}"
    if size < _COMPACT_FROM:
        if size >= 100:
            size = float(f"{size:.2e}")
        return quantity(size, language, is_ratio=False)
    return compact(size, language)


def compact(value: float, language: Language) -> str:
    """At most three digits and a word: ``14 тыс.``, ``1,4 млн``, ``14K``; below a thousand as it is."""
    factor = unit_factor(value)
    if factor == 1:
        return quantity(value, language, is_ratio=False)
    scaled = abs(value) / factor
    is_whole = scaled >= 9.95 or abs(scaled - round(scaled)) < 0.05
    return in_unit(value, language, factor=factor, decimals=0 if is_whole else 1)


def unit_factor(value: float) -> float:
    """What the unit for numbers of this size stands for: 1e9, 1e6, 1e3 or 1."""
    # 999 950 is told as one million, never as "1000 thousand".
    return next((factor for factor in _UNITS[Language.ENGLISH] if abs(value) >= factor * 0.9995), 1.0)


def in_unit(value: float, language: Language, *, factor: float, decimals: int) -> str:
    """``value`` told in thousands (1e3), millions (1e6) or billions (1e9): ``12,5 тыс.``; 1 = as it is."""
    if value == 0:
        return "0"
    text = decimal(value / factor, language, decimals=decimals)
    if factor == 1:
        return text
    space = NO_BREAK_SPACE if language is Language.RUSSIAN else ""
    return text + space + _UNITS[language][factor]


def exceeded_step(deviation: float) -> int | None:
    """The largest of 1, 2, 3, 5, 7, 9, 10, 20, 30, 50, 70, 90, 100 … 9000 percent that ``deviation`` exceeds.

    Args:
        deviation: a share of the expected value, signed.

    Returns:
        Whole percent, so that "more than X%" is true; None when the deviation does not exceed 1 %.
    """
    size = abs(deviation) * 100 * (1 - _NOISE)
    return max((step for step in _STEPS if step < size), default=None)


def step_above(deviation: float) -> int | None:
    """The smallest of the same steps that ``deviation`` does not exceed; None beyond 9000 %."""
    size = abs(deviation) * 100
    return next((step for step in _STEPS if step >= size), None)


def minutes(length: timedelta) -> int:
    """Whole minutes, rounded; 0 for what is shorter or negative."""
    return max(0, round(length.total_seconds() / 60))


def duration(length: timedelta, language: Language) -> str:
    """``1 ч 15 мин``, ``2 d 3 h``: the two largest units, down to minutes."""
    days, rest = divmod(minutes(length), 24 * 60)
    hours, rest = divmod(rest, 60)
    units = ("д", "ч", "мин") if language is Language.RUSSIAN else ("d", "h", "min")
    parts = [
        f"{amount}{NO_BREAK_SPACE}{unit}"
        for amount, unit in zip((days, hours, rest), units, strict=True)
        if amount
    ]
    return NO_BREAK_SPACE.join(parts[:2]) or f"0{NO_BREAK_SPACE}{units[2]}"


def clock(moment: datetime, zone: str, *, seen_from: datetime | None = None) -> str:
    """``14:15`` in ``zone``; with the date (``31.01 23:45``) when ``seen_from`` lies on another local day."""
    local = moment.astimezone(ZoneInfo(zone))
    if seen_from is not None and seen_from.astimezone(ZoneInfo(zone)).date() != local.date():
        return f"{local:%d.%m %H:%M}"
    return f"{local:%H:%M}"


def zone_name(moment: datetime, zone: str, language: Language) -> str:
    """``МСК``, ``CET``, or ``UTC+05`` for zones whose abbreviation is only a number."""
    named = _ZONE_NAMES.get((zone, language))
    if named:
        return named
    abbreviation = moment.astimezone(ZoneInfo(zone)).tzname() or "UTC"
    return f"UTC{abbreviation}" if abbreviation[0] in "+-" else abbreviation


def plural(amount: int, forms: tuple[str, str, str]) -> str:
    """The Russian form for ``amount``: one of (1 интервал, 2 интервала, 5 интервалов)."""
    tens, units = amount % 100, amount % 10
    if 11 <= tens <= 14 or units == 0 or units >= 5:
        return forms[2]
    return forms[0] if units == 1 else forms[1]
