"""A backtest as one HTML file that opens anywhere, without a network."""

from vk_alerts.evaluation.report.page import render

__all__ = ["render"]
