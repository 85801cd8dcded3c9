from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.pipeline.filling import (
    ALLOWED_LATENESS,
    LOOK_BACK,
    MOST_PER_TICK,
    MOST_RETRIES_PER_TICK,
    Failure,
    windows_to_fill,
)
from vk_alerts.windows import STEP, window_key, windows_between

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def keys(*windows):
    return {window_key(window) for window in windows}


def all_but(*missing, now=NOON):
    return keys(*(w for w in windows_between(now - timedelta(days=3), now) if w not in missing))


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        (NOON + timedelta(seconds=119), NOON - 2 * STEP),
        (NOON + timedelta(seconds=120), NOON - STEP),
        (NOON + timedelta(minutes=16, seconds=59), NOON - STEP),
        (NOON + timedelta(minutes=17), NOON),
    ],
)
def test_a_window_is_due_two_minutes_after_its_end(now, newest):
    assert timedelta(minutes=2) == ALLOWED_LATENESS
    assert windows_to_fill(now, done=(), in_progress=(), failures={}, start=EARLY)[0] == newest


@pytest.mark.parametrize(
    ("done", "in_progress", "expected"),
    [
        pytest.param(all_but(NOON - STEP), (), [NOON - STEP], id="the newest is missing"),
        pytest.param(all_but(), (), [], id="nothing is missing"),
        pytest.param(all_but(NOON - STEP), keys(NOON - STEP), [], id="a run is at work on it"),
        pytest.param(
            all_but(NOON - 3 * STEP, NOON - STEP), (), [NOON - STEP, NOON - 3 * STEP], id="newest first"
        ),
        pytest.param(
            all_but(NOON - 3 * STEP, NOON - STEP),
            keys(NOON - STEP),
            [NOON - 3 * STEP],
            id="one of two is at work",
        ),
        pytest.param(all_but(NOON - LOOK_BACK), (), [NOON - LOOK_BACK], id="48 h ago is looked at"),
        pytest.param(all_but(NOON - LOOK_BACK - STEP), (), [], id="before that is a backfill's"),
        pytest.param(all_but() | {"nonsense"}, (), [], id="other keys do not matter"),
    ],
)
def test_what_is_due_and_missing_is_asked_for(done, in_progress, expected):
    now = NOON + timedelta(minutes=2)
    assert windows_to_fill(now, done=done, in_progress=in_progress, failures={}, start=EARLY) == expected


def test_a_tick_asks_for_a_bounded_number_of_the_newest():
    now = NOON + timedelta(minutes=2)
    asked = windows_to_fill(now, done=(), in_progress=(), failures={}, start=EARLY)
    assert asked == [NOON - n * STEP for n in range(1, MOST_PER_TICK + 1)]


def test_what_is_in_progress_does_not_use_up_the_number():
    now = NOON + timedelta(minutes=2)
    busy = keys(*(NOON - n * STEP for n in range(1, MOST_PER_TICK + 1)))
    asked = windows_to_fill(now, done=(), in_progress=busy, failures={}, start=EARLY)
    assert asked == [NOON - n * STEP for n in range(MOST_PER_TICK + 1, 2 * MOST_PER_TICK + 1)]


@pytest.mark.parametrize(
    ("start", "count"), [(NOON - 2 * STEP, 2), (NOON - STEP, 1), (NOON, 0), (NOON + STEP, 0)]
)
def test_nothing_before_the_first_window_is_asked_for(start, count):
    asked = windows_to_fill(NOON + timedelta(minutes=2), done=(), in_progress=(), failures={}, start=start)
    assert asked == [NOON - n * STEP for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (6, 32), (7, 60), (8, 60), (10_000, 60)]
)
def test_what_failed_is_asked_for_after_a_growing_pause(attempts, minutes):
    now = NOON + timedelta(hours=3)
    window = NOON - STEP
    done = all_but(window, now=now)

    def asked(waited):
        failures = {window_key(window): Failure(attempts, now - waited)}
        return windows_to_fill(now, done=done, in_progress=(), failures=failures, start=EARLY)

    assert asked(timedelta(minutes=minutes)) == [window]
    assert asked(timedelta(minutes=minutes) - timedelta(seconds=1)) == []


def test_what_failed_comes_last_and_takes_few_places():
    now = NOON + timedelta(minutes=2)
    failed = [NOON - n * STEP for n in range(1, 6)]
    failures = {window_key(window): Failure(1, NOON - timedelta(hours=1)) for window in failed}
    fresh = [NOON - 6 * STEP, NOON - 7 * STEP]
    asked = windows_to_fill(
        now, done=all_but(*failed, *fresh), in_progress=(), failures=failures, start=EARLY
    )
    assert asked == fresh + failed[:MOST_RETRIES_PER_TICK]
    asked = windows_to_fill(now, done=(), in_progress=(), failures=failures, start=EARLY)
    assert asked == [NOON - n * STEP for n in range(6, 6 + MOST_PER_TICK)]


@settings(max_examples=40, deadline=None)
@given(
    outage=st.sampled_from([timedelta(hours=2), timedelta(hours=24), LOOK_BACK - STEP]),
    fails_once=st.sets(st.integers(0, 200), max_size=20),
    always_fails=st.sets(st.integers(0, 200), max_size=20),
    run_minutes=st.integers(1, 4),
)
def test_after_an_outage_every_window_is_filled_once_whatever_else_fails(
    outage, fails_once, always_fails, run_minutes
):
    back = NOON + ALLOWED_LATENESS
    expected = [w for w in windows_between(NOON - LOOK_BACK + 16 * STEP, NOON) if w >= NOON - outage]
    done = keys(*windows_between(NOON - LOOK_BACK - STEP, NOON - outage))
    running: dict[str, int] = {}
    failures: dict[str, Failure] = {}
    filled: Counter[str] = Counter()
    numbers = {window_key(window): number for number, window in enumerate(expected)}
    for minute in range(240):
        now = back + timedelta(minutes=minute)
        for key in [key for key, end in running.items() if end <= minute]:
            del running[key]
            attempts = failures[key].attempts if key in failures else 0
            number = numbers.get(key, 10**6)
            if number in always_fails or (number in fails_once and not attempts):
                failures[key] = Failure(attempts + 1, now)
            else:
                filled[key] += 1
                done.add(key)
        for window in windows_to_fill(now, done=done, in_progress=running, failures=failures, start=EARLY):
            assert window_key(window) not in running
            running[window_key(window)] = minute + run_minutes
    hopeless = {key for key, number in numbers.items() if number in always_fails}
    assert set(filled) >= set(numbers) - hopeless
    assert set(filled.values()) == {1}


def test_ten_minutes_without_clickhouse_cost_a_window_at_most_eight_more():
    window, failure = NOON - STEP, None
    away_until = NOON + timedelta(minutes=12)
    for minute in range(2, 30):
        now = NOON + timedelta(minutes=minute)
        failures = {window_key(window): failure} if failure else {}
        if window in windows_to_fill(
            now, done=all_but(window), in_progress=(), failures=failures, start=EARLY
        ):
            if now >= away_until:
                break
            failure = Failure(attempts=failure.attempts + 1 if failure else 1, last=now)
    assert now - away_until <= timedelta(minutes=8)


def test_a_clock_that_steps_back_asks_for_nothing_twice_and_keeps_nothing_waiting():
    back = NOON - timedelta(hours=1)
    assert windows_to_fill(back, done=all_but(), in_progress=(), failures={}, start=EARLY) == []
    # What failed just before the step is asked for once the clock has come up to that moment again.
    window = NOON - 2 * STEP
    failures = {window_key(window): Failure(attempts=1, last=NOON)}
    again = windows_to_fill(
        NOON + timedelta(minutes=1), done=all_but(window), in_progress=(), failures=failures, start=EARLY
    )
    assert again == [window]
