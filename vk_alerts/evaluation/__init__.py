"""Detectors compared on the user's own snapshots, under production's rules."""

from vk_alerts.evaluation.backtest import backtest
from vk_alerts.evaluation.plan import BacktestOptions, Plan, plan_backtest
from vk_alerts.evaluation.report import render
from vk_alerts.evaluation.result import BacktestResult, DetectorResult
from vk_alerts.evaluation.show import progress_bar, show_result

__all__ = [
    "BacktestOptions",
    "BacktestResult",
    "DetectorResult",
    "Plan",
    "backtest",
    "plan_backtest",
    "progress_bar",
    "render",
    "show_result",
]
