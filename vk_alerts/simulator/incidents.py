"""Incidents that a simulation plants in its events."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from vk_alerts.errors import ConfigurationError
from vk_alerts.metrics.slices import ALL_KEY, Slice
from vk_alerts.simulator.worlds import DIMENSIONS, FEED, MESSENGER, STREAMS
from vk_alerts.windows import STEP, window_of

# Beyond this the copies of one window would not fit the memory of one INSERT.
_LARGEST_FACTOR = 100.0
_INCIDENTS_A_DAY = 1.0
_FACTORS = (0.3, 0.5, 0.65, 1.6, 2.0)
# Source, action, where, and the metric that shows it best.
_KINDS: tuple[tuple[str, str | None, tuple[tuple[str, str], ...], str], ...] = (
    (FEED, "like", (("os", "Android"),), "likes"),
    (FEED, "like", (("os", "iOS"),), "likes"),
    (FEED, "like", (), "likes"),
    (FEED, None, (("source", "ads"),), "views"),
    (FEED, None, (("country", "Russia"),), "views"),
    (FEED, None, (), "views"),
    (MESSENGER, None, (), "messages"),
    (MESSENGER, None, (("os", "iOS"),), "messages"),
)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that goes wrong with part of the events.

    Attributes:
        source: the stream it is in, such as ``feed``.
        action: single events that change, such as ``like``, or what changes of them, such as ``duration``
            (see :class:`~vk_alerts.simulator.worlds.Stream`); None = all activity of the source, of which
            whole sessions change.
        where: pairs of dimension and value that an event must have, as text; empty = everybody.
        factor: the share of events that remains, 0.65 = −35 %; above 1 events are repeated by the same users,
            1.5 = +50 %. What changes of them is multiplied by it.
        start: first moment, the start of a window; aware, kept in UTC.
        end: first moment after it, the same.
        metric: name of the metric that shows it best, for the ledger.
        slice_key: canonical key of the slice that shows it best, for the ledger.
        factors: where it grows: the factor of each of its windows, the last of which is ``factor`` and stays
            to the end; empty = ``factor`` from the start on.
        late: for sessions only: how long after their window the rest, 1 − factor, arrives after all; zero =
            never.

    Raises:
        ConfigurationError: an unknown source, action or dimension, a factor outside [0, 100], factors that do
            not end with it, rows that cannot be late, or times that are naive, not starts of windows, or in
            the wrong order.
    """

    source: str
    action: str | None
    where: tuple[tuple[str, str], ...]
    factor: float
    start: datetime
    end: datetime
    metric: str
    slice_key: str
    factors: tuple[float, ...] = ()
    late: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.source not in STREAMS:
            raise ConfigurationError(f"incident: unknown source {self.source!r}; known: {', '.join(STREAMS)}")
        stream = STREAMS[self.source]
        actions = (*stream.actions, *stream.measures)
        if self.action is not None and self.action not in actions:
            known = ", ".join(actions) or "none, leave it None"
            raise ConfigurationError(
                f"incident: unknown action {self.action!r} of {self.source}; known: {known}"
            )
        # What a single event is about is not known of its session.
        dimensions = DIMENSIONS if self.action is None else (*DIMENSIONS, *stream.dimensions)
        for dimension, _ in self.where:
            if dimension not in dimensions:
                raise ConfigurationError(
                    f"incident: unknown dimension {dimension!r}; known: {', '.join(dimensions)}"
                )
        for factor in (self.factor, *self.factors):
            if not 0 <= factor <= _LARGEST_FACTOR:
                raise ConfigurationError(f"incident: factor {factor} is not in [0, {_LARGEST_FACTOR:g}]")
        for moment in (self.start, self.end):
            if moment.tzinfo is None or window_of(moment) != moment:
                raise ConfigurationError(f"incident: {moment} is not the start of a window in an aware time")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ConfigurationError(f"incident: ends at {self.end}, not after its start {self.start}")
        self._check_course()

    def _check_course(self) -> None:
        if self.factors and (
            self.factors[-1] != self.factor or len(self.factors) > (self.end - self.start) // STEP
        ):
            raise ConfigurationError(
                f"incident: {len(self.factors)} factors up to {self.factors[-1]} must be at most one a "
                f"window, and end with the factor {self.factor}"
            )
        if self.late < timedelta(0):
            raise ConfigurationError(f"incident: rows cannot be {self.late} late")
        if self.is_late and (self.action is not None or max(self.factor, *self.factors, 0) > 1):
            raise ConfigurationError(
                "incident: only sessions can be late, those that a factor of at most 1 leaves out; leave the "
                "action None"
            )

    @property
    def is_late(self) -> bool:
        """Whether what it leaves out arrives after all."""
        return self.late > timedelta(0)

    @property
    def parts(self) -> tuple[tuple[datetime, datetime, float], ...]:
        """Start, end and factor of its parts, in order: one, or one a window while it grows."""
        if not self.factors:
            return ((self.start, self.end, self.factor),)
        starts = [self.start + number * STEP for number in range(len(self.factors))]
        return tuple(zip(starts, [*starts[1:], self.end], self.factors, strict=True))


def default_incidents(end: datetime) -> tuple[Incident, ...]:
    """The two incidents of the demo, inside the 14 windows before ``end`` (aware, start of a window).

    Windows 0–2 are quiet, 3–6 lack 35 % of the likes on Android, 8–9 lack 70 % of the messenger, the rest is
    clean: each incident is followed by at least four clean windows of its metric.
    """

    def window(number: int) -> datetime:
        return end - (14 - number) * STEP

    android = Slice((("os", "Android"),))
    return (
        Incident(FEED, "like", android.items, 0.65, window(3), window(7), "likes", android.key),
        Incident(MESSENGER, None, (), 0.3, window(8), window(10), "messages", ALL_KEY),
    )


def random_incidents(seed: int, day: date, *, timezone: str = "Europe/Moscow") -> tuple[Incident, ...]:
    """The incidents of one local day of a simulation that keeps running: none, one or two, one on average.

    They start between 10:00 and 20:00 local time, last one to two hours and do not overlap one another.

    Args:
        seed: the same seed and day give the same incidents.
        day: local date; the date part of a datetime is taken as it stands.
        timezone: whose day it is.
    """
    day = day.date() if isinstance(day, datetime) else day
    rng = np.random.default_rng([seed % 2**64, day.toordinal()])
    # Two half-days, each with an incident half of the time.
    halves = (10, 16)
    found = []
    for first_hour in halves:
        happens = rng.random() < _INCIDENTS_A_DAY / len(halves)
        minutes = int(rng.integers(0, 16)) * 15
        length = int(rng.integers(4, 9))
        factor = float(rng.choice(_FACTORS))
        kind = int(rng.integers(0, len(_KINDS)))
        if not happens:
            continue
        local = datetime.combine(day, time(first_hour), ZoneInfo(timezone))
        start = window_of(local + timedelta(minutes=minutes))
        source, action, where, metric = _KINDS[kind]
        found.append(
            Incident(source, action, where, factor, start, start + length * STEP, metric, Slice(where).key)
        )
    return tuple(found)
