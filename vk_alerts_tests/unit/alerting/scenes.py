"""Windows of many series for the tests of grouping: what each one amounts to, and what was expected of it."""

from collections.abc import Mapping
from dataclasses import replace

from vk_alerts.alerting.lifecycle import Incident, step
from vk_alerts.alerting.relations import Picture
from vk_alerts.alerting.verdicts import Direction, Judgement, Verdict
from vk_alerts_tests.unit.alerting.series import GRAPH, RULES, at, row

Series = Mapping[str, tuple[float, float]]
"""``metric`` or ``metric@slice`` → value and expected."""

_SOURCES = {"messages": "messenger", "messenger_users": "messenger"}


def verdict_on(name: str, value: float | None, expected: float, *, number: int = 0, **changes) -> Verdict:
    """A hard verdict on a series that is off, a normal one on one that is not."""
    metric, _, slice_key = name.partition("@")
    given = {
        "source": _SOURCES.get(metric, "feed"),
        "metric": metric,
        "slice_key": slice_key or "all",
        "value": value,
        "expected": expected,
        "lower": 0.8 * expected,
        "upper": 1.2 * expected,
        "evidence": 1000.0,
        "score": 12.0,
    }
    scored = row(at(number), **(given | changes))
    if value is None:
        return Verdict(scored, Judgement.NONE, None)
    deviation = scored.deviation or 0.0
    side = Direction.DOWN if deviation < 0 else Direction.UP
    return Verdict(scored, Judgement.HARD if abs(deviation) > 0.0501 else Judgement.NORMAL, side)


def window_of(series: Series, *, number: int = 0) -> list[Verdict]:
    """Verdicts on the series of a window."""
    return [verdict_on(name, *amounts, number=number) for name, amounts in series.items()]


def picture_of(series: Series) -> Picture:
    """A window of such series, under the packaged catalog's graph."""
    verdicts = window_of(series)
    return Picture({(v.scored.metric, v.scored.slice_key): v for v in verdicts}, GRAPH)


def opened(name: str, value: float, expected: float = 100.0, **changes) -> Incident:
    """The incident that a series opens at once, with a readable id: its own name."""
    verdict = verdict_on(name, value, expected)
    assert verdict.direction is not None
    hard = replace(verdict, judgement=Judgement.HARD)
    incident = step(None, hard, verdict.direction, RULES).incident
    assert incident is not None
    return replace(incident, **({"id": name} | changes))


def all_opened(series: Series) -> list[Incident]:
    """The incidents of those series of a window that are off."""
    return [
        opened(name, *amounts)
        for name, amounts in series.items()
        if abs(amounts[0] / amounts[1] - 1) > 0.0501
    ]
