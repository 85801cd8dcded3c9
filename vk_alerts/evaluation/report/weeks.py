"""When alerts came, and which incidents they told."""

from vk_alerts.evaluation.grading import Grade
from vk_alerts.evaluation.labels import Label
from vk_alerts.evaluation.report import wording
from vk_alerts.evaluation.report.markup import Html, tag
from vk_alerts.evaluation.report.wording import times
from vk_alerts.evaluation.result import BacktestResult, DetectorResult, Week
from vk_alerts.evaluation.tradeoff import within_budget

_MOST_INCIDENTS = 60
_MOST_NAMED_WEEKS = 8


def weeks_cards(result: BacktestResult) -> Html:
    """A card of bars for each detector, one bar a week, each card with a scale of its own."""
    cards = [_weeks_card(result, number) for number in range(len(result.detectors))]
    return tag("div", *cards, class_="grid three")


def incidents_table(result: BacktestResult) -> Html:
    """Each incident that happened, and how long each detector took to tell it.

    A detector that was stopped is shown with thresholds that people could live with, where there are any.
    """
    labels = result.labels.incidents if result.labels else ()
    columns = [_column(one, result.budget, stopped=one.end < result.period.end) for one in result.detectors]
    names = ["Incident", *(name for name, _ in columns)]
    rows = [
        _incident_row(label, [_told_cell(grade, place) for _, grade in columns], zone=result.zone)
        for place, label in enumerate(labels[:_MOST_INCIDENTS])
    ]
    head = tag("thead", tag("tr", *(tag("th", name) for name in names)))
    table = tag("table", head, tag("tbody", *rows), class_="told-when")
    more = len(labels) - _MOST_INCIDENTS
    return table if more <= 0 else tag("div", table, tag("p", f"… and {more} more.", class_="note"))


def _column(one: DetectorResult, budget: float, *, stopped: bool) -> tuple[str, Grade | None]:
    if not stopped:
        return one.name, one.grade
    setting = within_budget(one.settings, budget)
    return (one.name, None) if setting is None else (f"{one.name} {times(setting.factor)}", setting.grade)


def _weeks_card(result: BacktestResult, number: int) -> Html:
    one = result.detectors[number]
    weeks = one.weeks(result.period)
    most = max([result.budget, *(week.alerts or 0 for week in weeks)])
    bars = [_bar(week, most) for week in weeks]
    limit = tag(
        "div",
        class_="limit",
        style=f"bottom:{100 * result.budget / most:.1f}%",
        title="accepted alerts a week",
    )
    return tag(
        "div",
        tag("h3", tag("span", class_=f"key c{number}"), one.name),
        tag("div", *bars, limit, class_=f"bars c{number}"),
        tag("div", *_names(weeks, result.zone), class_="weeks"),
        class_="card",
    )


def _bar(week: Week, most: float) -> Html:
    if week.alerts is None:
        return tag("div", tag("span", "stopped", class_="quiet stopped"), class_="bar")
    height = f"height:{100 * week.alerts / most:.1f}%"
    return tag("div", str(week.alerts), tag("i", style=height), class_="bar" if week.is_whole else "bar part")


def _names(weeks: list[Week], zone: str) -> list[Html]:
    every = -(-len(weeks) // _MOST_NAMED_WEEKS)
    return [
        tag("span", wording.day(week.start, zone) if place % every == 0 else "")
        for place, week in enumerate(weeks)
    ]


def _incident_row(label: Label, cells: list[Html], *, zone: str) -> Html:
    name = f"{label.metric or 'any metric'} · {wording.slice_name(label.slice_key)}"
    span = f"{wording.moment(label.start, zone)}–{wording.hour(label.end, zone)}"
    return tag("tr", tag("td", name, tag("small", span)), *cells)


def _told_cell(grade: Grade | None, place: int) -> Html:
    if grade is None:
        return tag("td", tag("span", wording.UNKNOWN, class_="quiet"))
    delay = grade.delays[place]
    if delay is None:
        return tag("td", tag("span", "missed", class_="chip no"))
    return tag("td", wording.minutes(delay))
