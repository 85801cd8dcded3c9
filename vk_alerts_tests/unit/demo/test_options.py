from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from vk_alerts.demo.options import DemoOptions, last_evening
from vk_alerts.errors import ConfigurationError

MOSCOW = ZoneInfo("Europe/Moscow")
THURSDAY = datetime(2026, 3, 5, 20, tzinfo=MOSCOW)


def options(**changes):
    given = {"seed": 7, "days": 28, "events_per_day": 100_000, "home": Path("/h"), "out": Path("/o")}
    return DemoOptions(**(given | changes))


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        pytest.param(THURSDAY, THURSDAY, id="exactly Thursday 20:00"),
        pytest.param(
            THURSDAY - timedelta(microseconds=1), THURSDAY - timedelta(days=7), id="a moment before it"
        ),
        pytest.param(THURSDAY + timedelta(microseconds=1), THURSDAY, id="a moment after it"),
        pytest.param(THURSDAY.replace(hour=0), THURSDAY - timedelta(days=7), id="Thursday morning"),
        pytest.param(THURSDAY.replace(hour=23, minute=59), THURSDAY, id="late on Thursday"),
        pytest.param(THURSDAY + timedelta(days=1), THURSDAY, id="Friday"),
        pytest.param(THURSDAY + timedelta(days=3), THURSDAY, id="Sunday"),
        pytest.param(THURSDAY + timedelta(days=4), THURSDAY, id="Monday"),
        pytest.param(
            THURSDAY + timedelta(days=6, hours=3, minutes=59), THURSDAY, id="just before next Thursday"
        ),
        pytest.param(
            THURSDAY + timedelta(days=7), THURSDAY + timedelta(days=7), id="the next Thursday 20:00"
        ),
        pytest.param(THURSDAY.astimezone(UTC), THURSDAY, id="told in UTC"),
        pytest.param(
            datetime(2026, 3, 6, 6, tzinfo=ZoneInfo("Pacific/Auckland")),
            THURSDAY,
            id="already Friday elsewhere",
        ),
        pytest.param(
            datetime(2026, 3, 6, 5, tzinfo=ZoneInfo("Pacific/Auckland")),
            THURSDAY - timedelta(days=7),
            id="Friday elsewhere, not yet 20:00 in Moscow",
        ),
    ],
)
def test_the_events_end_at_the_last_thursday_evening_of_moscow(now, evening):
    assert last_evening(now) == evening
    assert last_evening(now).tzinfo is UTC


@pytest.mark.parametrize(
    "changes", [{"days": 16}, {"days": 84}, {"events_per_day": 1_000}, {"events_per_day": 5_000_000}]
)
def test_options_may_lie_at_the_ends_of_their_ranges(changes):
    assert options(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"days": 15}, "--days 15: must lie between 16 and 84"),
        ({"days": 85}, "--days 85: must lie between 16 and 84"),
        ({"days": -1}, "--days -1: must lie between 16 and 84"),
        ({"events_per_day": 999}, "--events-per-day 999: must lie between 1000 and 5000000"),
        ({"events_per_day": 5_000_001}, "--events-per-day 5000001: must lie between 1000 and 5000000"),
    ],
)
def test_options_outside_their_ranges_are_refused_by_name(changes, message):
    with pytest.raises(ConfigurationError) as caught:
        options(**changes)
    assert str(caught.value) == message
