"""The whole report: one HTML file that needs nothing else."""

from datetime import timedelta
from importlib.resources import files

from vk_alerts.alerting.numbers import zone_name
from vk_alerts.evaluation.report import wording
from vk_alerts.evaluation.report.alerts import alert_lists
from vk_alerts.evaluation.report.glossary import glossary
from vk_alerts.evaluation.report.markup import Html, joined, tag
from vk_alerts.evaluation.report.metrics import metric_cards
from vk_alerts.evaluation.report.summary import detectors_table, is_graded, lead, legend, notes
from vk_alerts.evaluation.report.thresholds import tradeoff_chart
from vk_alerts.evaluation.report.weeks import incidents_table, weeks_cards
from vk_alerts.evaluation.result import BacktestResult

# Nothing is fetched, and nothing that a name in the data may smuggle in is run.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(result: BacktestResult) -> str:
    """The report as an HTML document."""
    title = f"Backtest, {_span(result)}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("title", title),
        tag("style", Html(_stylesheet())),
    )
    sections = _sections(result)
    links = (tag("a", name, href=f"#{anchor}") for anchor, name, _ in sections)
    body = tag(
        "body",
        tag(
            "main",
            tag("h1", f"Backtest of {wording.count(len(result.detectors), 'detector')}"),
            tag("p", *(tag("span", fact) for fact in _about(result)), class_="quiet about"),
            tag("p", lead(result), class_="lead"),
            *(tag("p", text, class_="note") for text in notes(result)),
            tag("nav", *links),
            *(tag("section", tag("h2", name), part, id=anchor) for anchor, name, part in sections),
            tag("footer", _footer(result)),
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _sections(result: BacktestResult) -> list[tuple[str, str, Html]]:
    """Anchor, title and content of each part."""
    graded = is_graded(result)
    compared = (
        "Each dot is a threshold, the large one that in force; what was stopped is left out. The dashed line "
        "is what people accept. Further up and further left is better."
        if graded
        else "Each dot is a threshold, the large one that in force; what was stopped is left out. The "
        "dashed line is what people accept."
    )
    axes = (
        "Share of incidents found, over false alerts a week"
        if graded
        else "Alerts a week, over multiples of the thresholds in force"
    )
    sections = [
        ("detectors", "Detectors", tag("div", detectors_table(result), class_="card")),
        (
            "thresholds",
            "What a higher threshold costs",
            joined(
                tag("p", compared, class_="note"),
                tag(
                    "div",
                    legend(result),
                    tradeoff_chart(result),
                    tag("p", axes, class_="axis"),
                    class_="card",
                ),
            ),
        ),
        (
            "weeks",
            "Alerts week by week",
            joined(
                tag(
                    "p",
                    "By the day a week begins with; a paler bar is less than a week. Each chart has its own "
                    f"scale; the dashed line is always {result.budget:g} a week.",
                    class_="note",
                ),
                weeks_cards(result),
            ),
        ),
    ]
    if graded:
        note = (
            f"{_source_of_labels(result)}. The time is from the start of the incident to the end of the "
            "quarter-hour it was first told with."
        )
        table = joined(tag("p", note, class_="note"), tag("div", incidents_table(result), class_="card"))
        sections.append(("incidents", "Incidents", table))
    sections += [
        (
            "metrics",
            "How the metrics behave",
            joined(tag("p", _METRICS, class_="note"), metric_cards(result)),
        ),
        ("alerts", "Alerts", joined(tag("p", _ALERTS, class_="note"), *alert_lists(result))),
        ("reading", "How to read this", tag("div", glossary(graded=graded), class_="card")),
    ]
    return sections


_METRICS = (
    "The total by the hour of the week, median and quartiles; below, how well each detector foresees it."
)
_ALERTS = (
    "What each detector would have sent with the thresholds in force. Values are solid, expectations "
    "dashed, the band shaded; bad windows are dots, and the line marks the window it was told with."
)


def _span(result: BacktestResult) -> str:
    period, zone = result.period, result.zone
    last = period.end - timedelta(seconds=1)
    return f"{wording.long_day(period.start, zone)} – {wording.long_day(last, zone)}"


def _about(result: BacktestResult) -> list[str]:
    return [
        _span(result),
        f"times in {result.zone} ({zone_name(result.period.end, result.zone, wording.ENGLISH)})",
        wording.count(len(result.studies), "metric"),
        wording.count(result.series, "series", "series"),
        f"{result.points:,} verdicts",
    ]


def _source_of_labels(result: BacktestResult) -> str:
    origin = result.labels.origin if result.labels else ""
    return f"{wording.count(len(result.labels.incidents) if result.labels else 0, 'incident')}, {origin}"


def _footer(result: BacktestResult) -> str:
    seconds = sum(one.seconds for one in result.detectors)
    return f"Made by vk-alerts backtest in {seconds:.1f} s. Nothing was written or sent."


def _stylesheet() -> str:
    return files("vk_alerts.evaluation.report").joinpath("style.css").read_text("utf-8")
