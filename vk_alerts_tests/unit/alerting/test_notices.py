"""The daily sign of life, as it reads."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from vk_alerts.alerting.notices import DayFigures, alive_line
from vk_alerts.alerting.story import Language

DAY = DayFigures(
    day=date(2026, 3, 4),
    judged=95,
    due=96,
    alerts=3,
    called_false=1,
    slowest=datetime(2026, 3, 4, 12, 15, tzinfo=UTC),
    slowest_minutes=2.04,
    series=1200,
    silent=7,
)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            Language.RUSSIAN,
            (
                "💚 Жив. За 04.03: окон 95 из 96, алертов 3, «ложный» нажали 1, "
                "дольше всего ждали окно 15:15: 2.0 мин, рядов без вердикта 7 из 1200."
            ),
        ),
        (
            Language.ENGLISH,
            (
                "💚 Alive. 04.03: windows 95 of 96, alerts 3, called false 1, "
                "the slowest window 15:15: 2.0 min, series without a verdict 7 of 1200."
            ),
        ),
    ],
)
def test_the_sign_of_life_is_one_line_with_yesterdays_figures(language: Language, line: str) -> None:
    assert alive_line(DAY, language=language, zone="Europe/Moscow") == line


def test_a_day_without_live_windows_has_no_slowest_one() -> None:
    told = alive_line(replace(DAY, slowest=None), language=Language.ENGLISH, zone="UTC")
    assert "slowest" not in told
