"""What «false» widens is bounded, ends by itself, and depends on the window alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.alerting.buttons import CALLBACK_BYTES, ButtonAction, press_data, read_press_data
from vk_alerts.alerting.tolerance import FACTOR, LASTS, MOST, Tolerance, widening

WEEK = LASTS.total_seconds()


def pressed(at: float, *, ends: float | None = None) -> Tolerance:
    return Tolerance("likes", "os=Android", FACTOR, at, at + WEEK if ends is None else ends, "@ann", "4f2a")


@pytest.mark.parametrize(("presses", "factor"), [(0, 1.0), (1, 1.25), (2, 1.5625), (3, 1.953125), (4, 2.0)])
def test_each_press_widens_a_quarter_and_all_together_at_most_double(presses: int, factor: float) -> None:
    assert widening([pressed(100)] * presses, 200) == factor


@pytest.mark.parametrize(
    ("window", "factor"), [(99.9, 1.0), (100.0, FACTOR), (100 + WEEK - 0.1, FACTOR), (100 + WEEK, 1.0)]
)
def test_it_holds_for_windows_that_start_within_a_week_of_the_press(window: float, factor: float) -> None:
    assert widening([pressed(100)], window) == factor


@given(presses=st.lists(st.floats(0, 1e6), max_size=20), window=st.floats(0, 2e6), gap=st.floats(1, 1e6))
def test_what_is_pressed_or_taken_back_later_never_changes_a_window_of_before(
    presses: list[float], window: float, gap: float
) -> None:
    known = [pressed(at) for at in presses]
    later = window + gap
    taken_back = [pressed(one.starts, ends=min(one.ends, max(later, one.starts))) for one in known]
    before = widening(known, window)
    assert 1.0 <= before <= MOST
    assert widening(taken_back, window) == before
    assert widening([*known, pressed(later)], window) == before


@pytest.mark.parametrize("action", ButtonAction)
def test_a_press_comes_back_as_what_was_put_into_the_button(action: ButtonAction) -> None:
    data = press_data(action, "0123456789abcdef")
    assert len(data.encode()) <= CALLBACK_BYTES
    assert read_press_data(data) == (action, "0123456789abcdef")


@pytest.mark.parametrize(
    "data", ["", "take", "take:", "take:a b", "drop:4f2a", "take:4f2a:x", "take:" + "a" * 17]
)
def test_what_is_no_button_of_ours_is_nothing(data: str) -> None:
    assert read_press_data(data) is None
