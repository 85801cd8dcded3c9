"""When incidents open and close, and when people hear of them again."""

from dataclasses import dataclass
from datetime import timedelta

from vk_alerts.windows import STEP


@dataclass(frozen=True, slots=True)
class Rules:
    """When an incident opens and closes (Prometheus' ``for`` and ``keep_firing_for``), and what is told then.

    Attributes:
        for_windows: adjacent bad windows that open it, where its metric says nothing else.
        bad_of_recent: or this many bad ones …
        recent: … among this many windows.
        settle_windows: windows well inside the band that close it.
        reopen_within: a closed incident whose next bad windows begin this soon is the same one.
        flap_openings: so many openings of a series …
        flap_within: … in this time are told once as flapping, and then no more.
        worse_factor: what is told as worse deviates at least this many times as much as last told …
        worse_pause: … and not sooner than this after the message before.
        reminders: how long after it was told people are reminded of what still fires, ascending.
        stale_after: nothing heard of it for longer than this is told, once.
    """

    for_windows: int = 2
    bad_of_recent: int = 3
    recent: int = 6
    settle_windows: int = 2
    reopen_within: timedelta = timedelta(minutes=60)
    flap_openings: int = 3
    flap_within: timedelta = timedelta(hours=6)
    worse_factor: float = 1.5
    worse_pause: timedelta = timedelta(minutes=30)
    reminders: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
    stale_after: timedelta = timedelta(hours=2)

    @property
    def remembered(self) -> timedelta:
        """How long after its end a closed incident may still matter: open again, or count as flapping."""
        return max(self.reopen_within + self.recent * STEP, self.flap_within)
