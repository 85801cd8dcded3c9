"""A tick says what a backtest says: one window from little history equals the same window from all of it."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.detection import (
    DETECTORS,
    HISTORY,
    STATE_WIDTH,
    Scores,
    day_start,
    day_state,
    needs_state,
    score_history,
    score_tick,
    tick_ranges,
)
from vk_alerts.errors import DetectionInputError

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
PAST_HOURS = HISTORY // HOUR

Values = tuple[np.ndarray, np.ndarray | None]


def history(windows: int, per_day: int, *, seed: int, is_ratio: bool) -> Values:
    """Six series with gaps: one long, one that is ten days old, one that is four weeks old."""
    rng = np.random.default_rng(seed)
    time = np.arange(windows) / per_day
    habit = (1 + 0.6 * np.sin(2 * np.pi * time)) * (1 + 0.2 * np.sin(2 * np.pi * time / 7))
    values = rng.poisson(300 * np.exp(rng.normal(0, 1, (6, 1))) * habit).astype(np.float64)
    trials = None
    if is_ratio:
        trials = np.where(rng.random(values.shape) < 0.02, 0.0, values)
        successes = rng.binomial(trials.astype(int), 0.2)
        values = successes / np.where(trials > 0, trials, np.nan)
    values[rng.random(values.shape) < 0.02] = np.nan
    values[0, -10 * per_day : -4 * per_day] = np.nan
    values[1, : windows - 10 * per_day] = np.nan
    values[2, : windows - 28 * per_day] = np.nan
    return values, trials


def columns(array: np.ndarray | None, where: np.ndarray | slice) -> np.ndarray | None:
    return None if array is None else array[:, where]


def both_ways(
    window: datetime,
    *,
    step: timedelta,
    zone: str,
    detector: str,
    holidays: tuple[date, ...],
    is_ratio: bool,
    seed: int,
) -> tuple[Scores, Scores]:
    midnight = day_start(window, step=step, timezone=zone)
    start = midnight - HISTORY // step * step
    width = (window - start) // step + 1
    values, trials = history(width, DAY // step, seed=seed, is_ratio=is_ratio)
    how = {"step": step, "timezone": zone, "holidays": holidays}
    full = score_history(values, start=start, trials=trials, detector=detector, first=width - 1, **how)
    past = slice(0, (midnight - start) // step)
    state = None
    if needs_state(detector):
        state = day_state(values[:, past], start=start, trials=columns(trials, past), **how)
    places = np.concatenate(
        [np.arange((a - start) // step, (b - start) // step) for a, b in tick_ranges(window, **how)]
    )
    tick = score_tick(
        values[:, places],
        starts=int(start.timestamp()) + places * int(step.total_seconds()),
        state=state,
        trials=columns(trials, places),
        detector=detector,
        **how,
    )
    return full.columns(slice(-1, None)), tick


def assert_equal(one: Scores, two: Scores) -> None:
    for a, b in zip(one.arrays, two.arrays, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("is_ratio", [False, True])
@pytest.mark.parametrize(
    ("zone", "window"),
    [
        ("Europe/Moscow", datetime(2026, 1, 9, 21, 0, tzinfo=UTC)),  # the first of its local day
        ("Europe/Moscow", datetime(2026, 1, 9, 20, 0, tzinfo=UTC)),  # the last
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # clocks go forward
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 0, tzinfo=UTC)),  # clocks go back
        ("Europe/Berlin", datetime(2026, 11, 2, 12, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 6, 0, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 4, 24, 0, 0, tzinfo=UTC)),  # its midnight lies within an hour
        ("Africa/Cairo", datetime(2026, 4, 24, 0, 0, tzinfo=UTC)),  # there was no midnight
        ("Africa/Cairo", datetime(2026, 10, 29, 21, 0, tzinfo=UTC)),  # there were two
    ],
)
@pytest.mark.parametrize("is_holiday", [False, True])
def test_a_tick_equals_a_range(detector, is_ratio, zone, window, is_holiday) -> None:
    today = window.date()
    holidays = (today - 6 * DAY, today - DAY, today, today + DAY) if is_holiday else ()
    full, tick = both_ways(
        window, step=HOUR, zone=zone, detector=detector, holidays=holidays, is_ratio=is_ratio, seed=1
    )
    assert_equal(full, tick)


@settings(max_examples=30, deadline=None)
@given(
    hours=st.integers(0, 400 * 24),
    step=st.sampled_from([QUARTER, 2 * QUARTER, HOUR, 3 * HOUR]),
    zone=st.sampled_from(
        ["Europe/Moscow", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"]
    ),
    off=st.lists(st.integers(-50, 1), max_size=4),
    is_ratio=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_tick_equals_a_range_whatever_the_window(hours, step, zone, off, is_ratio, seed) -> None:
    window = datetime(2017, 12, 31, tzinfo=UTC) + hours * HOUR // step * step
    holidays = tuple(window.date() + days * DAY for days in off)
    full, tick = both_ways(
        window, step=step, zone=zone, detector="seasonal", holidays=holidays, is_ratio=is_ratio, seed=seed
    )
    assert_equal(full, tick)


@settings(max_examples=100, deadline=None)
@given(
    quarters=st.integers(0, 400 * 96),
    zone=st.sampled_from(["Europe/Moscow", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"]),
    is_holiday=st.booleans(),
)
def test_the_ranges_are_few_ordered_and_end_with_the_window(quarters, zone, is_holiday) -> None:
    window = datetime(2018, 1, 1, tzinfo=UTC) + quarters * QUARTER
    holidays = [window.date() + days * DAY for days in (-1, 0, 1)] if is_holiday else []
    ranges = tick_ranges(window, step=QUARTER, timezone=zone, holidays=holidays)
    edges = [edge for pair in ranges for edge in pair]
    assert edges == sorted(set(edges))
    assert edges[-1] == window + QUARTER
    assert edges[0] >= window - HISTORY
    assert sum(((b - a) for a, b in ranges), timedelta()) <= (27 if is_holiday else 19) * DAY


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"state": None}, r"^state: shape None; must be \(1, \d+\)$"),
        ({"state": np.zeros((2, STATE_WIDTH))}, r"^state: shape \(2, \d+\); must be \(1, \d+\)$"),
        ({"starts": np.arange(3)}, r"^starts: 3 of them; values have 200 windows$"),
        ({"starts": 900 * np.arange(200)[::-1]}, r"^starts: must ascend in steps of 0:15:00$"),
        ({"starts": 901 * np.arange(200)}, r"^starts: must ascend in steps of 0:15:00$"),
        ({"detector": "magic"}, r"^detector 'magic': unknown; known: seasonal, iqr, day_ago$"),
        ({"timezone": "Mars"}, r"^timezone 'Mars': unknown; name one such as Europe/Moscow$"),
        ({"step": timedelta(minutes=7)}, r"^step 0:07:00: does not divide a day into whole seconds$"),
        ({"trials": np.ones((2, 200))}, r"^trials: shape \(2, 200\); values have \(1, 200\)$"),
    ],
)
def test_what_does_not_fit_together_is_named(change, complaint) -> None:
    given_ = {
        "values": np.ones((1, 200)),
        "starts": 900 * np.arange(200),
        "state": np.zeros((1, STATE_WIDTH)),
    }
    arguments = given_ | change
    with pytest.raises(DetectionInputError, match=complaint):
        score_tick(arguments.pop("values"), **arguments)


@pytest.mark.parametrize(
    ("start", "windows", "complaint"),
    [
        (
            datetime(2026, 1, 1, tzinfo=UTC),
            24,
            r"^values: end at 2026-01-02 03:00 in Europe/Moscow; must end where a local day begins$",
        ),
        (datetime(2026, 1, 1), 21, r"^start 2026-01-01T00:00:00: naive; give it a time zone, such as UTC$"),
    ],
)
def test_a_state_that_is_no_midnights_is_refused(start, windows, complaint) -> None:
    with pytest.raises(DetectionInputError, match=complaint):
        day_state(np.ones((1, windows)), start=start, step=HOUR, timezone="Europe/Moscow")


@pytest.mark.parametrize("of", [tick_ranges, day_start])
def test_a_naive_window_is_refused(of) -> None:
    with pytest.raises(DetectionInputError, match=r"^window 2026-01-01T00:00:00: naive"):
        of(datetime(2026, 1, 1), step=HOUR, timezone="Europe/Moscow")


def test_the_memory_of_no_history_is_unknown() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    state = day_state(np.empty((3, 0)), start=midnight, step=HOUR, timezone="UTC")
    assert state.shape == (3, STATE_WIDTH)
    assert np.isnan(state).all()
    assert np.isnan(
        score_tick(np.ones((3, 1)), starts=np.array([0]), state=state, step=HOUR, timezone="UTC").score
    ).all()


def test_many_series_are_scored_as_each_alone() -> None:
    window = datetime(2026, 1, 9, 20, tzinfo=UTC)
    start = window - PAST_HOURS * HOUR
    values, _ = history(PAST_HOURS + 1, 24, seed=5, is_ratio=False)
    many = np.tile(values, (90, 1))
    first = PAST_HOURS
    alone = score_history(values, start=start, step=HOUR, first=first)
    together = score_history(many, start=start, step=HOUR, first=first)
    assert_equal(Scores(*(np.tile(array, (90, 1)) for array in alone.arrays)), together)
