import numpy as np
import pytest

from vk_alerts.detection.tracker import Tracked, Tracker

PER_DAY = 96
NEVER = np.array(False)


def after(surprises: np.ndarray, *, bursts: float = 1.0) -> Tracked:
    """What is known of the next window, after windows with these residuals and nothing slow to follow."""
    tracker = Tracker(np.full(1, 1e-9), np.full(1, bursts), keep=0.95, per_day=PER_DAY)
    for residual in surprises:
        tracker.step(np.full(1, residual), np.ones(1), NEVER)
    return tracker.step(np.zeros(1), np.ones(1), NEVER)


def chance(windows: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(windows)


def test_after_an_ordinary_day_noise_is_what_two_weeks_say() -> None:
    assert np.median([after(chance(2 * PER_DAY, seed=seed)).unrest.item() for seed in range(20)]) == 1.0


@pytest.mark.parametrize(("times", "least", "most"), [(1.5, 1.1, 1.4), (2.0, 1.3, 1.5), (9.0, 1.5, 1.5)])
def test_a_restless_day_makes_the_next_window_less_of_a_surprise_up_to_a_limit(times, least, most) -> None:
    assert least <= after(times * chance(2 * PER_DAY)).unrest.item() <= most


def test_an_incident_of_an_hour_does_not_hide_the_next_one() -> None:
    assert after(np.r_[np.zeros(PER_DAY), np.full(4, 50.0)]).unrest.item() == 1.0


def test_a_restless_day_is_forgotten_after_some_quiet_ones() -> None:
    assert after(np.r_[9.0 * chance(PER_DAY), np.zeros(3 * PER_DAY)]).unrest.item() == 1.0


def test_surprises_of_a_bursty_series_are_no_unrest() -> None:
    assert after(2.0 * chance(2 * PER_DAY), bursts=2.0).unrest.item() == 1.0


def test_missing_windows_leave_the_unrest_as_it_is() -> None:
    day = 2.0 * chance(2 * PER_DAY)
    assert after(np.r_[day, np.full(PER_DAY, np.nan)]).unrest == after(day).unrest > 1.0


def test_one_that_goes_on_where_another_left_off_says_the_same() -> None:
    day = 2.0 * chance(PER_DAY)
    first, whole = (
        Tracker(np.ones(1), np.ones(1), keep=0.95, per_day=PER_DAY),
        Tracker(np.ones(1), np.ones(1), keep=0.95, per_day=PER_DAY),
    )
    for residual in day:
        first.step(np.full(1, residual), np.ones(1), NEVER)
        whole.step(np.full(1, residual), np.ones(1), NEVER)
    second = Tracker(np.ones(1), np.ones(1), keep=0.95, per_day=PER_DAY)
    second.resume(*first.left_off)
    one, two = (tracker.step(np.ones(1), np.ones(1), NEVER) for tracker in (second, whole))
    assert (one.predicted, one.spread, one.unrest) == (two.predicted, two.spread, two.unrest)
