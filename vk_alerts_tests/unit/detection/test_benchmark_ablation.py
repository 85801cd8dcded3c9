from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from vk_alerts_tests.benchmarks.detection.ablation import PARTS, Part, ablated, without
from vk_alerts_tests.benchmarks.detection.simulator import simulate_counts
from vk_alerts_tests.benchmarks.detection.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """Ordinary series, one without any chance, which the noise floor is for, and a holiday."""
    world = simulate_counts(series=2, weeks=1, seed=12)
    holiday = (world.start + world.first * world.step + timedelta(days=3)).date()
    return replace(
        world,
        values=np.vstack([world.values, np.rint(world.normal[:1])]),
        holidays=[*world.holidays, holiday],
    )


@pytest.fixture(scope="module")
def whole(world: World) -> np.ndarray:
    return world.scored().score


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_taking_a_part_out_changes_scores_and_putting_it_back_restores_them(
    part: Part, world: World, whole: np.ndarray
) -> None:
    assert not np.array_equal(ablated(part)(world), whole, equal_nan=True)
    np.testing.assert_array_equal(world.scored().score, whole)


def test_a_part_comes_back_after_an_error() -> None:
    from vk_alerts.detection import noise

    before = noise._SLOT_LIMITS
    (part,) = (part for part in PARTS if part.name == "slot noise")

    def fail() -> None:
        with without(part):
            assert noise._SLOT_LIMITS == (1.0, 1.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert before == noise._SLOT_LIMITS
