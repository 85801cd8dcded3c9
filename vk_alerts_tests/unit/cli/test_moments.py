"""Times as people type them."""

from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.cli.moments import duration, moment
from vk_alerts.errors import ConfigurationError

NOW = datetime(2026, 1, 29, 12, 7, tzinfo=UTC)  # 15:07 in Moscow
ZONE = "Europe/Moscow"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1d 12h", timedelta(hours=36)),
        ("1D12H", timedelta(hours=36)),
        ("1w", timedelta(weeks=1)),
        ("366d", timedelta(days=366)),
    ],
)
def test_a_length_of_time_has_units(text: str, length: timedelta) -> None:
    assert duration("--for", text) == length


@pytest.mark.parametrize("text", ["", "2", "h", "2x", "0m", "-2h", "2h!", "367d", "99999w"])
def test_what_is_no_length_of_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--for .*: not a length of time; examples: 30m"):
        duration("--for", text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-02-01 09:00", "2026-02-01T06:00:00+00:00"),
        ("2026-02-01T09:00", "2026-02-01T06:00:00+00:00"),
        ("2026-02-01", "2026-01-31T21:00:00+00:00"),
        ("2026-02-01T09:00+00:00", "2026-02-01T09:00:00+00:00"),
        ("9:05", "2026-01-29T06:05:00+00:00"),
        ("morning", "2026-01-30T06:00:00+00:00"),
        ("утра", "2026-01-30T06:00:00+00:00"),
        ("now", "2026-01-29T12:07:00+00:00"),
    ],
)
def test_a_moment_is_of_the_display_zone_unless_it_says_another(text: str, utc: str) -> None:
    assert moment("--until", text, zone=ZONE, now=NOW).astimezone(UTC).isoformat() == utc


def test_morning_before_nine_is_today() -> None:
    early = datetime(2026, 1, 29, 5, 59, tzinfo=UTC)
    assert moment("--until", "morning", zone=ZONE, now=early) == datetime(2026, 1, 29, 6, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-02-30 09:00", "9", "01.02.2026"])
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--until .*: not a moment; examples: "):
        moment("--until", text, zone=ZONE, now=NOW)
