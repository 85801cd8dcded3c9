"""The report: whole, safe and small, whatever it is about."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import numpy as np
import pytest

from vk_alerts.evaluation.grading import grade
from vk_alerts.evaluation.labels import Label, Labels
from vk_alerts.evaluation.period import Period
from vk_alerts.evaluation.report import render
from vk_alerts.evaluation.report.markup import Html, joined, tag
from vk_alerts.evaluation.result import BacktestResult, DetectorResult
from vk_alerts.evaluation.study import Study, Tally
from vk_alerts.evaluation.tradeoff import Setting
from vk_alerts_tests.unit.evaluation.boards import CATALOG, DAY, START, alert, stretch_of

PERIOD = Period(START, START + 28 * DAY, START - 14 * DAY, 28 * DAY)
WEEK = 7 * 96
LABELS = Labels((Label(START + DAY, START + DAY + timedelta(hours=1), "likes", "all", "feed"),), "by hand")
METRICS = tuple(metric.name for metric in CATALOG.metrics)
_VOID = {"meta", "path", "br"}


class Page(HTMLParser):
    """What a browser would make of a report; fails where elements do not close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))
        if name not in _VOID:
            self.open.append(name)

    def handle_startendtag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


def detector(name: str, **changes: object) -> DetectorResult:
    alerts = (alert(100), alert(700, slice_key="os=iOS"))
    given: dict[str, object] = {
        "name": name,
        "metrics_in_use": METRICS if name == "seasonal" else (),
        "start": PERIOD.start,
        "end": PERIOD.end,
        "alerts": alerts,
        "grade": grade(alerts, LABELS.incidents),
        "tally": Tally(1000, 990, 900, 9),
        "settings": tuple(
            Setting(factor, 4.0 / factor, grade(alerts, LABELS.incidents), 28.0, is_stopped=False)
            for factor in (0.7, 1.0, 2.0)
        ),
        "seconds": 1.0,
    }
    return DetectorResult(**(given | changes))  # type: ignore[arg-type]


def result(*detectors: DetectorResult, **changes: object) -> BacktestResult:
    study = Study(())
    rng = np.random.default_rng(1)
    for one in detectors:
        letters = "".join(rng.choice(list("...?")) for _ in range(WEEK))
        study.add(one.name, stretch_of({"likes": letters, "likes/os=iOS": letters, "ctr": letters}))
    given: dict[str, object] = {
        "period": PERIOD,
        "zone": "Europe/Moscow",
        "series": 3,
        "detectors": detectors,
        "studies": tuple(study.result("Europe/Moscow")),
        "labels": LABELS,
        "budget": 7.0,
        "points": 1000,
    }
    return BacktestResult(**(given | changes))  # type: ignore[arg-type]


def ungraded(one: DetectorResult) -> DetectorResult:
    settings = tuple(replace(setting, grade=None) for setting in one.settings)
    return replace(one, grade=None, settings=settings)


STOPPED = detector(
    "iqr",
    end=PERIOD.start + 7 * DAY,
    settings=(
        Setting(2.0, 90.0, None, 7.0, is_stopped=True),
        Setting(4.0, 3.0, None, 28.0, is_stopped=False),
    ),
)


@pytest.mark.parametrize(
    "given",
    [
        result(detector("seasonal"), detector("iqr")),
        result(ungraded(detector("seasonal")), ungraded(STOPPED), labels=None),
        result(detector("iqr", alerts=(), grade=grade((), LABELS.incidents))),
        result(ungraded(detector("seasonal", alerts=())), labels=Labels((), "by hand")),
        result(detector("seasonal", settings=(Setting(16.0, 90.0, None, 7.0, is_stopped=True),))),
    ],
    ids=["graded", "ungraded", "nothing told", "no label in the period", "too many whatever the threshold"],
)
def test_a_report_is_one_whole_file_that_fetches_and_runs_nothing(given: BacktestResult) -> None:
    html = render(given)
    page = Page(html)
    assert html.startswith("<!doctype html>\n<html")
    assert not {name for name, _ in page.tags} & {"script", "link", "img", "iframe", "object", "base"}
    policies = [one["content"] for _, one in page.tags if one.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?\s*(?!#)[a-z/]", html.split("</style>")[1])
    assert "url(" not in html
    assert "@import" not in html
    assert "nan" not in html.lower().replace("font-variant-numeric", "")
    assert "None" not in page.said
    targets = {attributes.get("id") for _, attributes in page.tags}
    assert {attributes["href"] for name, attributes in page.tags if name == "a"} <= {
        f"#{name}" for name in targets
    }


def test_every_detector_metric_and_alert_is_there() -> None:
    said = Page(render(result(detector("seasonal"), detector("iqr")))).said
    assert "seasonal, the detector in use, would have sent 2 alerts in 28 days, 0.5 a week." in said.replace(
        "\u00a0", " "
    )
    assert "It told 1 of 1 incident" in said.replace("\u00a0", " ")
    for text in ("Likes ↓ 40% · everybody", "Likes ↓ 40% · iOS", "60 for 100 expected", "CTR", "lasted 1"):
        assert text in said, text


def test_names_from_the_data_are_only_text() -> None:
    hostile = '</style></title><script>alert("1")</script>&amp;\'"'
    slice_key = f"os={hostile}".replace(",", "\\,")
    alerts = (alert(100, slice_key=slice_key),)
    labels = Labels((replace(LABELS.incidents[0], slice_key=slice_key),), hostile)
    html = render(
        result(detector("seasonal", alerts=alerts, grade=grade(alerts, labels.incidents)), labels=labels)
    )
    page = Page(html)
    assert "script" not in {name for name, _ in page.tags}
    assert "<script" not in html
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;" in html
    assert page.said.count('<script>alert("1")</script>') >= 3


def test_a_flood_of_alerts_is_cut_and_says_so() -> None:
    alerts = tuple(alert(number, score=5.0 + number % 7) for number in range(10, 910))
    html = render(result(detector("seasonal", alerts=alerts, grade=grade(alerts, LABELS.incidents))))
    said = Page(html).said
    assert "and 840 more; these are the strongest" in said
    assert len(html) < 600_000


def test_a_stopped_detector_is_compared_where_people_could_live_with_it() -> None:
    settings = (
        Setting(2.0, 90.0, grade((), LABELS.incidents), 7.0, is_stopped=True),
        Setting(4.0, 3.0, grade((alert(97),), LABELS.incidents), 28.0, is_stopped=False),
    )
    html = render(result(detector("seasonal"), replace(STOPPED, settings=settings)))
    said = Page(html).said.replace("\u00a0", " ")
    assert "iqr (after 7 days) was stopped: more than 70 alerts a week." in said
    assert "iqr ×4" in said
    assert "30 min" in said


def test_the_json_holds_figures_only() -> None:
    told = result(detector("seasonal"), STOPPED).as_json()
    assert told["days"] == 28.0
    first, second = told["detectors"]  # type: ignore[misc]
    assert first["alerts_per_week"] == 0.5
    assert first["grade"]["recall"] == 1.0
    assert first["within_budget"]["factor"] == 0.7
    assert [week["alerts"] for week in second["weeks"]] == [1, None, None, None]
    assert second["is_stopped"] is True


def test_a_tag_escapes_texts_and_values_and_nothing_twice() -> None:
    inner = tag("b", "a < b & c")
    assert inner == "<b>a &lt; b &amp; c</b>"
    assert tag("p", inner, "<i>", class_='x"y', data_label="n & m", hidden=None) == (
        '<p class="x&quot;y" data-label="n &amp; m"><b>a &lt; b &amp; c</b>&lt;i&gt;</p>'
    )
    assert tag("path", d="M0 0") == '<path d="M0 0"/>'
    assert joined(Html("<b>"), "<b>") == "<b>&lt;b&gt;"
