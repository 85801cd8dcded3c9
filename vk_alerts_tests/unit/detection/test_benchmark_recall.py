import pytest

from vk_alerts_tests.benchmarks.detection.methods import QUICK, decided
from vk_alerts_tests.benchmarks.detection.protocol import MONTH, judge
from vk_alerts_tests.benchmarks.detection.simulator import simulate_counts, simulate_ratios
from vk_alerts_tests.benchmarks.detection.slices import simulate_slices


@pytest.mark.parametrize(
    ("simulate", "a_week", "a_month", "at_once"),
    [(simulate_counts, 0.60, 0.52, 0.40), (simulate_ratios, 0.84, 0.78, 0.60)],
)
def test_incidents_are_found_at_few_false_alerts(simulate, a_week, a_month, at_once) -> None:
    world = simulate(series=30, weeks=4, seed=201)
    quality = judge(world.scored().score, world)
    assert quality.at[1.0].recall > a_week
    assert quality.at[MONTH].recall > a_month
    assert quality.at[1.0].at_once > at_once


def test_a_slice_is_judged_better_by_its_share_than_by_its_own_counts() -> None:
    slices = simulate_slices(series=30, weeks=4, seed=201)
    own, share = (judge(world.scored().score, world).at[1.0].recall for world in (slices.own, slices.share))
    assert share > 0.87
    assert share > own + 0.15
    assert judge(decided(slices.own), slices.own).at[1.0].recall > own + 0.15


def test_the_default_detector_is_near_the_oracle_and_far_from_the_simple_ones() -> None:
    world = simulate_counts(series=30, weeks=4, seed=202)
    recall = {name: judge(method(world), world).at[1.0].recall for name, method in QUICK.items()}
    ours, oracle = recall.pop("seasonal"), recall.pop("oracle")
    assert ours > oracle - 0.2
    assert ours > max(recall.values()) + 0.2
