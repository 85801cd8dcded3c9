"""Stretches of windows that are not learned from."""

import numpy as np
import pytest

from vk_alerts.detection.spans import Spans


def spans(*rows: tuple[int, int, int]) -> Spans:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Spans(table[:, 0], table[:, 1], table[:, 2])


OVERLAPPING = spans((1, 10, 20), (0, 5, 5), (1, 0, 2), (1, 15, 30), (1, 16, 18))


@pytest.mark.parametrize(
    ("owner", "window", "held"),
    [
        (0, 4, False),
        (0, 5, True),
        (0, 6, False),
        (1, 2, True),
        (1, 3, False),
        (1, 9, False),
        (1, 10, True),
        (1, 25, True),
        (1, 30, True),
        (1, 31, False),
        (2, 10, False),
    ],
)
def test_both_ends_belong_to_a_span_and_owners_are_apart(owner, window, held):
    assert OVERLAPPING.hold(np.array([owner]), np.array([window])).tolist() == [held]


def test_windows_in_several_spans_are_counted_once():
    assert OVERLAPPING.windows_of(3).tolist() == [1, 3 + 21, 0]


def test_a_longer_span_ends_with_the_period():
    longer = spans((0, 5, 6), (0, 8, 9)).lengthened(3, end=11)
    assert longer.last.tolist() == [9, 10]


def test_the_spans_that_hold_some_window_are_found():
    found = OVERLAPPING.holding(np.array([1, 0]), np.array([19, 6]))
    assert list(zip(found.owner, found.first, found.last, strict=True)) == [(1, 10, 20), (1, 15, 30)]


def test_no_spans_hold_nothing():
    none = Spans.none()
    assert not none.hold(np.array([0]), np.array([0])).any()
    assert none.windows_of(2).tolist() == [0, 0]
    assert len(none.joined(spans((0, 1, 2))).owner) == 1
    assert len(none.holding(np.array([0]), np.array([0])).owner) == 0
