"""Pictures of a series: the chart of a message and the sparkline of a materialization."""

from vk_alerts.charts.chart import draw
from vk_alerts.charts.model import ChartInput
from vk_alerts.charts.sparkline import sparkline

__all__ = ["ChartInput", "draw", "sparkline"]
