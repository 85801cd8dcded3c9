"""What keeps failing in the pipeline itself: runs with one cause are one trouble, from first to last."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vk_alerts.errors import ConfigurationError
from vk_alerts.windows import STEP, window_from_key

# A failed window is tried again after an hour at the latest: what is quiet for longer is not tried any more.
QUIET_AFTER = timedelta(hours=3)
# What fails again so soon after a success has not been over.
SETTLES_IN = timedelta(minutes=10)
# What tells runs with one cause apart: windows, times, ids and counts.
_CHANGING = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b0x[0-9a-f]+\b|\d+([-:.,]\d+)*")
_TOKEN = re.compile(r"[0-9]{3,20}(?::|%3[Aa])[A-Za-z0-9_-]{30,64}", re.ASCII)
# A password may hold a slash; what is left of the last @ of a word is never the host.
_CREDENTIALS = re.compile(r"(?<=://)[^\s@/:]*:[^\s]*@|(?<=://)[^/\s]+@")
_PARAMETER = re.compile(r"(?i)\b(password|passwd|pwd|token|secret|api_key)=[^&\s'\"]+")
_HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended.

    Attributes:
        run: its id.
        job: the job's name.
        partition: its partition's key, or the first and last of a range with ``..`` between; empty = none.
        at: when it ended, aware UTC.
        cause: the first line of what failed; None = it has succeeded.
    """

    run: str
    job: str
    partition: str
    at: datetime
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A cause, and the runs that failed of it.

    Attributes:
        run: id of the first run that failed.
        cause: its first line, without secrets.
        since: when that run ended, aware UTC.
        last: when the last one did.
        failures: how many runs have failed.
        failed: (job, partition) of all of them, in order.
        left: those of them that have not succeeded since.
    """

    run: str
    cause: str
    since: datetime
    last: datetime
    failures: int
    failed: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]

    @property
    def jobs(self) -> list[str]:
        """The jobs that failed, in order."""
        return list(dict.fromkeys(job for job, _ in self.failed))

    @property
    def partitions(self) -> int:
        """How many partitions are affected; 0 = what failed has none."""
        return _count(partition for _, partition in self.failed)

    @property
    def partitions_left(self) -> int:
        """How many of them have not succeeded since."""
        return _count(partition for _, partition in self.left)


@dataclass(frozen=True, slots=True)
class Followed:
    """What runs that ended did to the troubles.

    Attributes:
        open: troubles that go on, oldest first.
        begun: those of them that nobody was told of.
        over: those that were open, and are not any more.
    """

    open: tuple[Trouble, ...]
    begun: tuple[Trouble, ...]
    over: tuple[Trouble, ...]


def follow(troubles: Sequence[Trouble], ended: Iterable[Ended], *, now: datetime) -> Followed:
    """What is open now, what of it is new, and what is over.

    Args:
        troubles: that were open before.
        ended: runs that have ended since, in any order.
        now: aware UTC.
    """
    known = {_likeness(trouble.cause): trouble for trouble in troubles}
    new: list[str] = []
    for run in sorted(ended, key=lambda one: one.at):
        if run.cause is None:
            known = {key: _mended(trouble, run) for key, trouble in known.items()}
            continue
        cause = without_secrets(run.cause)
        key = _likeness(cause)
        if key not in known:
            new.append(key)
            known[key] = Trouble(run.run, cause, run.at, run.at, 0, (), ())
        known[key] = _worse(known[key], run)
    over = {key for key, trouble in known.items() if key not in new and _is_over(trouble, now)}
    return Followed(
        open=tuple(trouble for key, trouble in known.items() if key not in over),
        begun=tuple(known[key] for key in new),
        over=tuple(known[key] for key in known if key in over),
    )


def without_secrets(text: str) -> str:
    """The first line of ``text``, without bots' tokens and without what stands before the host in a URL."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "unknown")
    line = _CREDENTIALS.sub(f"{_HIDDEN}@", _TOKEN.sub(_HIDDEN, line))
    return _PARAMETER.sub(rf"\1={_HIDDEN}", line)


def _count(partitions: Iterable[str]) -> int:
    """How many partitions there are in keys and ranges of keys."""
    count = 0
    for partition in {one for one in partitions if one}:
        first, _, last = partition.partition("..")
        try:
            count += (window_from_key(last) - window_from_key(first)) // STEP + 1 if last else 1
        except ConfigurationError:  # a range of days
            count += 1
    return count


def _likeness(cause: str) -> str:
    """The cause without what differs from run to run."""
    return _CHANGING.sub("#", cause)


def _worse(trouble: Trouble, run: Ended) -> Trouble:
    one = (run.job, run.partition)
    return replace(
        trouble,
        last=max(trouble.last, run.at),
        failures=trouble.failures + 1,
        failed=trouble.failed if one in trouble.failed else (*trouble.failed, one),
        left=trouble.left if one in trouble.left else (*trouble.left, one),
    )


def _mended(trouble: Trouble, run: Ended) -> Trouble:
    one = (run.job, run.partition)
    return replace(trouble, left=tuple(each for each in trouble.left if each != one))


def _is_over(trouble: Trouble, now: datetime) -> bool:
    quiet = now - trouble.last
    return quiet >= (QUIET_AFTER if trouble.left else SETTLES_IN)
