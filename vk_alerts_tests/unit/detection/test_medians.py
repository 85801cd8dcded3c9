import numpy as np
import pytest

from vk_alerts.detection.medians import median_known, median_of_few, sorting_network


def with_holes(shape: tuple[int, ...], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=shape).round(1)
    return np.where(rng.random(shape) < 0.3, np.nan, rows)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_medians_leave_nan_out(size) -> None:
    rows = with_holes((50, size), seed=size)
    rows[:, 0] = 1.0
    wanted = np.nanmedian(rows, axis=1)
    np.testing.assert_array_equal(median_known(rows), wanted)
    few, known = median_of_few(list(rows.T.copy()))
    np.testing.assert_array_equal(few, wanted)
    np.testing.assert_array_equal(known, (~np.isnan(rows)).sum(axis=1))


def test_the_median_of_nothing_is_nan_and_no_warning() -> None:
    assert np.isnan(median_known(np.full((2, 3), np.nan))).all()
    assert np.isnan(median_known(np.empty((2, 0)))).all()
    assert np.isnan(median_of_few([np.full(2, np.nan) for _ in range(6)])[0]).all()


@pytest.mark.parametrize("size", range(1, 11))
def test_the_network_sorts_every_row_of_zeros_and_ones(size) -> None:
    rows = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
    for i, j in sorting_network(size):
        rows[:, i], rows[:, j] = np.minimum(rows[:, i], rows[:, j]), np.maximum(rows[:, i], rows[:, j])
    assert (np.diff(rows, axis=1) >= 0).all()
