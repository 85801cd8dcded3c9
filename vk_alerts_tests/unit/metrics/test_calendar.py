from datetime import date, timedelta

import pytest

from vk_alerts.metrics.calendar import Calendar, holidays_between
from vk_alerts.metrics.loader import load_catalog, parse_catalog
from vk_alerts_tests.unit.metrics.catalogs import changed, shop
from vk_alerts_tests.unit.metrics.test_loader import parse

RUSSIA = Calendar()
NOBODY = Calendar(country=None)


def is_special(calendar: Calendar, day: date) -> bool:
    return holidays_between(calendar, day, day) == (day,)


@pytest.mark.parametrize(
    "day",
    [
        pytest.param("2024-02-23", id="a holiday on a Friday"),
        pytest.param("2024-04-29", id="the Monday that the working Saturday of 27 April paid for"),
        pytest.param("2024-04-30", id="a Tuesday off for 2 November"),
        pytest.param("2024-05-10", id="a Friday off for 6 January"),
        pytest.param("2024-12-30", id="a Monday off for 28 December"),
        pytest.param("2024-12-31", id="a Tuesday off for 7 January"),
        pytest.param("2025-05-02", id="a Friday off for 4 January"),
        pytest.param("2025-05-08", id="a Thursday off for 23 February"),
        pytest.param("2025-06-13", id="a Friday off for 8 March"),
        pytest.param("2025-11-03", id="a Monday off for 1 November"),
        pytest.param("2025-12-31", id="a Wednesday off for 5 January"),
        pytest.param("2026-01-09", id="a Friday off for 3 January"),
        pytest.param("2026-03-09", id="the Monday after a holiday on a Sunday"),
        pytest.param("2026-05-11", id="the Monday after a holiday on a Saturday"),
        pytest.param("2026-12-31", id="a Thursday off for 4 January"),
        pytest.param("2024-04-27", id="a working Saturday in April"),
        pytest.param("2024-11-02", id="a working Saturday in November"),
        pytest.param("2024-12-28", id="a working Saturday in December"),
        pytest.param("2025-11-01", id="the working Saturday of 2025"),
    ],
)
def test_russian_days_off_and_moved_working_days_are_special(day) -> None:
    assert is_special(RUSSIA, date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    [
        pytest.param("2024-04-20", id="a Saturday as usual"),
        pytest.param("2024-04-28", id="a Sunday as usual"),
        pytest.param("2024-05-02", id="a Thursday between holidays on which people worked"),
        pytest.param("2025-02-24", id="the Monday after a holiday whose day off was moved to May"),
        pytest.param("2025-03-10", id="the Monday after a holiday whose day off was moved to June"),
        pytest.param("2026-01-12", id="the first working day of a year"),
        pytest.param("2026-05-04", id="the Monday between the holidays of May"),
        pytest.param("2026-06-11", id="the day before a holiday"),
    ],
)
def test_other_days_are_ordinary(day) -> None:
    assert not is_special(RUSSIA, date.fromisoformat(day))


def test_the_days_of_a_range_come_in_order_and_both_ends_belong_to_it() -> None:
    found = holidays_between(RUSSIA, date(2025, 12, 31), date(2026, 1, 9))
    assert found == tuple(date(2025, 12, 31) + timedelta(days=n) for n in range(10))
    assert holidays_between(RUSSIA, date(2026, 1, 10), date(2026, 2, 22)) == ()


def test_own_dates_are_added_and_others_taken_out() -> None:
    calendar = Calendar(dates=(date(2026, 5, 8),), without=(date(2026, 5, 11), date(2026, 5, 12)))
    found = holidays_between(calendar, date(2026, 5, 2), date(2026, 5, 31))
    assert found == (date(2026, 5, 8), date(2026, 5, 9))


def test_own_dates_outside_of_the_range_are_left_out() -> None:
    calendar = Calendar(country=None, dates=(date(2026, 5, 8), date(2026, 5, 1)))
    assert holidays_between(calendar, date(2026, 5, 1), date(2026, 5, 7)) == (date(2026, 5, 1),)


def test_without_a_country_there_are_only_own_dates() -> None:
    assert holidays_between(NOBODY, date(2024, 1, 1), date(2026, 12, 31)) == ()


def test_other_countries_have_their_own_holidays() -> None:
    assert is_special(Calendar(country="DE"), date(2026, 10, 3))
    assert not is_special(Calendar(country="DE"), date(2026, 5, 11))


def test_the_packaged_catalog_has_russias_calendar() -> None:
    assert [file.calendar for file in load_catalog().files] == [RUSSIA, RUSSIA]


def test_a_catalog_that_says_nothing_means_russia() -> None:
    assert parse(shop()).files[0].calendar == RUSSIA


def test_a_catalog_file_may_name_country_and_days() -> None:
    tree = changed("calendar", {"country": "KZ", "dates": [date(2026, 5, 10)], "without": ["2026-05-09"]})
    (file,) = parse(tree).files
    assert file.calendar == Calendar(country="KZ", dates=(date(2026, 5, 10),), without=(date(2026, 5, 9),))


def test_a_catalog_file_may_have_no_country() -> None:
    (file,) = parse(changed("calendar", {"country": None})).files
    assert file.calendar == NOBODY


def test_days_may_be_written_plainly() -> None:
    text = "calendar: {country: null, dates: [2026-05-10, '2026-06-01']}\n"
    (file,) = parse_catalog({"a.yaml": text + _SOURCE}).files
    assert file.calendar.dates == (date(2026, 5, 10), date(2026, 6, 1))


_SOURCE = """
source: {name: a, table: a, time: time, dimensions: {}}
metrics:
  - {name: a, title: {ru: а, en: a}, unit: {ru: шт., en: pcs}, kind: count}
"""
