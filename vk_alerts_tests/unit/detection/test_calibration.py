"""Thresholds that follow from a budget, on scores as chance makes them."""

import numpy as np
import pytest

from vk_alerts.detection.calibration import FLOOR, HIGHEST, LOWEST, Budget, calibrate
from vk_alerts.detection.opening import Exceedances
from vk_alerts.detection.spans import Spans
from vk_alerts_tests.unit.detection.chance import (
    PER_DAY,
    PER_WEEK,
    alike,
    chance,
    joined,
    messages,
    outage,
)

SERIES, WEEKS = 400, 8
WINDOWS = WEEKS * PER_WEEK
ONE_EACH = Budget(totals=1.0, slices=1.0)


def thresholds(found: Exceedances, population=None, *, budget: Budget = ONE_EACH, **how) -> np.ndarray:
    population = alike(SERIES) if population is None else population
    return calibrate(found, population, windows=WINDOWS, budget=budget, **how).threshold


@pytest.mark.parametrize("a_week", [0.5, 1.0, 4.0])
def test_as_many_messages_come_as_the_budget_says(a_week):
    budget = Budget(totals=1.0, slices=a_week)
    population = alike(SERIES)
    told = [
        messages(chance(seed + 50, SERIES), population, thresholds(chance(seed, SERIES), budget=budget))
        for seed in range(6)
    ]
    assert np.mean(told) / WEEKS == pytest.approx(a_week, rel=0.3)


def test_the_threshold_is_where_the_tail_has_it():
    (found,) = calibrate(chance(1, SERIES), alike(SERIES), windows=WINDOWS, budget=ONE_EACH).classes
    assert found.threshold == pytest.approx(FLOOR + np.log(SERIES) / 3, abs=0.25)
    assert found.tail.slope == pytest.approx(3.0, rel=0.15)
    assert (found.series, found.label) == (SERIES, "slices, count, seasonal, 300-1000 events")
    assert found.expected_a_week == pytest.approx(1.0)


def test_few_totals_are_watched_more_closely_than_many_slices():
    population = alike(SERIES, totals=40)
    found = thresholds(chance(2, SERIES), population)
    assert found[:40].max() < found[40:].min() - 0.4


def test_a_class_with_a_heavier_tail_gets_a_higher_threshold_and_its_part_of_the_budget():
    kind = np.where(np.arange(SERIES) < 200, "count", "ratio")
    quiet, loud = chance(3, 200, slope=4.0), chance(4, 200, slope=2.0)
    loud = Exceedances(loud.series + 200, loud.window, loud.score)
    done = calibrate(joined(quiet, loud), alike(SERIES, kind=kind), windows=WINDOWS, budget=ONE_EACH)
    counts, ratios = done.classes
    assert ratios.threshold > counts.threshold + 1.0
    assert counts.expected_a_week == pytest.approx(0.5)
    assert ratios.expected_a_week == pytest.approx(0.5)


def test_series_that_move_together_are_one_message_and_cost_no_more():
    alone = chance(5, 40, weeks=WEEKS, rate=4.0)
    # Ten series of one source do what the first of them does.
    copies = [Exceedances(alone.series + 40 * copy, alone.window, alone.score) for copy in range(10)]
    population = alike(SERIES, source=np.arange(SERIES) % 40 % 2)
    together = thresholds(joined(*copies), population)
    apart = thresholds(chance(6, SERIES, rate=4.0))
    assert together.mean() < apart.mean() - 0.4


def outages(count: int, *, seed: int = 9, size: int = 8) -> Exceedances:
    rng = np.random.default_rng(seed)
    return joined(
        *(
            outage(
                rng.choice(SERIES // 2, size, replace=False) * 2,
                begin=int(rng.integers(0, WINDOWS - 40)),
                windows=int(rng.integers(3, 30)),
                score=-rng.uniform(5, 40, size),
            )
            for _ in range(count)
        )
    )


def test_true_incidents_do_not_raise_thresholds_even_if_nobody_knew_of_them():
    clean = thresholds(chance(7, SERIES))
    spoilt = thresholds(joined(outages(24), chance(7, SERIES)))
    assert spoilt.mean() == pytest.approx(clean.mean(), abs=0.2)


def test_known_incidents_are_left_out_to_their_end():
    rng = np.random.default_rng(11)
    begins = rng.integers(0, WINDOWS - 200, 40)
    # Each begins plainly, then goes on for a day among what chance could have done.
    plain = [outage(np.array([row]), begin=at, windows=2) for row, at in enumerate(begins)]
    drag = [
        outage(np.array([row]), begin=at + 12 * step, windows=2, score=-4.8)
        for row, at in enumerate(begins)
        for step in range(1, 8)
    ]
    known = Spans(np.arange(40), begins, begins + 90)
    found = joined(*plain, *drag, chance(7, SERIES))
    clean = thresholds(chance(7, SERIES)).mean()
    assert thresholds(found, incidents=known).mean() == pytest.approx(clean, abs=0.15)
    # The day after an obvious incident is left out anyway; the rest has to be known.
    longer = [
        outage(np.array([row]), begin=at + 100 + 12 * step, windows=2, score=-4.8)
        for row, at in enumerate(begins)
        for step in range(8)
    ]
    known = Spans(np.arange(40), begins, begins + 190)
    found = joined(found, *longer)
    assert thresholds(found, incidents=known).mean() == pytest.approx(clean, abs=0.15)
    assert thresholds(found).mean() > clean + 0.3


def test_false_alerts_that_are_known_as_incidents_do_not_lower_thresholds():
    found = chance(8, SERIES)
    before = thresholds(found)
    over = np.abs(found.score) >= before[found.series]
    known = Spans(found.series[over], found.window[over], found.window[over])
    assert over.sum() > 8
    assert thresholds(found, incidents=known).mean() == pytest.approx(before.mean(), abs=0.02)


def test_a_series_that_is_restless_by_itself_gets_its_own_threshold():
    rng = np.random.default_rng(12)
    days = np.sort(rng.choice(WEEKS * 7, 20, replace=False))
    bursts = joined(*(outage(np.array([3]), begin=day * PER_DAY + 40, windows=3, score=9.0) for day in days))
    found = thresholds(joined(bursts, chance(13, SERIES)))
    assert found[3] == pytest.approx(9.0)
    assert np.delete(found, 3).max() < 6.0


def test_a_series_with_a_wider_body_is_divided_by_its_factor():
    peak = np.full(SERIES, 3.0)
    peak[0] = 12.0
    found = thresholds(chance(14, SERIES), alike(SERIES, daily_peak=peak))
    assert found[0] == pytest.approx(2 * found[1])


@pytest.mark.parametrize(
    ("series", "weeks"),
    [pytest.param(10, 2, id="hardly any series and weeks"), pytest.param(0, 8, id="no series")],
)
def test_too_little_past_leaves_the_start_values(series, weeks):
    done = calibrate(
        chance(15, series, weeks=weeks) if series else chance(15, 1, rate=0.0),
        alike(series, weeks=weeks),
        windows=weeks * PER_WEEK,
        budget=ONE_EACH,
    )
    assert done.threshold.tolist() == [5.0] * series
    assert (done.classes, done.label, done.expected_a_week) == ((), ("",) * series, 0)


def test_a_silent_past_leaves_the_start_values():
    assert (thresholds(chance(16, 1, rate=0.0)) == 5.0).all()


def test_a_small_class_borrows_the_tail_of_a_wider_one():
    volume = np.where(np.arange(SERIES) < 5, 50_000.0, 500.0)
    done = calibrate(chance(17, SERIES), alike(SERIES, volume=volume), windows=WINDOWS, budget=ONE_EACH)
    fitted_on = {one.label: one.fitted_on for one in done.classes}
    assert fitted_on["slices, count, seasonal, 5000 and more events"] == "slices, count, seasonal"
    assert done.expected_a_week == pytest.approx(1.0)


def test_detectors_are_never_measured_by_each_other():
    detector = np.where(np.arange(SERIES) < 5, "iqr", "seasonal")
    done = calibrate(chance(18, SERIES), alike(SERIES, detector=detector), windows=WINDOWS, budget=ONE_EACH)
    assert done.threshold[:5].tolist() == [5.0] * 5
    assert done.label[:5] == ("",) * 5


@pytest.mark.parametrize(
    ("slope", "bound"), [(0.3, HIGHEST), (40.0, LOWEST)], ids=["a hopeless tail", "next to no tail"]
)
def test_thresholds_stay_within_their_bounds(slope, bound):
    assert (thresholds(chance(19, SERIES, slope=slope)) == bound).all()


def test_what_bounds_leave_of_the_budget_is_told():
    done = calibrate(chance(20, SERIES, slope=40.0), alike(SERIES), windows=WINDOWS, budget=ONE_EACH)
    assert done.expected_a_week < 0.1
