from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.windows import (
    STEP,
    WINDOWS_PER_DAY,
    last_closed,
    window_end,
    window_from_key,
    window_key,
    window_of,
    windows_between,
)


def utc(*parts):
    return datetime(2026, 1, 31, *parts, tzinfo=UTC)


def test_a_day_has_96_windows():
    assert (timedelta(minutes=15), 96) == (STEP, WINDOWS_PER_DAY)


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        (utc(14, 15), utc(14, 15)),
        (utc(14, 29, 59, 999_999), utc(14, 15)),
        (utc(14, 30), utc(14, 30)),
        (datetime(2026, 1, 31, 17, 20, tzinfo=ZoneInfo("Europe/Moscow")), utc(14, 15)),
        (datetime(1969, 12, 31, 23, 59, tzinfo=UTC), datetime(1969, 12, 31, 23, 45, tzinfo=UTC)),
    ],
)
def test_a_window_begins_at_the_quarter_hour_and_excludes_its_end(moment, start):
    assert window_of(moment) == start
    assert window_of(moment).tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        (utc(14, 14, 59), utc(13, 45)),
        (utc(14, 15), utc(14, 0)),
        (utc(14, 29, 59), utc(14, 0)),
        (utc(0, 0), utc(0, 0) - STEP),
    ],
)
def test_the_last_closed_window_is_the_one_before_the_current(now, newest):
    assert last_closed(now) == newest


def test_a_window_ends_where_the_next_begins():
    assert window_end(utc(14, 15)) == utc(14, 30)


@pytest.mark.parametrize(
    ("start", "key"),
    [
        (utc(14, 15), "2026-01-31-14:15"),
        (utc(0, 0), "2026-01-31-00:00"),
        (datetime(2026, 2, 1, 2, 0, tzinfo=ZoneInfo("Europe/Moscow")), "2026-01-31-23:00"),
    ],
)
def test_a_key_names_the_start_in_utc(start, key):
    assert window_key(start) == key
    assert window_from_key(key) == start


FORM = "not of the form YYYY-MM-DD-HH:MM (UTC), such as 2026-01-31-14:15"


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("", FORM),
        ("today", FORM),
        ("2026-01-31", FORM),
        ("2026-01-31 14:15", FORM),
        ("2026-01-31-14:15:00", FORM),
        ("2026-01-31-14:15 ", FORM),
        ("2026-02-30-14:15", FORM),
        ("2026-01-31-24:00", FORM),
        ("2026-1-31-14:15", FORM),
        ("2026-01-31-4:15", FORM),
        ("٢٠٢٦-01-31-14:15", FORM),
        ("2026-01-31-14:16", "windows start at minute 00, 15, 30 or 45"),
        ("2026-01-31-14:59", "windows start at minute 00, 15, 30 or 45"),
    ],
)
def test_another_key_is_refused_with_the_form_it_should_have(key, complaint):
    with pytest.raises(ConfigurationError) as caught:
        window_from_key(key)
    assert str(caught.value) == f"window {key!r}: {complaint}"


@pytest.mark.parametrize(
    ("start", "end", "windows"),
    [
        (utc(14, 0), utc(14, 45), [utc(14, 0), utc(14, 15), utc(14, 30)]),
        (utc(14, 0), utc(14, 15), [utc(14, 0)]),
        (utc(14, 0), utc(14, 0), []),
        (utc(14, 0), utc(13, 0), []),
    ],
)
def test_a_range_excludes_its_end(start, end, windows):
    assert windows_between(start, end) == windows
