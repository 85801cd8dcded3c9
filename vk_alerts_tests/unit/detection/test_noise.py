import numpy as np
import pytest

from vk_alerts.detection.fortnights import Fortnights
from vk_alerts.detection.noise import Noise, forgetting, measure_noise

DAYS, PER_DAY = 14, 96


def measured(rows: np.ndarray) -> Noise:
    fortnights = Fortnights(columns=slice(0, DAYS * PER_DAY), lanes=1, per_day=PER_DAY)
    return measure_noise(rows, np.full(rows.shape, 1e-9), fortnights)


def wandering(series: int, *, slow: float, white: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    keep = forgetting(PER_DAY)
    path = np.empty((series, DAYS * PER_DAY))
    state = rng.standard_normal(series)
    for i in range(path.shape[1]):
        state = keep * state + np.sqrt(1 - keep**2) * rng.standard_normal(series)
        path[:, i] = np.sqrt(slow) * state + np.sqrt(white) * rng.standard_normal(series)
    return path


@pytest.mark.parametrize(("slow", "white"), [(0.0, 1.0), (1.0, 1.0), (4.0, 1.0), (9.0, 0.5)])
def test_slow_and_white_noise_are_told_apart(slow, white) -> None:
    noise = measured(wandering(40, slow=slow, white=white))
    assert np.median(noise.slow) == pytest.approx(slow, rel=0.25, abs=0.15)
    assert np.median(noise.white) == pytest.approx(white, rel=0.3)


def test_a_restless_time_of_day_gets_a_larger_factor() -> None:
    rows = wandering(20, slow=0.0, white=1.0).reshape(20, DAYS, PER_DAY)
    rows[:, :, 32:48] *= 2.0
    noise = measured(rows.reshape(20, -1))
    factor = np.sqrt(noise.slot_white[:, 0] / noise.white)
    assert factor[:, 40].mean() == pytest.approx(1.8, abs=0.25)
    assert factor[:, 80].mean() == pytest.approx(1.0, abs=0.15)


def test_too_few_residuals_give_no_noise() -> None:
    rows = wandering(1, slow=0.0, white=1.0)
    rows[:, 5 * PER_DAY - 1 :] = np.nan
    assert np.isnan(measured(rows).slow).all()


def test_silence_is_noise_of_almost_nothing() -> None:
    noise = measured(np.zeros((1, DAYS * PER_DAY)))
    assert noise.slow[0, 0] < 1e-9
    np.testing.assert_array_equal(noise.groups, 1.0)
