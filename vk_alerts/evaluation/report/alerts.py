"""The alerts themselves: the strongest with a chart, the others with a small one."""

from collections.abc import Sequence

from vk_alerts.alerting.verdicts import Direction
from vk_alerts.evaluation.alerts import Alert
from vk_alerts.evaluation.report import wording
from vk_alerts.evaluation.report.figures import picture_figure, plot, value_scale
from vk_alerts.evaluation.report.markup import Html, tag
from vk_alerts.evaluation.report.summary import is_graded
from vk_alerts.evaluation.result import BacktestResult, DetectorResult
from vk_alerts.metrics.model import Metric, MetricKind

_MOST_CHARTS = 4
_MOST_IN_USE, _MOST_OTHERS = 60, 12
_SPARK_BEFORE = 40
# Labels closer than this share of the width would touch on a telephone.
_APART = 0.5
_ARROWS = {Direction.DOWN: "↓", Direction.UP: "↑"}


def alert_lists(result: BacktestResult) -> list[Html]:
    """One list for each detector; that of a detector in use is open."""
    return [_list(result, number) for number in range(len(result.detectors))]


def _list(result: BacktestResult, number: int) -> Html:
    one = result.detectors[number]
    in_use = bool(one.metrics_in_use) or len(result.detectors) == 1
    title = tag(
        "summary",
        tag("span", class_=f"key c{number}"),
        f"{one.name} ",
        tag("span", wording.count(len(one.alerts), "alert"), class_="quiet"),
    )
    shown = _shown(one.alerts, _MOST_IN_USE if in_use else _MOST_OTHERS)
    parts: list[Html] = []
    if not shown:
        parts.append(tag("p", "Nothing would have been sent.", class_="note"))
    if in_use and shown:
        strongest = sorted(shown, key=_strength)[:_MOST_CHARTS]
        charts = [_chart(result, one, alert) for alert in sorted(strongest, key=lambda alert: alert.window)]
        parts.append(tag("div", *charts, class_="grid"))
    if shown:
        rows = [_row(result, one, alert) for alert in reversed(shown)]
        parts.append(tag("div", tag("ul", *rows, class_="rows"), class_="card"))
    more = len(one.alerts) - len(shown)
    if more > 0:
        parts.append(tag("p", f"… and {more:,} more; these are the strongest.", class_="note"))
    return tag("details", title, *parts, open="" if in_use else None)


def _shown(alerts: Sequence[Alert], most: int) -> list[Alert]:
    """The strongest alerts, oldest first."""
    return sorted(sorted(alerts, key=_strength)[:most], key=lambda alert: alert.window)


def _strength(alert: Alert) -> float:
    return -(alert.score or 0.0)


def _chart(result: BacktestResult, one: DetectorResult, alert: Alert) -> Html:
    metric = _metric(result, alert)
    is_ratio = metric.kind is MetricKind.RATIO
    scale = value_scale(alert.picture, is_ratio=is_ratio)
    picture = alert.picture
    drawing = picture_figure(picture, scale, title=_headline(metric, alert))
    told = picture.told / max(picture.windows - 1, 1)
    xs = [(told, wording.hour(alert.window, result.zone))]
    if told > _APART:
        xs.insert(0, (0.0, wording.moment(picture.start, result.zone)))
    ys = [wording.edge(end, is_ratio=is_ratio) for end in (scale.high, scale.low)]
    return tag(
        "div",
        tag(
            "div",
            tag("div", tag("b", _headline(metric, alert)), tag("small", _told(result, alert))),
            *_badge(result, one, alert),
            class_="head",
        ),
        plot(drawing, ys=ys, xs=xs, size="middle"),
        tag(
            "p",
            f"{_size(alert, is_ratio=is_ratio)}, score {_score(alert)}; {_course(alert)}",
            class_="note after",
        ),
        class_="card",
    )


def _row(result: BacktestResult, one: DetectorResult, alert: Alert) -> Html:
    metric = _metric(result, alert)
    is_ratio = metric.kind is MetricKind.RATIO
    picture = alert.picture.around(_SPARK_BEFORE)
    spark = picture_figure(picture, value_scale(picture, is_ratio=is_ratio), title=_headline(metric, alert))
    return tag(
        "li",
        tag("div", wording.moment(alert.window, result.zone), class_="when"),
        tag("div", tag("b", _headline(metric, alert)), tag("small", _course(alert)), class_="what"),
        tag(
            "div",
            _size(alert, is_ratio=is_ratio),
            tag("small", f"score {_score(alert)} ", *_badge(result, one, alert)),
            class_="size",
        ),
        tag("div", spark, class_="spark"),
    )


def _headline(metric: Metric, alert: Alert) -> str:
    deviation = wording.deviation(alert.deviation).lstrip("+−")
    where = wording.slice_name(alert.slice_key)
    return f"{metric.title.en} {_ARROWS[alert.direction]} {deviation} · {where}"


def _told(result: BacktestResult, alert: Alert) -> str:
    return f"{wording.moment(alert.window, result.zone)} · {alert.metric}"


def _size(alert: Alert, *, is_ratio: bool) -> str:
    value, expected = (wording.amount(one, is_ratio=is_ratio) for one in (alert.value, alert.expected))
    return f"{value} for {expected} expected"


def _score(alert: Alert) -> str:
    return wording.UNKNOWN if alert.score is None else f"{alert.score:.1f}"


def _course(alert: Alert) -> str:
    lasted = "still on at the end" if alert.lasted is None else f"lasted {wording.length(alert.lasted)}"
    parts = [lasted, wording.count(alert.series, "series", "series")]
    if alert.repeats:
        parts.append(f"came back {wording.count(alert.repeats, 'time')}")
    return ", ".join(parts)


def _badge(result: BacktestResult, one: DetectorResult, alert: Alert) -> list[Html]:
    if one.grade is None or not is_graded(result):
        return []
    is_true = one.grade.is_true[one.alerts.index(alert)]
    return [tag("span", "true" if is_true else "false", class_=f"chip {'yes' if is_true else 'no'}")]


def _metric(result: BacktestResult, alert: Alert) -> Metric:
    return next(study.metric for study in result.studies if study.metric.name == alert.metric)
