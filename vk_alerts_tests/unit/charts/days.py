"""Days of a series to draw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from vk_alerts.alerting.story import Contribution, Event, Language
from vk_alerts.charts import Chart, ChartInput, OutageChart, StormChart

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


EVENTS = (
    Event(END - timedelta(minutes=83), "релиз Android 8.42"),
    Event(END - timedelta(minutes=150), "рассылка $весна$ 🔥 и ещё много слов о ней"),
)
CAUSES = (
    Contribution("Android · Russia", -4_410.0, 0.74),
    Contribution("Android · Kazakhstan", -1_120.0, 0.19),
    Contribution("iOS", 230.0, None),
)
LONG = "Очень длинное название & $много$ слов " * 4


def outage(**changes: object) -> OutageChart:
    """A source that stopped almost an hour ago."""
    usual = day()
    events = usual.value * 5
    events[-4:] = (events[-5] * 0.2, 0, 0, 0)
    told = OutageChart(
        table="feed_actions",
        times=usual.times,
        events=events,
        week_ago=usual.week_ago * 5,
        last_event=END - timedelta(minutes=42),
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def storm(**changes: object) -> StormChart:
    """Half of all series, for half an hour."""
    crossed = np.abs(np.sin(np.arange(96) * 12.9)) * 4
    crossed[-3:] = (160, 210, 214)
    metrics = (("Лайки", 80), ("Просмотры", 74), ("CTR", 60))
    told = StormChart(
        series=214,
        of=480,
        metrics=metrics,
        times=day().times,
        crossed=crossed,
        start=END - timedelta(minutes=30),
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def _back() -> np.ndarray:
    events = outage().events.copy()
    events[-1] = events[-5]
    return events


def charts() -> dict[str, Chart]:
    """One chart of each sort: days, causes, sources, storms."""
    nothing = np.full(96, np.nan)
    many = tuple((f"{LONG} {k}", 90 - k) for k in range(9))
    return {
        **days(),
        "causes and events": replace(day(), causes=CAUSES, events=EVENTS),
        "causes of a ratio": replace(
            day(level=0.2, factor=0.8), causes=(Contribution("iOS · ads", -0.042, 1.02),), events=EVENTS[:1]
        ),
        "a denominator that rose": replace(
            day(level=0.2, factor=0.8), explained_by=("Просмотры", 0.42), causes=CAUSES
        ),
        "long names": replace(
            day(),
            causes=tuple(replace(cause, label=LONG) for cause in CAUSES),
            events=(Event(END, LONG),) * 5,
        ),
        "events at the edges": replace(
            day(),
            events=(Event(END - timedelta(hours=23, minutes=30), LONG), Event(END - timedelta(days=3), "no")),
        ),
        "a cause without numbers": replace(
            day(), causes=(Contribution("", float("nan"), None), Contribution("x", 0.0, float("nan")))
        ),
        "a source stopped": outage(),
        "a source is late": outage(noted=EVENTS, language=Language.ENGLISH, zone="Asia/Yekaterinburg"),
        "a source never had events": outage(events=nothing, week_ago=nothing, last_event=None),
        "a source is back": outage(is_over=True, events=_back()),
        "a storm of many metrics": storm(metrics=many, noted=EVENTS, language=Language.ENGLISH),
        "a storm of which nothing is known": storm(metrics=(), crossed=nothing),
    }
