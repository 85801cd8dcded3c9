from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from vk_alerts.clickhouse.grid import Points, assemble_grid, grid_start
from vk_alerts.windows import STEP

START = datetime(2026, 3, 5, 11, tzinfo=UTC)
NAN = np.nan


def at(number):
    return START + number * STEP


def grid(*series, windows=4, committed=None, empty=()):
    """A grid of series, each a name and its points: window → (numerator, denominator)."""
    return grid_of([(START, at(windows))], *series, committed=committed, empty=empty)


def grid_of(ranges, *series, committed=None, empty=()):
    total = (ranges[-1][1] - START) // STEP
    return assemble_grid(
        ranges,
        series=[name for name, _ in series],
        numerators=points_of([{n: point[0] for n, point in points.items()} for _, points in series]),
        denominators=points_of(
            [{n: point[1] for n, point in points.items() if point[1] != 1} for _, points in series]
        ),
        committed=moments(range(total) if committed is None else committed),
        empty=moments(empty),
    )


def points_of(series):
    return Points(
        lengths=np.array([len(points) for points in series], dtype=np.int64),
        steps=np.array([n for points in series for n in points], dtype=np.int64),
        values=np.array([value for points in series for value in points.values()], dtype=np.float64),
    )


def moments(numbers):
    return np.array([int(at(n).timestamp()) for n in numbers], dtype=np.int64)


LIKES, CTR = ("likes", "all"), ("ctr", "os=iOS")


def test_a_grid_has_a_row_per_series_and_a_column_per_window():
    made = grid((LIKES, {0: (5, 1), 3: (7, 1)}), (CTR, {1: (2, 8)}))
    assert (made.metrics, made.slices, made.windows, made.start) == (
        ("likes", "ctr"),
        ("all", "os=iOS"),
        4,
        START,
    )
    np.testing.assert_array_equal(made.numerators, [[5, NAN, NAN, 7], [NAN, 2, NAN, NAN]])
    np.testing.assert_array_equal(made.denominators, [[1, NAN, NAN, 1], [NAN, 8, NAN, NAN]])
    assert made.numerators.dtype == np.float64


def test_series_may_lack_windows_or_all_of_them():
    made = grid((LIKES, {}), (CTR, {0: (1, 2), 1: (1, 2), 2: (1, 2)}), (("views", "all"), {3: (9, 1)}))
    np.testing.assert_array_equal(made.numerators, [[NAN] * 4, [1, 1, 1, NAN], [NAN, NAN, NAN, 9]])
    np.testing.assert_array_equal(made.denominators, [[NAN] * 4, [2, 2, 2, NAN], [NAN, NAN, NAN, 1]])


def test_a_grid_of_ranges_has_their_windows_only():
    ranges = [(START, at(2)), (at(5), at(7))]
    made = grid_of(ranges, (LIKES, {0: (1, 1), 5: (2, 1), 6: (3, 1)}), (CTR, {1: (1, 4), 6: (1, 5)}))
    np.testing.assert_array_equal(made.numerators, [[1, NAN, 2, 3], [NAN, 1, NAN, 1]])
    np.testing.assert_array_equal(made.denominators, [[1, NAN, 1, 1], [NAN, 4, NAN, 5]])
    assert [made.start_of(column) for column in range(made.windows)] == [at(0), at(1), at(5), at(6)]
    assert [made.column_of(at(n)) for n in (0, 1, 5, 6)] == [0, 1, 2, 3]


def test_the_order_of_points_within_a_series_does_not_matter():
    made = grid((LIKES, {3: (7, 1), 0: (5, 1)}), (CTR, {2: (1, 9), 1: (2, 8)}))
    np.testing.assert_array_equal(made.numerators, [[5, NAN, NAN, 7], [NAN, 2, 1, NAN]])
    np.testing.assert_array_equal(made.denominators, [[1, NAN, NAN, 1], [NAN, 8, 9, NAN]])


def test_without_series_a_grid_still_knows_its_windows():
    made = grid(committed=[0, 1], empty=[1])
    assert (made.numerators.shape, made.denominators.shape, made.windows) == ((0, 4), (0, 4), 4)
    assert made.is_committed.tolist() == [True, True, False, False]
    assert made.has_events.tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("committed", "empty", "is_committed", "has_events"),
    [
        ([], [], [0, 0, 0, 0], [0, 0, 0, 0]),
        ([0, 3], [], [1, 0, 0, 1], [1, 0, 0, 1]),
        ([0, 3], [3], [1, 0, 0, 1], [1, 0, 0, 0]),
        ([0, 1, 2, 3], [0, 1, 2, 3], [1, 1, 1, 1], [0, 0, 0, 0]),
    ],
)
def test_a_window_has_events_when_it_is_committed_and_not_empty(committed, empty, is_committed, has_events):
    made = grid((LIKES, {}), committed=committed, empty=empty)
    assert made.is_committed.astype(int).tolist() == is_committed
    assert made.has_events.astype(int).tolist() == has_events


def test_a_count_without_a_row_is_zero_where_the_source_had_events_and_unknown_elsewhere():
    made = grid((LIKES, {0: (5, 1)}), (("likes", "os=iOS"), {}), committed=[0, 1, 2], empty=[2])
    np.testing.assert_array_equal(made.counts([0]), [[5, 0, NAN, NAN]])
    np.testing.assert_array_equal(made.counts([1, 0]), [[0, 0, NAN, NAN], [5, 0, NAN, NAN]])


def test_counts_leave_the_grid_as_it_was():
    made = grid((LIKES, {0: (5, 1)}))
    made.counts([0])[:] = -1
    np.testing.assert_array_equal(made.numerators, [[5, NAN, NAN, NAN]])


def test_a_ratio_without_anything_to_divide_by_is_unknown():
    made = grid((LIKES, {}), (CTR, {0: (2, 8), 1: (0, 1), 2: (0, 0), 3: (3, 0)}), windows=5)
    values, trials = made.ratios([1])
    np.testing.assert_array_equal(values, [[0.25, 0, NAN, NAN, NAN]])
    np.testing.assert_array_equal(trials, [[8, 1, 0, 0, NAN]])


def test_no_rows_give_no_values():
    made = grid((LIKES, {}))
    assert made.counts([]).shape == (0, 4)
    assert [part.shape for part in made.ratios([])] == [(0, 4), (0, 4)]


@pytest.mark.parametrize("column", [0, 1, 3])
def test_columns_and_windows_name_each_other(column):
    made = grid((LIKES, {}))
    assert made.start_of(column) == at(column)
    assert made.column_of(at(column)) == column


@pytest.mark.parametrize(
    ("past", "start"),
    [
        (timedelta(0), START),
        (timedelta(minutes=14), START),
        (timedelta(minutes=15), START - STEP),
        (timedelta(minutes=29), START - STEP),
        (timedelta(days=28), START - timedelta(days=28)),
    ],
)
def test_a_grid_reaches_whole_windows_back(past, start):
    assert grid_start(START, past) == start
