"""What goes wrong in the shop, and what must be told of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.expectations import all_told, exactly, headed_by, headed_in_place, told_after
from vk_alerts.demo.options import DEFAULT
from vk_alerts.demo.scenario import Plot, Windows
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.simulator import Incident
from vk_alerts.simulator.worlds import SHOP

OPEN, RESOLVED = NotificationKind.OPEN, NotificationKind.RESOLVED
_IOS = (("os", "iOS"),)


def _default(window: Windows) -> tuple[Incident, ...]:
    return (
        Incident(SHOP, "order", _IOS, 0.3, window(2), window(5), "orders", "os=iOS"),
        Incident(SHOP, "order", (), 0.4, window(12), window(15), "orders", ALL_KEY),
    )


SHOP_SCENARIOS: Final[Mapping[str, Plot]] = MappingProxyType(
    {
        DEFAULT: Plot(
            shows="the checkout on iOS loses 70 % of the orders, then the payments of all users fail by 60 %",
            live_windows=19,
            plants=_default,
            expectations=(
                all_told(),
                exactly({OPEN: 2, RESOLVED: 2}),
                headed_by("os=iOS", "orders", "conversion"),
                headed_in_place(),
                told_after(0, 2),
            ),
        ),
    }
)
