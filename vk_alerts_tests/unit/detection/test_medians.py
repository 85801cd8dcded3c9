import numpy as np
import pytest

from vk_alerts.detection.medians import median_of_few, median_size, sorting_network


def with_holes(shape: tuple[int, ...], *, seed: int, share: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=shape).round(1)
    return np.where(rng.random(shape) < share, np.nan, rows)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_medians_of_a_few_arrays_leave_nan_out(size) -> None:
    rows = with_holes((50, size), seed=size)
    rows[:, 0] = 1.0
    few, known = median_of_few(list(rows.T.copy()))
    np.testing.assert_array_equal(few, np.nanmedian(rows, axis=1))
    count = (~np.isnan(rows)).sum(axis=1)
    np.testing.assert_array_equal(size if known is None else known, count)


@pytest.mark.parametrize("size", [1, 2, 5, 6, 7, 8, 1344])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_medians_of_sizes_leave_signs_and_nan_out(size, share) -> None:
    rows = with_holes((50, size), seed=size, share=share).astype(np.float32)
    rows[:, 0] = -1.0
    rows[1, :] = np.inf
    rows[2, :] = -np.nan
    rows[2, -1] = 0.0
    median, known = median_size(rows.copy())
    np.testing.assert_array_equal(median, np.nanmedian(np.abs(rows).astype(np.float64), axis=1))
    np.testing.assert_array_equal(known, (~np.isnan(rows)).sum(axis=1))


def test_the_median_of_nothing_is_nan_and_no_warning() -> None:
    assert np.isnan(median_size(np.full((2, 3), np.nan, dtype=np.float32))[0]).all()
    assert np.isnan(median_size(np.empty((2, 0), dtype=np.float32))[0]).all()
    median, known = median_of_few([np.full(2, np.nan) for _ in range(6)])
    assert np.isnan(median).all()
    assert known is not None
    assert (known == 0).all()


@pytest.mark.parametrize("size", range(1, 11))
def test_the_network_sorts_every_row_of_zeros_and_ones(size) -> None:
    rows = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
    for i, j in sorting_network(size):
        rows[:, i], rows[:, j] = np.minimum(rows[:, i], rows[:, j]), np.maximum(rows[:, i], rows[:, j])
    assert (np.diff(rows, axis=1) >= 0).all()
