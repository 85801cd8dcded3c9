"""What people write → the command and the series they mean; without Telegram or a database."""

from datetime import UTC, datetime

import pytest

from vk_alerts.bot.commands import Command, CommandName, read_command, read_hours
from vk_alerts.bot.muting import morning_after
from vk_alerts.bot.series import UnknownMetricError, UnknownSliceError, read_series
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import Metric

SLICES = ["age=18-24", "all", "os=Android", "os=Android,source=ads", "os=iOS"]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/status", Command(CommandName.STATUS, (), False)),
        (" /Mute@Our_Bot likes 2 ", Command(CommandName.MUTE, ("likes", "2"), True)),
        ("/why likes\nos=Android", Command(CommandName.WHY, ("likes", "os=Android"), False)),
        ("/nonsense x", Command(None, ("x",), False)),
        ("/status@other_bot", None),
        ("status", None),
        ("/", None),
        ("", None),
    ],
)
def test_commands(text: str, command: Command | None) -> None:
    assert read_command(text, "our_bot") == command


@pytest.mark.parametrize(
    ("words", "rest", "hours"),
    [
        ("likes 2", "likes", 2.0),
        ("likes os=Android 1,5 ч", "likes os=Android", 1.5),
        ("likes 3h", "likes", 3.0),
        ("likes 18-24", "likes 18-24", None),
        ("likes", "likes", None),
        ("", "", None),
    ],
)
def test_hours_stand_at_the_end(words: str, rest: str, hours: float | None) -> None:
    assert read_hours(tuple(words.split())) == (tuple(rest.split()), hours)


def known(_metric: Metric) -> list[str]:
    return SLICES


@pytest.mark.parametrize(
    ("text", "metric", "slice_key"),
    [
        ("likes", "likes", None),
        ("Лайки все", "likes", "all"),
        ("Messages sent total", "messages", "all"),
        ("пользователи ленты Android", "feed_users", "os=Android"),
        ("likes os=Android", "likes", "os=Android"),
        ("likes source=ads,os=Android", "likes", "os=Android,source=ads"),
        ("likes ads · android", "likes", "os=Android,source=ads"),
        ("likes 18-24", "likes", "age=18-24"),
        # What was never measured may be silenced before it is.
        ("likes os=Aurora", "likes", "os=Aurora"),
    ],
)
def test_series(text: str, metric: str, slice_key: str | None) -> None:
    asked = read_series(text.split(), load_catalog(None), known)
    assert (asked.metric.name, asked.slice_key) == (metric, slice_key)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("", UnknownMetricError, "feed_users, views, likes"),
        ("dislikes os=Android", UnknownMetricError, "feed_users, views, likes"),
        ("likes Aurora", UnknownSliceError, "Aurora: age=18-24, os=Android"),
        ("likes planet=Mars", UnknownSliceError, "planet=Mars: os, gender, age"),
        ("likes os=", UnknownSliceError, "os="),
    ],
)
def test_what_nobody_knows_is_told_with_what_there_is(text: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told.replace("+", r"\+")):
        read_series(text.split(), load_catalog(None), known)


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-01-31T20:00", "2026-02-01T06:00"),
        ("2026-01-31T21:30", "2026-02-01T06:00"),
        ("2026-01-31T04:00", "2026-01-31T06:00"),
        # At 8:30 an hour is heard nothing, not half of one.
        ("2026-01-31T05:30", "2026-01-31T06:30"),
        ("2026-01-31T06:00", "2026-02-01T06:00"),
    ],
)
def test_until_the_morning_is_until_nine_in_the_zone_of_the_people(now: str, morning: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert f"{morning_after(moment, 'Europe/Moscow'):%Y-%m-%dT%H:%M}" == morning
