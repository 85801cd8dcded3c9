"""What people want to hear: nothing of what they silenced, no reminders of what they have taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vk_alerts.alerting.silences import Silence
from vk_alerts.windows import window_end


@dataclass(frozen=True, slots=True)
class Audience:
    """What people want to hear.

    Attributes:
        moment: seconds since the epoch at which silences are looked at; None = the window's end.
        silences: about what nothing is to be sent.
        taken: who is at work on what, by id of group or incident.
    """

    moment: float | None = None
    silences: tuple[Silence, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)

    def silence_of(self, metric: str | None, slice_key: str, window: datetime) -> Silence | None:
        """The silence that holds for a series; ``None`` for a metric asks for one that holds for all."""
        moment = window_end(window).timestamp() if self.moment is None else self.moment
        for silence in self.silences:
            if not silence.holds_at(moment):
                continue
            if metric is None and silence.metric is None and silence.slice_key is None:
                return silence
            if metric is not None and silence.covers(metric, slice_key):
                return silence
        return None
