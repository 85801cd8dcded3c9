from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from vk_alerts.demo.examples import EXAMPLES
from vk_alerts.demo.options import DemoOptions
from vk_alerts.demo.scenario import lay_out
from vk_alerts.demo.scenarios import SCENARIOS
from vk_alerts.errors import ConfigurationError
from vk_alerts.windows import STEP

THURSDAY = datetime(2026, 3, 5, 20, tzinfo=ZoneInfo("Europe/Moscow"))


def laid_out(name="default", now=THURSDAY, **changes):
    given = {"seed": 7, "days": 28, "events_per_day": 100_000, "home": Path("/h"), "out": Path("/o")}
    return lay_out(name, EXAMPLES["social"].plot(name), DemoOptions(**(given | changes)), now)


def test_the_last_windows_are_played_the_day_before_is_backfilled_and_the_rest_is_history():
    scenario = laid_out(days=20)
    assert scenario.end == THURSDAY
    assert scenario.live_start == THURSDAY - 12 * STEP
    assert scenario.backfill_start == THURSDAY - 12 * STEP - timedelta(days=1)
    assert scenario.start == THURSDAY - timedelta(days=20)


def test_the_simulation_is_what_was_asked_for():
    scenario = laid_out(seed=3, events_per_day=10_001)
    simulation = scenario.simulation
    assert (simulation.seed, simulation.feed_per_day, simulation.messages_per_day) == (3, 10_001, 3_000)
    assert (simulation.start, simulation.timezone) == (scenario.start, "Europe/Moscow")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_planted_incidents_lie_in_the_windows_that_are_played(name):
    scenario = laid_out(name)
    assert scenario.planted
    assert all(scenario.live_start < one.start < one.end < scenario.end for one in scenario.planted)


def test_the_default_one_breaks_the_feed_and_then_the_messenger():
    assert [incident.source for incident in laid_out().planted] == ["feed", "messenger"]


def test_a_week_later_the_same_events_are_shifted_by_a_week():
    one, other = (laid_out(now=THURSDAY + timedelta(days=days)) for days in (1, 8))
    week = timedelta(days=7)
    assert (other.start, other.live_start, other.end) == (
        one.start + week,
        one.live_start + week,
        one.end + week,
    )
    assert [i.start for i in other.planted] == [i.start + week for i in one.planted]


def test_within_a_week_it_is_the_same_scenario():
    assert laid_out() == laid_out(now=THURSDAY + timedelta(days=6))


@pytest.mark.parametrize(
    ("minutes", "is_down"), [(4 * 15 + 1, False), (4 * 15 + 2, True), (6 * 15 + 1, True), (6 * 15 + 2, False)]
)
def test_the_pipeline_is_down_from_when_the_first_window_it_misses_is_due(minutes, is_down):
    scenario = laid_out()
    moment = scenario.live_start + timedelta(minutes=minutes)
    assert replace(scenario, plot=replace(scenario.plot, down=(3, 5))).is_down(moment) is is_down
    assert not scenario.is_down(moment)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("feed-outge", "did you mean 'feed-outage' or "),
        ("Default", "did you mean 'default'?"),
        ("xyz", "not known; known: default, os-outage, feed-outage"),
        ("", "not known; known: default, os-outage, feed-outage"),
    ],
)
def test_an_unknown_scenario_is_refused_with_those_that_are_near(name, hint):
    with pytest.raises(ConfigurationError) as caught:
        EXAMPLES["social"].plot(name)
    assert str(caught.value).startswith(f"--scenario {name!r}: ")
    assert hint in str(caught.value)


def test_every_scenario_says_what_it_shows_and_what_must_hold():
    for name, plot in SCENARIOS.items():
        assert name == name.lower()
        assert plot.shows
        assert plot.expectations, name


@pytest.mark.parametrize("name", SCENARIOS)
def test_events_arrive_while_it_is_played_where_that_is_the_plot(name):
    assert laid_out(name).comes_in_order is (name in {"source-stops", "late-rows", "pipeline-outage"})
