"""Any chart → a picture."""

from matplotlib.figure import Figure

from vk_alerts.charts import look
from vk_alerts.charts.chart import compose_series
from vk_alerts.charts.model import ChartInput
from vk_alerts.charts.outage import OutageChart, compose_outage
from vk_alerts.charts.storm import StormChart, compose_storm

Chart = ChartInput | OutageChart | StormChart
"""What can be drawn."""


def draw(chart: Chart) -> bytes:
    """A PNG, 1280×720 px and under 100 kB, readable on a phone."""
    with look.style():
        return look.png(compose(chart))


def compose(chart: Chart) -> Figure:
    """The figure that `draw` turns into pixels; to be called within `look.style`."""
    match chart:
        case OutageChart():
            return compose_outage(chart)
        case StormChart():
            return compose_storm(chart)
        case ChartInput():
            return compose_series(chart)
