from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from vk_alerts.demo.options import LIVE_WINDOWS, DemoOptions, last_evening, scenario_for
from vk_alerts.errors import ConfigurationError
from vk_alerts.windows import STEP

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


def test_the_last_windows_are_played_the_day_before_is_backfilled_and_the_rest_is_history():
    scenario = scenario_for(options(days=20), THURSDAY)
    assert scenario.end == THURSDAY
    assert scenario.live_start == THURSDAY - LIVE_WINDOWS * STEP
    assert scenario.backfill_start == THURSDAY - LIVE_WINDOWS * STEP - timedelta(days=1)
    assert scenario.start == THURSDAY - timedelta(days=20)


def test_the_simulation_is_what_was_asked_for():
    scenario = scenario_for(options(seed=3, events_per_day=10_001), THURSDAY)
    simulation = scenario.simulation
    assert (simulation.seed, simulation.feed_per_day, simulation.messages_per_day) == (3, 10_001, 3_000)
    assert (simulation.start, simulation.timezone) == (scenario.start, "Europe/Moscow")


def test_the_planted_incidents_lie_in_the_windows_that_are_played():
    scenario = scenario_for(options(), THURSDAY)
    assert [incident.source for incident in scenario.planted] == ["feed", "messenger"]
    assert all(scenario.live_start < i.start < i.end < scenario.end for i in scenario.planted)


def test_a_week_later_the_same_events_are_shifted_by_a_week():
    one, other = (scenario_for(options(), THURSDAY + timedelta(days=days)) for days in (1, 8))
    week = timedelta(days=7)
    assert (other.start, other.live_start, other.end) == (
        one.start + week,
        one.live_start + week,
        one.end + week,
    )
    assert [i.start for i in other.planted] == [i.start + week for i in one.planted]


def test_within_a_week_it_is_the_same_scenario():
    assert scenario_for(options(), THURSDAY) == scenario_for(options(), THURSDAY + timedelta(days=6))
