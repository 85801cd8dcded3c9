"""When a scenario's pipeline runs, and on which windows: a pure plan that the player carries out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.demo.scenario import Scenario
from vk_alerts.pipeline.filling import ALLOWED_LATENESS, windows_to_fill
from vk_alerts.windows import STEP, window_end, window_key, windows_between

BETWEEN_TICKS = timedelta(minutes=1)
"""How often the schedule looks for what is missing."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One run of the schedule.

    Attributes:
        now: when.
        windows: the windows it asks for, in the order it does.
        late: windows whose late rows have arrived since the tick before.
    """

    now: datetime
    windows: tuple[datetime, ...]
    late: tuple[datetime, ...]


def script_of(scenario: Scenario) -> tuple[Tick, ...]:
    """The ticks of the windows that are played live.

    A tick comes when its window is due, unless the pipeline is down then; the first ones after that ask for
    what is missing, as the schedule does.
    """
    done = {window_key(window) for window in windows_between(scenario.backfill_start, scenario.live_start)}
    ticks: list[Tick] = []
    before = scenario.live_start
    for window in windows_between(scenario.live_start, scenario.end):
        if scenario.misses(window):
            continue
        now = window_end(window) + ALLOWED_LATENESS
        while windows := windows_to_fill(
            now, done=done, in_progress=(), failures={}, start=scenario.backfill_start
        ):
            ticks.append(Tick(now, tuple(windows), late_windows(scenario, before, now)))
            done |= {window_key(one) for one in windows}
            before, now = now, now + BETWEEN_TICKS
    return tuple(ticks)


def late_windows(scenario: Scenario, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """The windows whose late rows arrive in (after, until]."""
    found = {
        window
        for incident in scenario.planted
        if incident.is_late
        for window in windows_between(incident.start, incident.end)
        if after < window + STEP + incident.late <= until
    }
    return tuple(sorted(found))
