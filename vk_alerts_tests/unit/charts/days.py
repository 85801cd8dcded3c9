"""Days of a series to draw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from vk_alerts.alerting.story import Language
from vk_alerts.charts import ChartInput

END = datetime(2026, 1, 31, 11, 15, tzinfo=UTC)


def day(windows: int = 96, *, level: float = 12_000, factor: float = 0.66, bad: int = 4) -> ChartInput:
    """A day with its usual wave; the last ``bad`` windows are ``factor`` of it."""
    times = np.datetime64("2026-01-31T11:15:00", "s") - np.arange(windows)[::-1] * np.timedelta64(900, "s")
    hours = times.astype(np.int64) / 3600 + 3
    expected = level * (1 + 0.5 * np.sin((hours - 9) / 24 * 2 * np.pi))
    noise = 1 + 0.02 * np.sin(np.arange(windows) * 7.3)
    value = expected * noise
    is_bad = np.arange(windows) >= windows - bad
    value[is_bad] *= factor
    return ChartInput(
        title="Лайки",
        subtitle="Android",
        is_ratio=level <= 1,
        times=times,
        value=value,
        expected=expected,
        lower=expected * 0.9,
        upper=expected * 1.1,
        score=np.abs(value - expected) / (expected * 0.03),
        yesterday=expected * noise[::-1],
        week_ago=expected * 0.97,
        threshold=5.0,
        bad=is_bad,
        incident_start=END - timedelta(minutes=15 * (bad - 1)) if bad else None,
        language=Language.RUSSIAN,
    )


def days() -> dict[str, ChartInput]:
    """One day of each sort."""
    usual = day()
    nothing = np.full(96, np.nan)
    zeros = np.zeros(96)
    gaps = usual.value.copy()
    gaps[30:40] = gaps[60] = gaps[62] = np.nan
    blind = replace(usual, value=np.where(np.arange(96) > 92, np.nan, usual.value))
    first = day(1, bad=0)
    one = np.full(1, np.nan)
    return {
        "drop": usual,
        "rise": day(factor=1.8),
        "ratio": day(level=0.2, factor=0.8),
        "tiny counts": day(level=3),
        "millions": replace(day(level=9e6), language=Language.ENGLISH, zone="America/New_York"),
        "down to zero": day(factor=0),
        "gaps": replace(usual, value=gaps, week_ago=nothing),
        "no current value": blind,
        "all day long": day(bad=96),
        "recovered": replace(usual, value=usual.expected * 0.98, bad=np.arange(96) % 95 > 80),
        "one point": replace(
            first, expected=one, lower=one, upper=one, score=one, yesterday=one, week_ago=one
        ),
        "nothing known": replace(
            usual,
            value=nothing,
            expected=nothing,
            lower=nothing,
            upper=nothing,
            score=nothing,
            yesterday=nothing,
            week_ago=nothing,
            threshold=float("nan"),
            bad=np.zeros(96, np.bool_),
            incident_start=None,
        ),
        "only zeros": replace(usual, value=zeros, expected=zeros, lower=zeros, upper=zeros),
        "names from outside": replace(
            usual,
            title="$a_b$ 🔥 \\frac{" + "Очень длинное название " * 9,
            subtitle="os=$x^2$ 漢字\n\x00" * 20,
        ),
        "two days": day(192),
    }
