"""Every moment lies in exactly one window, and every window has exactly one key."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.errors import ConfigurationError
from vk_alerts.windows import (
    STEP,
    last_closed,
    window_end,
    window_from_key,
    window_key,
    window_of,
    windows_between,
)

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 29), timezones=zones)
starts = moments.map(window_of)


@given(moments)
def test_a_moment_lies_in_its_window(moment):
    start = window_of(moment)
    assert start <= moment < window_end(start)
    assert start.tzinfo is UTC
    assert (start.minute % 15, start.second, start.microsecond) == (0, 0, 0)


@given(starts)
def test_the_start_of_a_window_lies_in_it(start):
    assert window_of(start) == start


@given(starts)
def test_a_key_names_its_window(start):
    assert window_from_key(window_key(start)) == start


@given(starts, zones)
def test_a_key_does_not_depend_on_the_zone(start, zone):
    assert window_key(start.astimezone(zone)) == window_key(start)


@given(starts, starts)
def test_keys_sort_as_their_windows(one, other):
    assert (window_key(one) < window_key(other)) is (one < other)


@given(moments)
def test_the_newest_closed_window_has_ended_and_the_next_has_not(now):
    newest = last_closed(now)
    assert window_end(newest) <= now < window_end(newest) + STEP


@given(starts, st.integers(0, 300), st.integers(0, 300))
def test_ranges_that_meet_make_one_range(start, first, second):
    middle, end = start + first * STEP, start + (first + second) * STEP
    assert windows_between(start, middle) + windows_between(middle, end) == windows_between(start, end)
    assert len(windows_between(start, end)) == first + second


@given(st.text() | st.text("0123456789-:", max_size=20))
def test_any_other_text_is_refused_in_one_line(text):
    said = "no error"
    try:
        assert window_key(window_from_key(text)) == text
    except ConfigurationError as error:
        said = str(error)
    assert len(said.splitlines()) == 1


@given(starts, st.integers(1, 14))
def test_minutes_within_a_window_name_no_window(start, minutes):
    with pytest.raises(ConfigurationError, match="windows start at minute 00, 15, 30 or 45"):
        window_from_key(window_key(start + timedelta(minutes=minutes)))
