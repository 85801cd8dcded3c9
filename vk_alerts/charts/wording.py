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
    causes: str
    rose: str
    fell: str
    points: str
    events: str
    last_event: str
    no_source: str
    source_is_back: str
    storm: str
    storm_size: str
    crossed: str
    other_metrics: str


_WORDINGS = {
    Language.RUSSIAN: ChartWording(
        actual="факт",
        expected="ожидали",
        band="норма",
        yesterday="вчера",
        week_ago="неделю назад",
        bad="за порогом",
        gap="нет данных",
        score="отклонение, σ",
        threshold="порог",
        expected_short="ожидали",
        no_value="нет данных",
        time="время: {}",
        causes="Что внесло вклад",
        rose="Причина: выросла метрика",
        fell="Причина: упала метрика",
        points="{}\u00a0п.\u00a0п.",
        events="событий",
        last_event="последнее",
        no_source="Нет данных",
        source_is_back="Данные снова есть",
        storm="Массовый сбой",
        storm_size="{} из {} рядов вне нормы",
        crossed="Когда началось: ряды вне своей нормы",
        other_metrics="остальные метрики",
    ),
    Language.ENGLISH: ChartWording(
        actual="actual",
        expected="expected",
        band="normal",
        yesterday="yesterday",
        week_ago="a week ago",
        bad="beyond threshold",
        gap="no data",
        score="deviation, σ",
        threshold="threshold",
        expected_short="expected",
        no_value="no data",
        time="time: {}",
        causes="Where the change lies",
        rose="Cause: a metric rose",
        fell="Cause: a metric fell",
        points="{}\u00a0pp",
        events="events",
        last_event="last one",
        no_source="No data",
        source_is_back="Data are back",
        storm="Widespread failure",
        storm_size="{} of {} series out of range",
        crossed="When it began: series outside their own range",
        other_metrics="other metrics",
    ),
}


def chart_wording(language: Language) -> ChartWording:
    """The words of ``language``."""
    return _WORDINGS[language]
