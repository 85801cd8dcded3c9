"""The phrases of a message in each language; values are put in by `render`."""

from dataclasses import dataclass

from vk_alerts.alerting.numbers import plural
from vk_alerts.alerting.story import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """One language's phrases. ``{}`` stands for values, already formatted and escaped.

    Attributes:
        told: metric, slice and value: the first two sentences of the fixed template.
        more_than: the third sentence, with the step that the deviation exceeds.
        at_most: the same for a deviation too small to be worth a step.
        not_a_share: the same where nothing was expected, so that no percent exists.
        unknown_deviation: the same where value or expectation is missing.
        everybody: the slice of all users, where no label is given.
        no_value: in the place of a value that does not exist.
        expected: expected value; ``normal``: the band; ``by_share``: it is that of the slice's share;
            ``special_day``: it is that of no ordinary day.
        short: how many are missing; ``over``: how many too many.
        lower: how far a ratio lies below; ``higher``: above.
        windows: the forms for 1, 2 and 5 windows.
        causes: head of the slices that explain the change; ``points``: a change of a ratio.
    """

    told: str
    more_than: str
    at_most: str
    not_a_share: str
    unknown_deviation: str
    everybody: str
    no_value: str
    expected: str
    normal: str
    by_share: str
    special_day: str
    short: str
    over: str
    lower: str
    higher: str
    yesterday: str
    week_ago: str
    run: str
    single_run: str
    was_bad: str
    windows: tuple[str, str, str]
    causes: str
    points: str
    members: str
    more_members: str
    neighbours: str
    recovered: str
    lasted: str
    lowest: str
    highest: str
    shortfall: str
    excess: str
    chart: str
    dashboard: str
    partition: str
    owner: str

    def count_windows(self, amount: int) -> str:
        """``2 интервала``, ``2 windows``."""
        return f"{amount}\u00a0{plural(amount, self.windows)}"


_RUSSIAN = Wording(
    told="Метрика <b>{}</b> в срезе <b>{}</b>. Текущее значение <b>{}</b>.",
    more_than="Отклонение более <b>{}%</b>.",
    at_most="Отклонение не более <b>{}%</b>.",
    not_a_share="Отклонение в процентах не определено: ожидали 0.",
    unknown_deviation="Отклонение неизвестно.",
    everybody="все пользователи",
    no_value="нет данных",
    expected="Ожидали <b>{}</b>",
    normal=" (норма {})",
    by_share=" по доле среза",
    special_day=", день праздничный или перенесённый",
    short=", не хватает ≈\u00a0{}",
    over=", больше на ≈\u00a0{}",
    lower=", ниже на {}\u00a0п.\u00a0п.",
    higher=", выше на {}\u00a0п.\u00a0п.",
    yesterday="вчера {then}: {}",
    week_ago="неделю назад: {}",
    run="вне нормы: {} подряд, {} (с {})",
    single_run="вне нормы: {}, {} (с {})",
    was_bad="было вне нормы {}",
    windows=("интервал", "интервала", "интервалов"),
    causes="Что внесло вклад",
    points="{}\u00a0п.\u00a0п.",
    members="Вместе с ней вне нормы",
    more_members="и ещё {}",
    neighbours="Рядом",
    recovered="Восстановилось: {}",
    lasted="Длилось {}",
    lowest="минимум {}",
    highest="максимум {}",
    shortfall="недобор ≈\u00a0{}",
    excess="избыток ≈\u00a0{}",
    chart="Чарт",
    dashboard="Дашборд",
    partition="Партиция в Dagster",
    owner="ответственный",
)

_ENGLISH = Wording(
    told="Metric <b>{}</b> in slice <b>{}</b>. Current value <b>{}</b>.",
    more_than="Deviation of more than <b>{}%</b>.",
    at_most="Deviation of at most <b>{}%</b>.",
    not_a_share="Deviation in percent is undefined: 0 was expected.",
    unknown_deviation="Deviation is unknown.",
    everybody="all users",
    no_value="no data",
    expected="Expected <b>{}</b>",
    normal=" (normal range {})",
    by_share=" by the slice's share",
    special_day=", a holiday or a day moved for one",
    short=", short by ≈\u00a0{}",
    over=", above by ≈\u00a0{}",
    lower=", {}\u00a0pp lower",
    higher=", {}\u00a0pp higher",
    yesterday="yesterday {then}: {}",
    week_ago="a week ago: {}",
    run="out of range: {} in a row, {} (since {})",
    single_run="out of range: {}, {} (since {})",
    was_bad="was out of range {}",
    windows=("window", "windows", "windows"),
    causes="Where the change lies",
    points="{}\u00a0pp",
    members="Out of range together with it",
    more_members="and {} more",
    neighbours="Nearby",
    recovered="Recovered: {}",
    lasted="Lasted {}",
    lowest="lowest {}",
    highest="highest {}",
    shortfall="shortfall ≈\u00a0{}",
    excess="excess ≈\u00a0{}",
    chart="Chart",
    dashboard="Dashboard",
    partition="Partition in Dagster",
    owner="owner",
)

_WORDINGS = {Language.RUSSIAN: _RUSSIAN, Language.ENGLISH: _ENGLISH}


def wording(language: Language) -> Wording:
    """The phrases of ``language``."""
    return _WORDINGS[language]
