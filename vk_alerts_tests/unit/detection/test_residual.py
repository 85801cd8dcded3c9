import numpy as np
import pytest

from vk_alerts.detection.residual import Counts, Ratios


@pytest.mark.parametrize("level", [5, 50, 500, 50_000])
def test_noise_of_two_percent_and_chance_is_one_at_every_level(level) -> None:
    rng = np.random.default_rng(1)
    values = rng.poisson(level * np.exp(0.02 * rng.standard_normal(40_000))).astype(float)
    assert Counts().residual(values, np.full(values.shape, float(level))).std() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("rate", "trials"), [(0.05, 200), (0.2, 1_000), (0.9, 20)])
def test_shares_vary_by_one_whatever_their_rate_and_trials(rate, trials) -> None:
    rng = np.random.default_rng(1)
    hits = rng.binomial(trials, rate, 40_000) / trials
    scale = Ratios(np.full(hits.shape, float(trials)))
    assert scale.residual(hits, np.full(hits.shape, rate)).std() == pytest.approx(1, abs=0.08)


@pytest.mark.parametrize(
    ("scale", "values", "expected"),
    [
        (Counts(), np.array([[0.0, 3.0, 40_000.0]]), np.array([[2.0, 3.0, 30_000.0]])),
        (Ratios(np.array([[10.0, 500.0, 7.0]])), np.array([[0.0, 0.25, 1.0]]), np.array([[0.1, 0.2, 0.9]])),
    ],
)
def test_metric_units_are_the_inverse_of_residuals(scale, values, expected) -> None:
    np.testing.assert_allclose(scale.metric(expected, scale.residual(values, expected)), values, atol=1e-9)


def test_bands_end_at_the_limits_of_the_metric() -> None:
    few = np.array([[2.0, 2.0]])
    shifts = np.array([[-1e6, 1e6]])
    low, high = Counts().metric(few, shifts)[0]
    assert low == 0
    assert np.isfinite(high)
    np.testing.assert_array_equal(Ratios(few).metric(np.array([[0.5, 0.5]]), shifts), [[0.0, 1.0]])
