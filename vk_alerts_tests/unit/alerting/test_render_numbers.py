"""Numbers and lengths of time in both languages."""

from datetime import timedelta

import pytest

from vk_alerts.alerting import numbers
from vk_alerts.alerting.story import Language

RUSSIAN, ENGLISH = Language.RUSSIAN, Language.ENGLISH


def spaced(text: str) -> str:
    return text.replace(numbers.NARROW_SPACE, "_").replace(numbers.NO_BREAK_SPACE, "~")


COUNTS = [
    (0, "0", "0"),
    (2.4, "2,4", "2.4"),
    (9.96, "10", "10"),
    (7.98, "8", "8"),
    (12_190.4, "12_190", "12,190"),
    (-8412, "−8_412", "−8,412"),
    (-0.01, "0", "0"),
    (1_234_567, "1_234_567", "1,234,567"),
]


@pytest.mark.parametrize(("value", "russian", "english"), COUNTS)
def test_counts(value: float, russian: str, english: str) -> None:
    assert spaced(numbers.quantity(value, RUSSIAN, is_ratio=False)) == russian
    assert spaced(numbers.quantity(value, ENGLISH, is_ratio=False)) == english


MEASURED = [
    (0.18249, "0,182~с", "0.182~с"),
    (660.4, "660~с", "660~с"),
    (45.26, "45,3~с", "45.3~с"),
    (2.4, "2,40~с", "2.40~с"),
    (45.0, "45~с", "45~с"),
    (12_345.6, "12_346~с", "12,346~с"),
    (0.0, "0~с", "0~с"),
]


@pytest.mark.parametrize(("value", "russian", "english"), MEASURED)
def test_what_is_measured_has_three_digits_and_its_unit(value: float, russian: str, english: str) -> None:
    assert spaced(numbers.quantity(value, RUSSIAN, is_ratio=False, unit="с")) == russian
    assert spaced(numbers.quantity(value, ENGLISH, is_ratio=False, unit="с")) == english


def test_a_range_and_a_difference_of_what_is_measured_tell_the_unit_once() -> None:
    assert spaced(numbers.quantity_range(0.2891, 0.557, RUSSIAN, is_ratio=False, unit="с")) == "0,289–0,557~с"
    assert spaced(numbers.rounded(-0.2591, RUSSIAN, unit="с")) == "0,259~с"
    assert spaced(numbers.rounded(269_089, RUSSIAN, unit="₽")) == "269~тыс.~₽"
    assert spaced(numbers.rounded(2_689, ENGLISH, unit="₽")) == "2,690~₽"


RATIOS = [
    (0.2134, "21,3~%"),
    (0.02134, "2,13~%"),
    (0.0021344, "0,213~%"),
    (1, "100~%"),
    (0, "0~%"),
    (1e-12, "0,000000~%"),
]


@pytest.mark.parametrize(("value", "shown"), RATIOS)
def test_ratios_are_percent_with_three_digits(value: float, shown: str) -> None:
    assert spaced(numbers.quantity(value, RUSSIAN, is_ratio=True)) == shown


def test_only_the_whole_is_a_hundred_percent() -> None:
    shares = (-0.996, -0.9996, -1.0, -0.99999999999)
    shown = [numbers.signed_percent(share, ENGLISH) for share in shares]
    assert shown == ["−99.6%", "−99.96%", "−100%", "−100.000000%"]


SIGNED = [(-0.316, "−31,6~%"), (0.12, "+12,0~%"), (0.0, "0,0~%"), (-0.0001, "0,0~%"), (12.5, "+1_250,0~%")]


@pytest.mark.parametrize(("share", "shown"), SIGNED)
def test_deviations_carry_a_sign(share: float, shown: str) -> None:
    assert spaced(numbers.signed_percent(share, RUSSIAN, decimals=1)) == shown


ROUNDED = [
    (3778, "3_780", "3,780"),
    (-14_120, "14~тыс.", "14K"),
    (1_400_000, "1,4~млн", "1.4M"),
    (999_960, "1~млн", "1M"),
    (2.25e9, "2,2~млрд", "2.2B"),
    (37, "37", "37"),
]


@pytest.mark.parametrize(("value", "russian", "english"), ROUNDED)
def test_rough_amounts(value: float, russian: str, english: str) -> None:
    assert spaced(numbers.rounded(value, RUSSIAN)) == russian
    assert spaced(numbers.rounded(value, ENGLISH)) == english


def test_ranges_name_their_unit_once() -> None:
    assert spaced(numbers.quantity_range(0.2, 0.2225, RUSSIAN, is_ratio=True)) == "20,0–22,2~%"
    assert spaced(numbers.quantity_range(11_020, 13_360, ENGLISH, is_ratio=False)) == "11,020–13,360"


DURATIONS = [
    (timedelta(minutes=30), "30~мин"),
    (timedelta(minutes=75), "1~ч~15~мин"),
    (timedelta(hours=2), "2~ч"),
    (timedelta(days=1, hours=3, minutes=45), "1~д~3~ч"),
    (timedelta(0), "0~мин"),
]


@pytest.mark.parametrize(("length", "shown"), DURATIONS)
def test_durations(length: timedelta, shown: str) -> None:
    assert spaced(numbers.duration(length, RUSSIAN)) == shown


def test_russian_plurals() -> None:
    forms = ("интервал", "интервала", "интервалов")
    chosen = [numbers.plural(amount, forms) for amount in (1, 2, 5, 11, 12, 14, 21, 22, 25, 100, 111)]
    assert [forms.index(form) for form in chosen] == [0, 1, 2, 2, 2, 2, 0, 1, 2, 2, 2]
