"""The fixed words of a chart in each language."""

from dataclasses import dataclass

from vk_alerts.alerting.story import Language


@dataclass(frozen=True, slots=True)
class ChartWording:
    """Labels of lines, panels and axes."""

    actual: str
    expected: str
    band: str
    yesterday: str
    week_ago: str
    bad: str
    gap: str
    score: str
    threshold: str
    expected_short: str
    no_value: str
    time: str


_WORDINGS = {
    Language.RUSSIAN: ChartWording(
        actual="факт",
        expected="ожидали",
        band="норма",
        yesterday="вчера",
        week_ago="неделю назад",
        bad="вне нормы",
        gap="нет данных",
        score="отклонение, σ",
        threshold="порог",
        expected_short="ожидали",
        no_value="нет данных",
        time="время: {}",
    ),
    Language.ENGLISH: ChartWording(
        actual="actual",
        expected="expected",
        band="normal",
        yesterday="yesterday",
        week_ago="a week ago",
        bad="out of range",
        gap="no data",
        score="deviation, σ",
        threshold="threshold",
        expected_short="expected",
        no_value="no data",
        time="time: {}",
    ),
}


def chart_wording(language: Language) -> ChartWording:
    """The words of ``language``."""
    return _WORDINGS[language]
