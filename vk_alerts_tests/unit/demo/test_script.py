from dataclasses import replace
from datetime import timedelta

import pytest

from vk_alerts.demo.script import script_of
from vk_alerts.pipeline.filling import ALLOWED_LATENESS
from vk_alerts.simulator import Incident
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.demo.test_scenario import laid_out

SCENARIO = laid_out()
LIVE = SCENARIO.live_start


def numbers(windows):
    return [(window - LIVE) // STEP for window in windows]


def with_down(down):
    return replace(SCENARIO, plot=replace(SCENARIO.plot, down=down))


def test_every_window_is_asked_for_when_it_is_due():
    ticks = script_of(SCENARIO)
    assert [numbers(tick.windows) for tick in ticks] == [[number] for number in range(12)]
    assert [tick.now for tick in ticks] == [LIVE + (n + 1) * STEP + ALLOWED_LATENESS for n in range(12)]
    assert not any(tick.late for tick in ticks)


@pytest.mark.parametrize(
    ("down", "asked"),
    [
        ((2, 3), [[0], [1], [3, 2], [4], [5]]),
        ((1, 4), [[0], [4, 3, 2, 1], [5]]),
        ((0, 5), [[5, 4, 3, 2, 1, 0]]),
        # More than the schedule asks for at once: the rest a minute later.
        ((1, 10), [[0], [10, 9, 8, 7, 6, 5, 4, 3], [2, 1], [11]]),
    ],
)
def test_after_an_outage_what_is_missing_is_asked_for_newest_first(down, asked):
    ticks = script_of(with_down(down))
    assert [numbers(tick.windows) for tick in ticks][: len(asked)] == asked
    assert sorted(number for tick in ticks for number in numbers(tick.windows)) == list(range(12))


def test_what_an_outage_leaves_for_the_next_tick_is_asked_for_a_minute_later():
    ticks = script_of(with_down((1, 10)))
    assert ticks[2].now - ticks[1].now == timedelta(minutes=1)


def held_back(late):
    return Incident(
        "messenger", None, (), 0.5, LIVE + 3 * STEP, LIVE + 5 * STEP, "messages", "all", late=late
    )


def with_incidents(*incidents, down=None):
    simulation = replace(SCENARIO.simulation, incidents=incidents)
    return replace(with_down(down), simulation=simulation)


@pytest.mark.parametrize(
    "late", [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=40)], ids=lambda late: str(late)
)
def test_late_rows_have_a_tick_of_their_own_when_they_arrive(late):
    ticks = [tick for tick in script_of(with_incidents(held_back(late))) if tick.late]
    assert [(numbers(tick.late), tick.windows) for tick in ticks] == [([3], ()), ([4], ())]
    assert [tick.now for tick in ticks] == [LIVE + n * STEP + late for n in (4, 5)]


def test_late_rows_that_come_when_a_window_is_due_are_there_before_it_is_asked_for():
    ticks = [tick for tick in script_of(with_incidents(held_back(ALLOWED_LATENESS))) if tick.late]
    assert [(numbers(tick.late), numbers(tick.windows)) for tick in ticks] == [([3], [3]), ([4], [4])]


def test_late_rows_that_come_while_the_pipeline_is_down_are_there_when_it_is_back():
    ticks = script_of(with_incidents(held_back(timedelta(minutes=5)), down=(3, 6)))
    (tick,) = [tick for tick in ticks if tick.late]
    assert (numbers(tick.late), numbers(tick.windows)) == ([3, 4], [6, 5, 4, 3])
