from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from vk_alerts.detection.clock import local_clock, take

HOUR = timedelta(hours=1)


def clock_of(start: datetime, windows: int, zone: str, step: timedelta = HOUR, holidays: tuple = ()):
    return local_clock(start, step, windows=windows, timezone=ZoneInfo(zone), holidays=holidays)


def test_slots_weekdays_and_holidays_follow_local_time() -> None:
    clock = clock_of(datetime(2026, 1, 4, 20, tzinfo=UTC), 3, "Europe/Moscow", holidays=(date(2026, 1, 5),))
    assert clock.slot.tolist() == [23, 0, 1]
    assert clock.weekday.tolist() == [6, 0, 0]
    assert clock.is_holiday.tolist() == [False, True, True]
    assert not clock.follows_holiday.any()


def test_the_morning_after_a_holiday_ends_at_noon() -> None:
    clock = clock_of(datetime(2026, 1, 5, 20, tzinfo=UTC), 14, "Europe/Moscow", holidays=(date(2026, 1, 5),))
    assert clock.follows_holiday.tolist() == [False, *[True] * 12, False]


@pytest.mark.parametrize(
    ("start", "slots"),
    [
        (datetime(2026, 3, 29, 0, tzinfo=UTC), [1, 3, 4]),
        (datetime(2026, 10, 25, 0, tzinfo=UTC), [2, 2, 3]),
    ],
)
def test_clock_changes_skip_or_repeat_an_hour(start, slots) -> None:
    assert clock_of(start, 3, "Europe/Berlin").slot.tolist() == slots


def test_a_local_time_that_came_twice_is_its_first_window_and_one_that_never_came_is_none() -> None:
    autumn = clock_of(datetime(2026, 10, 25, 0, tzinfo=UTC), 3, "Europe/Berlin")
    assert autumn.find(autumn.wall).tolist() == [0, 0, 2]
    spring = clock_of(datetime(2026, 3, 29, 0, tzinfo=UTC), 3, "Europe/Berlin")
    assert spring.find(spring.wall[0] + np.arange(-1, 5)).tolist() == [-1, 0, -1, 1, 2, -1]


def test_offsets_agree_with_zoneinfo_in_every_window_of_a_year() -> None:
    start, zone = datetime(2026, 1, 1, 0, 30, tzinfo=UTC), ZoneInfo("America/New_York")
    clock = clock_of(start, 366 * 24, "America/New_York")
    local = [(start + i * HOUR).astimezone(zone) for i in range(366 * 24)]
    assert clock.slot.tolist() == [moment.hour for moment in local]


def test_adjacent_columns_are_a_view_and_absent_ones_are_nan() -> None:
    series = np.arange(8.0).reshape(2, 4)
    assert np.shares_memory(take(series, np.array([1, 2, 3])), series)
    np.testing.assert_array_equal(take(series, np.array([3, -1])), [[3, np.nan], [7, np.nan]])
    assert take(series, np.array([], dtype=np.int64)).shape == (2, 0)
