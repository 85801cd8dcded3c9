"""Messages of different kinds with their charts: made-up days, consistent in every number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from vk_alerts.alerting.story import (
    Contribution,
    Event,
    Language,
    NotificationKind,
    Outage,
    Passed,
    Reading,
    Recovery,
    Storm,
    Story,
)
from vk_alerts.charts import Chart, ChartInput, OutageChart, StormChart
from vk_alerts.windows import STEP

WINDOW = datetime(2026, 1, 31, 11, 15, tzinfo=UTC)
_WINDOWS = 96
_SEED = 7
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """A message and its chart; None = it goes out as text."""

    story: Story
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class Words:
    """The names of things in one language."""

    language: Language
    everybody: str
    titles: dict[str, str] = field(default_factory=dict)
    release: str = ""
    mailing: str = ""


RUSSIAN = Words(
    Language.RUSSIAN,
    "все пользователи",
    {
        "likes": "Лайки",
        "views": "Просмотры",
        "ctr": "CTR",
        "feed_users": "Пользователи ленты",
        "messages": "Отправленные сообщения",
        "messenger_users": "Пользователи мессенджера",
    },
    "релиз Android 8.42",
    "рассылка «весна»",
)
ENGLISH = Words(
    Language.ENGLISH,
    "all users",
    {
        "likes": "Likes",
        "views": "Views",
        "ctr": "CTR",
        "feed_users": "Feed users",
        "messages": "Messages sent",
        "messenger_users": "Messenger users",
    },
    "release Android 8.42",
    "mailing “spring”",
)


def day(words: Words, metric: str, slice_label: str, *, level: float, factors: list[float]) -> ChartInput:
    """A day whose last windows are ``factors`` of what was expected; noise as of that many events."""
    rng = np.random.default_rng(_SEED)
    times = np.datetime64(WINDOW.replace(tzinfo=None), "s") - np.arange(_WINDOWS)[::-1] * np.timedelta64(
        900, "s"
    )
    hours = times.astype(np.int64) / 3600 + 3
    wave = 1 + 0.55 * np.sin((hours - 10) / 24 * 2 * np.pi) + 0.12 * np.sin((hours - 3) / 12 * 2 * np.pi)
    expected = level * wave
    noise = 0.006 if level <= 1 else float(np.clip(level**-0.5, 0.012, 0.2))

    def seen(scale: float) -> np.ndarray:
        return expected * scale * (1 + rng.normal(0, noise, _WINDOWS))

    value = seen(1.0)
    value[_WINDOWS - len(factors) :] *= factors
    spread = expected * noise * 4.5
    score = np.abs(value - expected) / (expected * noise)
    bad = score >= 5
    off = np.flatnonzero(bad)
    start = None if not off.size else WINDOW - int(_WINDOWS - 1 - off[0]) * STEP
    if level > 20:
        value, expected = np.round(value), np.round(expected)
    return ChartInput(
        title=words.titles[metric],
        subtitle=slice_label,
        is_ratio=level <= 1,
        times=times,
        value=value,
        expected=expected,
        lower=np.maximum(expected - spread, 0),
        upper=expected + spread,
        score=score,
        yesterday=seen(1.02),
        week_ago=seen(0.95),
        threshold=5.0,
        bad=bad,
        incident_start=start,
        language=words.language,
    )


def reading(chart: ChartInput, metric: str, slice_key: str) -> Reading:
    """The last window of a day."""
    return Reading(
        metric=metric,
        title=chart.title,
        slice_key=slice_key,
        slice_label=chart.subtitle,
        is_ratio=chart.is_ratio,
        value=float(chart.value[-1]),
        expected=float(chart.expected[-1]),
        lower=float(chart.lower[-1]),
        upper=float(chart.upper[-1]),
        score=float(chart.score[-1]),
        is_bad=bool(chart.bad[-1]),
    )


def told(
    words: Words, kind: NotificationKind, chart: ChartInput, metric: str, slice_key: str, **more: object
) -> Scene:
    """A story of a day's last window, and the day with what the story says."""
    bad = int(chart.bad.sum())
    usual = Story(
        kind=kind,
        short_id="4F2A",
        window=WINDOW,
        first_bad=chart.incident_start or WINDOW,
        bad_windows=max(bad, 1),
        headline=reading(chart, metric, slice_key),
        yesterday=float(chart.yesterday[-1]),
        week_ago=float(chart.week_ago[-1]),
        members=(),
        neighbours=(),
        chart_url="https://bi.example.com/chart",
        dashboard_url="https://bi.example.com/dashboard",
        partition_url="https://dagster.example.com/partition",
        owner="@likes_owner",
    )
    story = replace(usual, **more)  # type: ignore[arg-type]
    return Scene(
        story, replace(chart, causes=story.causes, events=story.events, explained_by=story.explained_by)
    )


def calm(
    words: Words, metric: str, slice_label: str, slice_key: str, level: float, factor: float = 1.0
) -> Reading:
    """Another series in the same window."""
    return reading(day(words, metric, slice_label, level=level, factors=[factor]), metric, slice_key)


def scenes(words: Words) -> Iterator[tuple[str, Scene]]:
    """Scenes of every kind of message, by name."""
    for name, make in _SCENES.items():
        yield name, make(words)


def _android(words: Words) -> Scene:
    chart = day(words, "likes", "Android", level=9_000, factors=[0.7, 0.69])
    missing = float(chart.value[-1] - chart.expected[-1])
    return told(
        words,
        NotificationKind.OPEN,
        chart,
        "likes",
        "os=Android",
        neighbours=_around_android(words),
        causes=(
            Contribution("Android · Russia", missing * 0.77, 0.77),
            Contribution("Android · Kazakhstan", missing * 0.16, 0.16),
        ),
        events=(
            Event(WINDOW - timedelta(minutes=23), words.release),
            Event(WINDOW - 2 * _HOUR, words.mailing),
        ),
    )


def _around_android(words: Words) -> tuple[Reading, ...]:
    return (
        calm(words, "views", "Android", "os=Android", 60_000),
        calm(words, "ctr", "Android", "os=Android", 0.17, 0.7),
        calm(words, "feed_users", "Android", "os=Android", 5_000),
        calm(words, "likes", "iOS", "os=iOS", 6_000),
    )


def _rise(words: Words) -> Scene:
    chart = day(words, "messages", words.everybody, level=21_000, factors=[2.2])
    users = calm(words, "messenger_users", words.everybody, "all", 4_000)
    return told(
        words,
        NotificationKind.OPEN,
        chart,
        "messages",
        "all",
        is_hard=True,
        neighbours=(users,),
        causes=(Contribution("ads", float(chart.value[-1] - chart.expected[-1]) * 0.97, 0.97),),
        owner="@messenger_oncall",
    )


def _ratio(words: Words) -> Scene:
    chart = day(words, "ctr", words.everybody, level=0.17, factors=[0.74, 0.71, 0.7])
    views = calm(words, "views", words.everybody, "all", 70_000, 1.42)
    likes = calm(words, "likes", words.everybody, "all", 12_000)
    return told(
        words,
        NotificationKind.OPEN,
        chart,
        "ctr",
        "all",
        neighbours=(views, likes),
        explained_by=(views.title, float(views.deviation or 0.0)),
    )


def _tiny(words: Words) -> Scene:
    chart = day(words, "likes", "iOS · ads", level=14, factors=[0.0, 0.0, 0.0])
    return told(words, NotificationKind.OPEN, chart, "likes", "os=iOS,source=ads")


def _worse(words: Words) -> Scene:
    first = _android(words)
    chart = day(words, "likes", "Android", level=9_000, factors=[0.7, 0.69, 0.6, 0.5, 0.42])
    missing = float(chart.value[-1] - chart.expected[-1])
    return told(
        words,
        NotificationKind.WORSE,
        chart,
        "likes",
        "os=Android",
        neighbours=first.story.neighbours,
        causes=(Contribution("Android", missing * 0.98, 0.98),),
        events=(Event(WINDOW - timedelta(minutes=83), words.release),),
        last_told=-0.31,
        taken_by="@ivan",
    )


def _remind(words: Words) -> Scene:
    chart = day(words, "feed_users", words.everybody, level=5_000, factors=[0.8] * 5)
    return told(
        words,
        NotificationKind.REMIND,
        chart,
        "feed_users",
        "all",
        members=(calm(words, "views", words.everybody, "all", 70_000, 0.8),),
        owner="@feed_oncall",
    )


def _resolved(words: Words) -> Scene:
    chart = day(words, "likes", "Android", level=9_000, factors=[0.7, 0.66, 0.68, 0.72, 0.8, 0.97, 0.99, 1.0])
    off = np.flatnonzero(chart.bad)
    lasted = int(off[-1] - off[0] + 1) * STEP
    lost = float((chart.value - chart.expected)[chart.bad].sum())
    scene = told(
        words,
        NotificationKind.RESOLVED,
        chart,
        "likes",
        "os=Android",
        neighbours=tuple(near for near in _around_android(words) if not near.is_bad),
        recovery=Recovery(lasted, -0.34, lost),
    )
    assert isinstance(scene.chart, ChartInput)
    end = scene.story.first_bad + lasted
    return Scene(scene.story, replace(scene.chart, incident_end=end))


def _flapping(words: Words) -> Scene:
    chart = day(
        words,
        "likes",
        "Android",
        level=9_000,
        factors=[0.7, 0.7, 1, 1, 1, 1, 0.68, 0.7, 1, 1, 1, 1, 0.7, 0.69],
    )
    return told(words, NotificationKind.FLAPPING, chart, "likes", "os=Android", openings=3)


def _stopped(words: Words) -> Scene:
    usual = day(words, "feed_users", words.everybody, level=90_000, factors=[0.13, 0, 0])
    last = WINDOW - timedelta(minutes=28)
    outage = Outage("feed_actions", last, is_late=False)
    nothing = {"value": None, "expected": None, "lower": None, "upper": None, "score": None, "is_bad": False}
    waiting = tuple(
        replace(calm(words, name, words.everybody, "all", 100), **nothing)
        for name in ("views", "likes", "ctr")
    )
    scene = told(
        words,
        NotificationKind.NODATA,
        usual,
        "feed_users",
        "all",
        outage=outage,
        neighbours=waiting,
        owner="@feed_oncall",
    )
    chart = OutageChart(
        "feed_actions", usual.times, usual.value, usual.week_ago, last, language=words.language
    )
    return Scene(replace(scene.story, headline=replace(scene.story.headline, **nothing)), chart)


def _storm(words: Words) -> Scene:
    chart = day(words, "views", words.everybody, level=70_000, factors=[0.6, 0.55])
    metrics = tuple(
        (words.titles[name], size) for name, size in (("likes", 34), ("views", 33), ("feed_users", 29))
    )
    events = (Event(WINDOW - timedelta(minutes=40), words.release),)
    crossed = np.random.default_rng(_SEED).poisson(1.2, _WINDOWS).astype(float)
    crossed[-2:] = (88, 96)
    members = (
        calm(words, "likes", words.everybody, "all", 12_000, 0.5),
        calm(words, "feed_users", words.everybody, "all", 5_000, 0.62),
    )
    scene = told(
        words,
        NotificationKind.OPEN,
        chart,
        "views",
        "all",
        storm=Storm(96, 144, metrics),
        members=members,
        events=events,
        owner="@feed_oncall @likes_owner",
    )
    picture = StormChart(96, 144, metrics, chart.times, crossed, WINDOW - STEP, events, words.language)
    return Scene(scene.story, picture)


def _correction(words: Words) -> Scene:
    chart = day(words, "likes", "Android", level=9_000, factors=[0.98])
    scene = told(
        words, NotificationKind.CORRECTION, chart, "likes", "os=Android", last_told=-0.31, is_corrected=True
    )
    assert isinstance(scene.chart, ChartInput)
    return Scene(scene.story, replace(scene.chart, incident_start=None))


def _summary(words: Words) -> Scene:
    chart = day(words, "likes", "Android", level=9_000, factors=[0.7])
    likes, views = words.titles["likes"], words.titles["views"]
    passed = (
        Passed(
            "91C0", likes, "Android", WINDOW - 2 * _HOUR, Recovery(timedelta(minutes=45), -0.34, None), -0.34
        ),
        Passed(
            "0B7E", views, words.everybody, WINDOW - _HOUR, Recovery(timedelta(minutes=30), 0.21, None), 0.21
        ),
        Passed("4F2A", likes, "iOS", WINDOW - STEP, None, -0.4),
    )
    return Scene(told(words, NotificationKind.SUMMARY, chart, "likes", "all", passed=passed).story, None)


_SCENES: dict[str, Callable[[Words], Scene]] = {
    "01-drop-in-a-slice": _android,
    "02-rise-at-once": _rise,
    "03-ratio-explained": _ratio,
    "04-tiny-counts": _tiny,
    "05-worse": _worse,
    "06-reminder": _remind,
    "07-recovered": _resolved,
    "08-flapping": _flapping,
    "09-no-data": _stopped,
    "10-storm": _storm,
    "11-correction": _correction,
    "12-summary": _summary,
}
