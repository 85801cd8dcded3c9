"""What a calendar's days do to verdicts: Russia's real ones, on series with habits."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from vk_alerts.detection import HISTORY, score_history
from vk_alerts.metrics.calendar import Calendar, holidays_between

HOUR = timedelta(hours=1)
MOSCOW = timedelta(hours=3)
RUSSIA, NONE = Calendar(), Calendar(country=None)
THRESHOLD = 5.0


def world(day: date, like: int) -> tuple[np.ndarray, datetime]:
    """Hourly counts of four series up to the end of a Moscow day that is lived like another day of the week.

    Weekends have two thirds of the events, and later ones. In the past, holidays were lived like Sundays.
    """
    start = (
        datetime(day.year, day.month, day.day, tzinfo=UTC) - MOSCOW - HISTORY // timedelta(days=1) * 24 * HOUR
    )
    windows = HISTORY // timedelta(days=1) * 24 + 24
    days_off = holidays_between(RUSSIA, day - HISTORY, day - timedelta(days=1))
    rate = np.empty(windows)
    for window in range(windows):
        local = start + window * HOUR + MOSCOW
        weekday = like if local.date() == day else 6 if local.date() in days_off else local.weekday()
        rest = weekday >= 5
        phase = (local.hour - (14 if rest else 12)) / 24
        rate[window] = 900 * (0.67 if rest else 1.0) * (1 + 0.6 * np.cos(2 * np.pi * phase))
    return np.random.default_rng(1).poisson(np.tile(rate, (4, 1))).astype(float), start


def highest(day: date, like: int, calendar: Calendar) -> np.ndarray:
    """The highest score of each series on the day."""
    values, start = world(day, like)
    windows = values.shape[1]
    days = holidays_between(calendar, start.date(), day)
    return (
        score_history(values, start=start, step=HOUR, holidays=days, first=windows - 24).score[:, -24:].max(1)
    )


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2026, 3, 9), id="a Monday off after a Sunday's holiday"),
        pytest.param(date(2025, 11, 3), id="a Monday off for a working Saturday"),
        pytest.param(date(2024, 12, 30), id="a Monday off two days before the year ends"),
        pytest.param(date(2024, 2, 23), id="a Friday's holiday"),
    ],
)
def test_a_day_off_that_is_lived_like_a_sunday_does_not_alarm(day) -> None:
    assert highest(day, 6, RUSSIA).max() < THRESHOLD
    assert highest(day, 6, NONE).min() > 2 * THRESHOLD  # the same Monday without a calendar


@pytest.mark.parametrize("day", [date(2026, 3, 16), date(2025, 11, 17), date(2024, 4, 22)])
def test_an_ordinary_monday_that_is_lived_like_a_sunday_alarms(day) -> None:
    assert day.weekday() == 0
    assert highest(day, 6, RUSSIA).min() > 2 * THRESHOLD


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2025, 11, 3)])
def test_a_holiday_that_nobody_keeps_does_not_alarm(day) -> None:
    assert highest(day, day.weekday(), RUSSIA).max() < THRESHOLD


def test_the_monday_after_a_holiday_monday_is_held_against_ordinary_ones() -> None:
    assert highest(date(2026, 3, 16), 0, RUSSIA).max() < THRESHOLD


def test_the_saturday_after_a_working_one_is_held_against_ordinary_ones() -> None:
    saturday = date(2024, 11, 9)
    values, start = world(saturday, 5)
    working = (date(2024, 11, 2) - (start + MOSCOW).date()).days * 24
    values[:, working : working + 24] *= 1.5
    days = holidays_between(RUSSIA, start.date(), saturday)
    assert date(2024, 11, 2) in days
    found = score_history(values, start=start, step=HOUR, holidays=days, first=values.shape[1] - 24)
    assert found.score[:, -24:].max() < THRESHOLD
