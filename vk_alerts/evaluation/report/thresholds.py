"""What other thresholds would give, as a chart."""

import math

from vk_alerts.evaluation.report import wording
from vk_alerts.evaluation.report.figures import HEIGHT, WIDTH, curve, figure, plot
from vk_alerts.evaluation.report.markup import Html, tag
from vk_alerts.evaluation.report.summary import is_graded
from vk_alerts.evaluation.result import BacktestResult, DetectorResult
from vk_alerts.evaluation.tradeoff import AS_IT_IS, Setting

_TICKS = (0, 1, 3, 10, 30, 100, 300, 1000)
_SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)


def tradeoff_chart(result: BacktestResult) -> Html:
    """Found incidents over false alerts; without labels, alerts over thresholds."""
    return _found_over_false(result) if is_graded(result) else _alerts_over_threshold(result)


def _found_over_false(result: BacktestResult) -> Html:
    shown = [setting for one in result.detectors for setting in _followed(one)]
    most = max([result.budget, *(one.false_per_week for one in shown)])

    def across(false: float) -> float:
        return math.log1p(false) / math.log1p(most * 1.1)

    curves = [
        _curve(number, _followed(one), [(across(s.false_per_week), s.recall or 0.0) for s in _followed(one)])
        for number, one in enumerate(result.detectors)
    ]
    limit = across(result.budget)
    lines = "".join(f"M0 {HEIGHT * (1 - up):.0f}H{WIDTH}" for up in _SHARES)
    drawing = figure(
        tag("path", class_="grid", d=lines),
        tag("path", class_="budget", d=f"M{WIDTH * limit:.0f} 0V{HEIGHT}"),
        *curves,
        title="Share of incidents found over false alerts a week, for different thresholds",
    )
    ticks = [(across(tick), f"{tick:,}") for tick in _TICKS if tick <= most * 1.1]
    return plot(drawing, ys=[wording.share(up) for up in _SHARES], xs=_apart(ticks), size="tall")


def _alerts_over_threshold(result: BacktestResult) -> Html:
    shown = [setting for one in result.detectors for setting in _followed(one)]
    most = max([result.budget, *(one.alerts_per_week for one in shown)]) * 1.1
    factors = [setting.factor for setting in shown] or [AS_IT_IS]
    lowest, highest = min(factors), max(factors)

    def across(factor: float) -> float:
        return math.log(factor / lowest) / math.log(highest / lowest) if highest > lowest else 0.5

    def up(alerts: float) -> float:
        return math.log1p(alerts) / math.log1p(most)

    curves = [
        _curve(number, _followed(one), [(across(s.factor), up(s.alerts_per_week)) for s in _followed(one)])
        for number, one in enumerate(result.detectors)
    ]
    drawing = figure(
        tag("path", class_="budget", d=f"M0 {HEIGHT * (1 - up(result.budget)):.0f}H{WIDTH}"),
        *curves,
        title="Alerts a week over thresholds",
    )
    ticks = [(across(factor), wording.times(factor)) for factor in (1, 2, 4, 8, 16) if factor <= highest]
    return plot(
        drawing, ys=[f"{most:.0f}", f"{math.expm1(math.log1p(most) / 2):.0f}", "0"], xs=ticks, size="tall"
    )


def _followed(one: DetectorResult) -> list[Setting]:
    """Without what was stopped, whose figures rest on other days."""
    return [setting for setting in one.settings if not setting.is_stopped]


def _curve(number: int, settings: list[Setting], points: list[tuple[float, float]]) -> Html:
    current = next((place for place, one in enumerate(settings) if one.factor == AS_IT_IS), None)
    return curve(f"c{number}", points, current=current)


def _apart(ticks: list[tuple[float, str]]) -> list[tuple[float, str]]:
    kept: list[tuple[float, str]] = []
    for place, text in ticks:
        if not kept or place - kept[-1][0] > 0.07:
            kept.append((place, text))
    return kept
