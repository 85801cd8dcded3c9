"""What goes wrong with the API, and what must be told of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.expectations import all_told, exactly, headed_by, headed_in_place, told_after
from vk_alerts.demo.options import DEFAULT
from vk_alerts.demo.scenario import Plot, Windows
from vk_alerts.simulator import Incident
from vk_alerts.simulator.worlds import API

OPEN, RESOLVED = NotificationKind.OPEN, NotificationKind.RESOLVED
_SEARCH = (("endpoint", "/search"),)
_NORTHWEST = (("region", "northwest"),)


def _default(window: Windows) -> tuple[Incident, ...]:
    return (
        Incident(API, "duration", _SEARCH, 1.8, window(2), window(5), "p95", "endpoint=/search"),
        Incident(API, "errors", _NORTHWEST, 6.0, window(12), window(15), "errors", "region=northwest"),
    )


API_SCENARIOS: Final[Mapping[str, Plot]] = MappingProxyType(
    {
        DEFAULT: Plot(
            shows="a deploy makes /search 80 % slower, then one region answers with six times the errors",
            live_windows=19,
            plants=_default,
            expectations=(
                all_told(),
                exactly({OPEN: 2, RESOLVED: 2}),
                headed_by("endpoint=/search", "p95"),
                headed_in_place(),
                told_after(0, 2),
            ),
        ),
    }
)
