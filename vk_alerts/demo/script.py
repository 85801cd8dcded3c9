"""When a scenario's pipeline runs, and on which windows: a pure plan that the player carries out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.demo.scenario import Scenario
from vk_alerts.pipeline.filling import ALLOWED_LATENESS, windows_to_fill
from vk_alerts.windows import window_end, window_key, windows_between

BETWEEN_TICKS = timedelta(minutes=1)
"""How often the schedule looks for what is missing."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment at which the pipeline has something to do.

    Attributes:
        now: when.
        windows: the windows the schedule asks for, in the order it does.
        late: windows whose late rows have arrived since the tick before.
    """

    now: datetime
    windows: tuple[datetime, ...]
    late: tuple[datetime, ...]


def script_of(scenario: Scenario) -> tuple[Tick, ...]:
    """The ticks of the windows that are played live.

    One comes when a window is due, and one when late rows arrive, unless the pipeline is down then; the first
    ones after that ask for what is missing, as the schedule does.
    """
    done = {window_key(window) for window in windows_between(scenario.backfill_start, scenario.live_start)}
    due = {window_end(w) + ALLOWED_LATENESS for w in windows_between(scenario.live_start, scenario.end)}
    arrivals = _arrivals(scenario)
    ticks: list[Tick] = []
    before = scenario.live_start
    for moment in sorted(due | set(arrivals.values())):
        if scenario.is_down(moment):
            continue
        now = moment
        while True:
            windows = windows_to_fill(
                now, done=done, in_progress=(), failures={}, start=scenario.backfill_start
            )
            late = tuple(window for window, at in arrivals.items() if before < at <= now)
            if not windows and not late:
                break
            ticks.append(Tick(now, tuple(windows), late))
            done |= {window_key(one) for one in windows}
            before, now = now, now + BETWEEN_TICKS
    return tuple(ticks)


def _arrivals(scenario: Scenario) -> dict[datetime, datetime]:
    """The windows of which rows are late, and when these arrive."""
    return {
        window: window_end(window) + incident.late
        for incident in scenario.planted
        if incident.is_late
        for window in windows_between(incident.start, incident.end)
    }
