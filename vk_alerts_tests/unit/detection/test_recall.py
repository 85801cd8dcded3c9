import pytest

from vk_alerts.detection import score_history
from vk_alerts_tests.benchmarks.detection_events import recall_at
from vk_alerts_tests.benchmarks.detection_simulator import (
    PAST,
    PER_DAY,
    START,
    Incident,
    simulate_counts,
    simulate_ratios,
)


@pytest.mark.parametrize(
    ("simulate", "a_week", "a_month", "at_once"),
    [(simulate_counts, 0.70, 0.62, 0.52), (simulate_ratios, 0.82, 0.78, 0.62)],
)
def test_incidents_are_found_at_few_false_alerts(simulate, a_week, a_month, at_once) -> None:
    world = simulate(series=30, windows=PAST + 4 * 7 * PER_DAY, seed=201)
    scores = score_history(world.values, start=START, trials=world.trials, first=PAST).score
    how = {"incidents": world.incidents, "first": PAST, "per_hour": 4}
    week = recall_at(scores, false_alerts_a_week=1.0, **how)
    assert week.found > a_week
    assert week.at_once > at_once
    assert recall_at(scores, false_alerts_a_week=12 / 52, **how).found > a_month


def test_false_alerts_within_an_hour_are_one_and_the_hour_after_an_incident_is_none() -> None:
    world = simulate_counts(series=1, windows=7 * PER_DAY, seed=1)
    score = world.values * 0.0
    score[0, [100, 102, 104, 300, 410]] = [5, 5, 5, 4, 9]
    score[0, 400] = 7
    incidents = [Incident(0, 398, 408, "drop")]
    how = {"first": 0, "per_hour": 4}
    assert recall_at(score, incidents, false_alerts_a_week=1.0, **how).threshold == pytest.approx(4, abs=1e-6)
    assert recall_at(score, incidents, false_alerts_a_week=1.0, **how).found == 1
    assert recall_at(score, incidents, false_alerts_a_week=1.0, **how).at_once == 0
    assert recall_at(score, incidents, false_alerts_a_week=0.5, **how).threshold == pytest.approx(5, abs=1e-6)
