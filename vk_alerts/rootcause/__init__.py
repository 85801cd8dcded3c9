"""Which slice explains a deviation: pure functions over tables of leaves."""

from vk_alerts.rootcause.ratios import RatioPart, explain_ratio
from vk_alerts.rootcause.search import Cause, explain
from vk_alerts.rootcause.uniques import explain_uniques

__all__ = ["Cause", "RatioPart", "explain", "explain_ratio", "explain_uniques"]
