import numpy as np
import pytest

from vk_alerts.detection.bursts import burst_factor, day_tails

DAYS, SLOTS = 14, 96


def deviations(*, bursty: bool, seed: int = 0, rows: int = 50) -> np.ndarray:
    rng = np.random.default_rng(seed)
    size = (rows, DAYS, SLOTS)
    drawn = rng.standard_t(1.5, size) if bursty else rng.standard_normal(size)
    return drawn.astype(np.float32)


def factor(residuals: np.ndarray, sigma: float = 1.0) -> np.ndarray:
    tails = day_tails(residuals.copy())[:, None]
    return burst_factor(tails, np.full((len(residuals), 1), sigma), per_day=SLOTS)[:, 0]


def test_where_all_is_chance_scores_stay_nearly_as_they_are() -> None:
    assert np.median(factor(deviations(bursty=False))) == pytest.approx(1.0, abs=0.08)


def test_scores_of_bursty_series_shrink() -> None:
    assert np.median(factor(deviations(bursty=True))) > 1.8


def test_an_incident_of_some_hours_leaves_the_factor_nearly_alone() -> None:
    usual = deviations(bursty=False)
    hit = usual.copy()
    hit[:, 5, 40:64] = 30.0
    hit[:, 11, 10:20] = -30.0
    assert factor(hit) / factor(usual) == pytest.approx(1.0, abs=0.1)


def test_it_does_not_depend_on_the_unit() -> None:
    residuals = deviations(bursty=True)
    np.testing.assert_allclose(factor(4 * residuals, sigma=4.0), factor(residuals), rtol=1e-6)


def test_days_with_gaps_count_by_what_is_known_and_emptier_ones_not_at_all() -> None:
    residuals = deviations(bursty=True)
    residuals[:, 3, : SLOTS // 2 + 1] = np.nan
    tails = day_tails(residuals.copy())
    assert np.isnan(tails[:, 3]).all()
    assert not np.isnan(np.delete(tails, 3, axis=1)).any()


def test_where_nothing_is_known_nothing_is_divided() -> None:
    unknown = np.full((2, DAYS, SLOTS), np.nan, dtype=np.float32)
    assert factor(unknown).tolist() == [1.0, 1.0]
    assert factor(deviations(bursty=True, rows=2), sigma=np.nan).tolist() == [1.0, 1.0]
    assert factor(np.zeros((1, DAYS, SLOTS), dtype=np.float32), sigma=1e-6).tolist() == [1.0]
