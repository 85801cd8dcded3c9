"""Pictures: the charts of messages and the sparkline of a materialization."""

from vk_alerts.charts.drawing import Chart, draw
from vk_alerts.charts.model import ChartInput
from vk_alerts.charts.outage import OutageChart
from vk_alerts.charts.sparkline import sparkline
from vk_alerts.charts.storm import StormChart

__all__ = ["Chart", "ChartInput", "OutageChart", "StormChart", "draw", "sparkline"]
