"""How each metric behaves, and what each detector makes of it."""

import numpy as np

from vk_alerts.evaluation.report import wording
from vk_alerts.evaluation.report.figures import Scale, plot, profile_figure
from vk_alerts.evaluation.report.markup import Html, tag
from vk_alerts.evaluation.result import BacktestResult
from vk_alerts.evaluation.study import Behaviour, MetricStudy
from vk_alerts.metrics.model import MetricKind

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HEADROOM = 1.08


def metric_cards(result: BacktestResult) -> Html:
    """A card for each metric."""
    return tag("div", *(_card(result, study) for study in result.studies), class_="grid")


def _card(result: BacktestResult, study: MetricStudy) -> Html:
    metric = study.metric
    is_ratio = metric.kind is MetricKind.RATIO
    facts = [
        ("level", wording.amount(study.level, is_ratio=is_ratio)),
        ("busiest ÷ quietest hour", wording.UNKNOWN if study.swing is None else wording.times(study.swing)),
        ("series", f"{study.series}"),
    ]
    return tag(
        "div",
        tag("div", tag("h3", metric.title.en), tag("code", metric.name, class_="quiet"), class_="head"),
        tag("div", *(tag("span", f"{name} ", tag("b", text)) for name, text in facts), class_="facts"),
        _profile(study, is_ratio=is_ratio),
        _table(result, study),
        class_="card",
    )


def _profile(study: MetricStudy, *, is_ratio: bool) -> Html:
    known = study.profile[np.isfinite(study.profile)]
    if not known.size:
        return tag("p", "No values in this period.", class_="note")
    low = float(known.min()) / _HEADROOM if is_ratio else 0.0
    scale = Scale(low, float(known.max()) * _HEADROOM or 1.0)
    drawing = profile_figure(
        study.profile, scale, title=f"{study.metric.title.en}: a usual week, median and quartiles by hour"
    )
    ys = [wording.edge(end, is_ratio=is_ratio) for end in (scale.high, scale.low)]
    xs = [((place + 0.5) / len(_DAYS), name) for place, name in enumerate(_DAYS)]
    return plot(drawing, ys=ys, xs=xs, size="week")


def _table(result: BacktestResult, study: MetricStudy) -> Html:
    rows = [
        tag(
            "tr",
            tag("td", tag("span", class_=f"key c{number}"), one.name),
            *_cells(study.behaviour[one.name]),
        )
        for number, one in enumerate(result.detectors)
        if one.name in study.behaviour
    ]
    names = (
        "Detector",
        "Noise",
        "r 15\u00a0min",
        "r 1\u00a0h",
        "Total crosses",
        "Slice crosses",
        "No verdict",
    )
    head = tag("thead", tag("tr", *(tag("th", name) for name in names)))
    return tag("table", head, tag("tbody", *rows), class_="small")


def _cells(one: Behaviour) -> list[Html]:
    return [
        tag("td", text)
        for text in (
            wording.share(one.noise, decimals=1),
            wording.correlation(one.autocorrelation["15 min"]),
            wording.correlation(one.autocorrelation["1 h"]),
            wording.rate(one.totals.crossed_per_week),
            wording.rate(one.slices.crossed_per_week),
            wording.share((one.totals + one.slices).unjudged_share, decimals=1),
        )
    ]
