"""The description of a simulation: a value from which every event follows."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator.incidents import Incident
from vk_alerts.simulator.worlds import FEED, MESSENGER, SOCIAL, streams_of
from vk_alerts.windows import STEP, window_of

# Users come in blocks of this many, of which each cohort has its fixed share (habits.COHORTS).
USERS_PER_BLOCK = 50
_FEWEST_USERS = 24_000
# About one session a user and day at the default rates.
_USERS_PER_DAILY_EVENT = 0.24


@dataclass(frozen=True, slots=True)
class Simulation:
    """The events of a world, given by a seed; a description only, written by ``write_events``.

    Everything hangs on the seed and the number of the window counted from ``start``: shifting ``start`` by
    whole weeks shifts the same events (in a time zone without daylight saving).

    Attributes:
        seed: any integer.
        start: start of window 0, aware; nothing happens before it.
        feed_per_day: views and likes a day, on average over the days of any week at least this many.
        messages_per_day: messages a day, the same.
        incidents: what goes wrong.
        timezone: whose days and nights the users live by.
        world: what is simulated; ``social`` is an app with a feed and a messenger.
        events_per_day: events a day of a world with another stream, the same.

    Raises:
        ConfigurationError: ``start`` is naive or not the start of a window, a rate is negative, the time zone
            or the world is unknown, or an incident belongs to another world.
    """

    seed: int
    start: datetime = field(kw_only=True)
    feed_per_day: int = field(default=100_000, kw_only=True)
    messages_per_day: int = field(default=30_000, kw_only=True)
    incidents: tuple[Incident, ...] = field(default=(), kw_only=True)
    timezone: str = field(default="Europe/Moscow", kw_only=True)
    world: str = field(default=SOCIAL, kw_only=True)
    events_per_day: int = field(default=100_000, kw_only=True)

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or window_of(self.start) != self.start:
            raise ConfigurationError(f"simulation: start {self.start} is not the start of a window, aware")
        if self.feed_per_day < 0 or self.messages_per_day < 0:
            raise ConfigurationError(
                f"simulation: {self.feed_per_day} feed events and {self.messages_per_day} messages a day; "
                "neither may be negative"
            )
        if self.events_per_day < 0:
            raise ConfigurationError(f"simulation: {self.events_per_day} events a day; must not be negative")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigurationError(f"simulation: unknown time zone {self.timezone!r}") from error
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "incidents", tuple(self.incidents))
        streams = streams_of(self.world)
        for incident in self.incidents:
            if incident.source not in streams:
                raise ConfigurationError(
                    f"simulation: an incident of {incident.source!r} is in no stream of {self.world}; "
                    f"known: {', '.join(streams)}"
                )

    def per_day(self, source: str) -> int:
        """Events a day of one of its streams."""
        return {FEED: self.feed_per_day, MESSENGER: self.messages_per_day}.get(source, self.events_per_day)

    @property
    def users(self) -> int:
        """How many users there are, a multiple of 50, at least 24,000."""
        most = self.feed_per_day if self.world == SOCIAL else self.events_per_day
        wanted = max(_FEWEST_USERS, _USERS_PER_DAILY_EVENT * most)
        return -int(-wanted // USERS_PER_BLOCK) * USERS_PER_BLOCK

    def ordinal(self, moment: datetime) -> int:
        """The number of the window that starts at ``moment``, counted from ``start``; negative before it.

        Raises:
            ConfigurationError: ``moment`` is naive or not the start of a window.
        """
        if moment.tzinfo is None or window_of(moment) != moment:
            raise ConfigurationError(f"simulation: {moment} is not the start of a window, aware")
        return (moment - self.start) // STEP
