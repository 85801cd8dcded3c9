"""The report's beginning: what was found, in a sentence and a table."""

from vk_alerts.evaluation.replay import MOST_ALERTS_PER_WEEK
from vk_alerts.evaluation.report import wording
from vk_alerts.evaluation.report.markup import Html, joined, tag
from vk_alerts.evaluation.result import BacktestResult, DetectorResult
from vk_alerts.evaluation.tradeoff import within_budget


def lead(result: BacktestResult) -> str:
    """What the detector in use would have done, in two sentences."""
    one = max(result.detectors, key=lambda detector: len(detector.metrics_in_use))
    whose = "the detector in use" if one.metrics_in_use else "not in use"
    told = (
        f"{one.name}, {whose}, would have sent {wording.count(len(one.alerts), 'alert')} in "
        f"{days_words(one)}, {wording.rate(one.alerts_per_week)} a week."
    )
    if one.grade is None or not one.grade.labels:
        return told
    grade = one.grade
    found = f" It told {grade.found} of {wording.count(len(grade.labels), 'incident')}"
    if grade.median_delay is not None:
        found += f", half of them within {wording.minutes(grade.median_delay)} of their start"
    false = "no alert was false" if not grade.false_alerts else f"{grade.false_alerts} alerts were false"
    if grade.false_alerts == 1:
        false = "one alert was false"
    return f"{told}{found}; {false}."


def notes(result: BacktestResult) -> list[str]:
    """What a reader must know besides the figures."""
    told = []
    period, zone = result.period, result.zone
    if period.is_shorter_than_asked:
        told.append(
            f"Asked for {wording.days(period.asked)}, judged {wording.days(period.length)}: snapshots begin "
            f"on {wording.long_day(period.first_snapshot, zone)}, and the first two weeks only teach."
        )
    stopped = [one for one in result.detectors if one.end < period.end]
    if stopped:
        names = " and ".join(f"{one.name} (after {days_words(one)})" for one in stopped)
        verb = "was" if len(stopped) == 1 else "were"
        told.append(f"{names} {verb} stopped: more than {MOST_ALERTS_PER_WEEK} alerts a week.")
    if result.labels is not None and not result.labels.incidents:
        told.append(f"No incident began in this period, says {result.labels.origin}.")
    return told


def detectors_table(result: BacktestResult) -> Html:
    """Every detector as the catalog sets its thresholds, and where it sends as much as people accept."""
    graded = is_graded(result)
    names = ["Alerts a week"]
    if graded:
        names += ["False", "Found", "Precision", "Median delay"]
    fitted = ["Threshold", *(["Found", "Median delay"] if graded else ["Alerts a week"])]
    first = tag(
        "tr",
        tag("th", "Detector", rowspan=2, class_="left"),
        tag("th", "Thresholds in force", colspan=len(names), class_="group"),
        tag("th", budget_words(result), colspan=len(fitted), class_="group"),
    )
    second = tag("tr", *(tag("th", name) for name in (*names, *fitted)))
    rows = [
        tag(
            "tr",
            _name_cell(result, number),
            *_as_set(one, graded=graded),
            *_fitted(result, one, graded=graded),
        )
        for number, one in enumerate(result.detectors)
    ]
    return tag("table", tag("thead", first, second), tag("tbody", *rows), class_="wide")


def budget_words(result: BacktestResult) -> str:
    """What people accept: ``At most 7 false alerts a week``."""
    kind = "false alerts" if is_graded(result) else "alerts"
    return f"At most {result.budget:g} {kind} a week"


def legend(result: BacktestResult) -> Html:
    """Which colour is which detector."""
    names = (
        tag("span", tag("span", class_=f"key c{number}"), one.name)
        for number, one in enumerate(result.detectors)
    )
    return tag("div", *names, class_="legend")


def _name_cell(result: BacktestResult, number: int) -> Html:
    one = result.detectors[number]
    parts: list[str] = [tag("span", class_=f"key c{number}"), tag("b", one.name)]
    if one.metrics_in_use:
        metrics = len(result.studies)
        all_of_them = len(one.metrics_in_use) == metrics
        use = "in use" if all_of_them else f"in use for {len(one.metrics_in_use)} of {metrics} metrics"
        parts += [" ", tag("span", use, class_="chip")]
    if one.end < result.period.end:
        parts.append(tag("small", f"stopped after {days_words(one)}"))
    return tag("td", *parts)


def _as_set(one: DetectorResult, *, graded: bool) -> list[Html]:
    cells = [
        _cell("Alerts a week", wording.rate(one.alerts_per_week), f"{len(one.alerts)} in {days_words(one)}")
    ]
    if graded and one.grade is not None:
        found = f"{one.grade.found} of {len(one.grade.labels)}" if one.grade.labels else "none began"
        cells += [
            _cell("False alerts a week", wording.rate(one.false_per_week)),
            _cell("Incidents found", wording.share(one.grade.recall), found),
            _cell("Precision", wording.share(one.grade.precision)),
            _cell("Median delay", wording.minutes(one.grade.median_delay)),
        ]
    return cells


def _fitted(result: BacktestResult, one: DetectorResult, *, graded: bool) -> list[Html]:
    setting = within_budget(one.settings, result.budget)
    label = f"Threshold for {result.budget:g} a week"
    if setting is None:
        empty = [_cell("", wording.UNKNOWN) for _ in range(2 if graded else 1)]
        return [_cell(label, f"above {wording.times(max(s.factor for s in one.settings))}"), *empty]
    cells = [_cell(label, wording.times(setting.factor))]
    if not graded or setting.grade is None:
        return [*cells, _cell("… then alerts a week", wording.rate(setting.alerts_per_week))]
    found = f"{setting.grade.found} of {len(setting.grade.labels)}"
    return [
        *cells,
        _cell("… then found", wording.share(setting.recall), found),
        _cell("… then median delay", wording.minutes(setting.median_delay)),
    ]


def _cell(label: str, text: str, small: str = "") -> Html:
    inner = joined(text, tag("small", small)) if small else Html(joined(text))
    return tag("td", tag("span", inner), data_label=label or None)


def is_graded(result: BacktestResult) -> bool:
    """Whether it is known what happened."""
    return result.labels is not None and bool(result.labels.incidents)


def days_words(one: DetectorResult) -> str:
    """On how much its figures rest: ``28 days``."""
    return wording.days(one.end - one.start)
