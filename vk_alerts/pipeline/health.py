"""Whether the watcher itself is well: fresh scores, sources on time, verdicts, messages, thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from vk_alerts.clickhouse.versions import SCORES_ASSET, THRESHOLDS_ASSET
from vk_alerts.pipeline.completeness import watermarks
from vk_alerts.pipeline.filling import ALLOWED_LATENESS, LOOK_BACK
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP, last_closed, window_end, window_from_key, window_key, window_of

# A window more than the one that is being scored is late.
MOST_WINDOWS_BEHIND = 2
# Events that come later than this are missing from windows that are judged.
MOST_SOURCE_LAG = timedelta(minutes=15)
# With fewer of the series judged, drops are missed: a new installation, or history that was lost.
LEAST_COVERAGE = 0.5
# A message that is this old and unsent is no alert any more.
MOST_MESSAGE_AGE = timedelta(minutes=30)
# A day's thresholds are calibrated in the night after it.
MOST_CALIBRATION_AGE = timedelta(days=3)
# Calibration begins with so much of scores.
_CALIBRATED_FROM = timedelta(days=15)


class Check(StrEnum):
    """What is looked at."""

    SCORES_FRESH = "scores_are_fresh"
    SOURCES_ON_TIME = "sources_are_on_time"
    SERIES_JUDGED = "series_are_judged"
    MESSAGES_SENT = "messages_are_sent"
    THRESHOLDS_RECENT = "thresholds_are_recent"


# Without these nobody would be alerted; the others only make alerts worse.
ALIVE = (Check.SCORES_FRESH, Check.MESSAGES_SENT)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one of them is.

    Attributes:
        check: which.
        passed: whether all is well.
        reason: what was seen, and what to do when it is not well.
        figures: the numbers behind it.
    """

    check: Check
    passed: bool
    reason: str
    figures: Mapping[str, float | str] = field(default_factory=dict)


def check_health(stores: Stores, now: datetime) -> list[CheckResult]:
    """All checks at a moment.

    Raises:
        VkAlertsError: a store cannot be used.
    """
    newest = _newest(stores, now)
    # ClickHouse's moments have whole seconds, a clock's do not.
    this = window_of(now)
    calibrated = stores.results.commits(THRESHOLDS_ASSET, this - timedelta(days=60), this + timedelta(days=1))
    oldest_score = stores.results.commits(SCORES_ASSET, stores.settings.start, this - _CALIBRATED_FROM)
    return [
        scores_are_fresh(newest, now),
        sources_are_on_time(watermarks(stores, now), now),
        series_are_judged(*_judged(stores, newest)),
        messages_are_sent(stores.outbox.oldest_waiting(), now),
        thresholds_are_recent(
            max((commit.window for commit in calibrated), default=None), now, is_needed=bool(oldest_score)
        ),
    ]


def check_alive(stores: Stores, now: datetime) -> list[CheckResult]:
    """Only the checks without which nobody would be alerted: cheap enough to be asked for all the time.

    Raises:
        VkAlertsError: a store cannot be used.
    """
    return [
        scores_are_fresh(_newest(stores, now), now),
        messages_are_sent(stores.outbox.oldest_waiting(), now),
    ]


def scores_are_fresh(newest: datetime | None, now: datetime) -> CheckResult:
    """Whether the newest window that is due is scored; ``newest``: the newest that is."""
    due = last_closed(now - ALLOWED_LATENESS)
    if newest is None:
        reason = "no window of the last 48 h is scored; see whether the daemon runs and runs succeed"
        return CheckResult(Check.SCORES_FRESH, passed=False, reason=reason)
    behind = max(0, (due - newest) // STEP)
    figures: dict[str, float | str] = {
        "newest scored window": window_key(newest),
        "windows behind": float(behind),
    }
    if behind > MOST_WINDOWS_BEHIND:
        reason = f"{behind} windows behind; see whether the daemon runs and runs succeed"
        return CheckResult(Check.SCORES_FRESH, passed=False, reason=reason, figures=figures)
    return CheckResult(Check.SCORES_FRESH, passed=True, reason=f"{behind} windows behind", figures=figures)


def sources_are_on_time(reached: Mapping[str, datetime | None], now: datetime) -> CheckResult:
    """Whether events arrive soon after they happen; ``reached``: the sources' watermarks."""
    minutes = {
        name: round((now - newest) / timedelta(minutes=1), 1) for name, newest in reached.items() if newest
    }
    figures: dict[str, float | str] = {f"{name}, minutes behind": lag for name, lag in minutes.items()}
    late = [
        f"{name} has no events" if newest is None else f"{name} is {minutes[name]:g} min behind"
        for name, newest in reached.items()
        if newest is None or now - newest > MOST_SOURCE_LAG
    ]
    reason = f"{', '.join(late)}; check what writes the events" if late else "all sources are on time"
    return CheckResult(Check.SOURCES_ON_TIME, passed=not late, reason=reason, figures=figures)


def series_are_judged(series: int, judged: int) -> CheckResult:
    """Whether most series of the newest window have a verdict."""
    share = judged / series if series else 0.0
    figures = {"series": float(series), "with a verdict": float(judged)}
    if not series:
        reason = "the newest window has no series; check what writes the events"
        return CheckResult(Check.SERIES_JUDGED, passed=False, reason=reason, figures=figures)
    reason = f"{judged} of {series} series have a verdict"
    if share < LEAST_COVERAGE:
        reason += "; fill the past with 'vk-alerts backfill --days 42'"
    return CheckResult(Check.SERIES_JUDGED, passed=share >= LEAST_COVERAGE, reason=reason, figures=figures)


def messages_are_sent(oldest_waiting: str | None, now: datetime) -> CheckResult:
    """Whether no message waits for long; ``oldest_waiting``: key of the oldest unsent one's window."""
    if oldest_waiting is None:
        return CheckResult(Check.MESSAGES_SENT, passed=True, reason="no message waits")
    age = now - window_end(window_from_key(oldest_waiting))
    figures = {"oldest unsent message, minutes": round(age / timedelta(minutes=1), 1)}
    passed = age <= MOST_MESSAGE_AGE
    reason = f"a message of {oldest_waiting} waits"
    if not passed:
        reason += "; 'vk-alerts doctor' tells whether Telegram can be reached"
    return CheckResult(Check.MESSAGES_SENT, passed=passed, reason=reason, figures=figures)


def thresholds_are_recent(newest: datetime | None, now: datetime, *, is_needed: bool) -> CheckResult:
    """Whether thresholds are calibrated.

    Args:
        newest: start of the newest day that is; None = none.
        now: aware UTC.
        is_needed: whether there are scores enough.
    """
    if newest is None:
        reason = "none is calibrated yet: it takes two weeks of scores"
        if is_needed:
            reason = "none is calibrated; see why calibrate_thresholds fails"
        return CheckResult(Check.THRESHOLDS_RECENT, passed=not is_needed, reason=reason)
    age = now - newest
    figures = {"days since": round(age / timedelta(days=1), 1)}
    passed = age <= MOST_CALIBRATION_AGE
    reason = f"the newest calibration is of {newest:%Y-%m-%d}"
    if not passed:
        reason += "; see why calibrate_thresholds fails"
    return CheckResult(Check.THRESHOLDS_RECENT, passed=passed, reason=reason, figures=figures)


def _newest(stores: Stores, now: datetime) -> datetime | None:
    commits = stores.results.commits(SCORES_ASSET, window_of(now) - LOOK_BACK, window_of(now) + STEP)
    return max((commit.window for commit in commits), default=None)


def _judged(stores: Stores, newest: datetime | None) -> tuple[int, int]:
    if newest is None:
        return 0, 0
    scores = stores.results.scores(newest, newest + STEP)
    return len(scores), int(scores["score"].notna().sum())
