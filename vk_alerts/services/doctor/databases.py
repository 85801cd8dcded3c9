"""ClickHouse and the state database: reachable, allowed, on time."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import VkAlertsError
from vk_alerts.pipeline.stores import events_target, results_target
from vk_alerts.services.doctor.finding import Finding, broken, good, warning
from vk_alerts.settings import Settings
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import OutboxRepository

EVENTS, RESULTS = "ClickHouse (events)", "ClickHouse (results)"
STATE = "State database"
_SLOW_SECONDS = 1.0
# A server whose clock differs by more than this judges windows before they have ended, or long after.
_CLOCK_TOLERANCE = timedelta(seconds=30)


def examine_clickhouse(settings: Settings) -> tuple[list[Finding], ClickHouse | None]:
    """How the events' and the results' servers are, and a client of the events when it answers."""
    findings: list[Finding] = []
    events: ClickHouse | None = None
    try:
        events = ClickHouse(events_target(settings))
        findings += _answers(EVENTS, events)
    except VkAlertsError as error:
        findings.append(broken(EVENTS, error))
        events = None
    try:
        target = results_target(settings)
        ResultRepository(ClickHouse(target)).create_tables()
        findings.append(good(RESULTS, f"{_place(target)}: its tables are there"))
    except VkAlertsError as error:
        findings.append(broken(RESULTS, error))
    return findings, events


def _answers(part: str, events: ClickHouse) -> Iterator[Finding]:
    began = time.perf_counter()
    row = events.read("SELECT version() AS version, toUInt32(now()) AS moment").iloc[0]
    seconds = time.perf_counter() - began
    told = f"{_place(events.target)}: version {row['version']}, answers in {seconds * 1000:.0f} ms"
    if seconds > _SLOW_SECONDS:
        yield warning(part, told, "look at its load, or at the network in between")
    else:
        yield good(part, told)
    ahead = datetime.fromtimestamp(int(row["moment"]), UTC) - datetime.now(UTC)
    if abs(ahead) > _CLOCK_TOLERANCE:
        side = "ahead of" if ahead > timedelta() else "behind"
        yield warning(
            "Clocks",
            f"the server's clock is {abs(ahead).total_seconds():.0f} s {side} this machine's",
            "let NTP keep both",
        )
    else:
        yield good("Clocks", "this machine's and the server's agree")


def _place(target: Target) -> str:
    return f"{target.address}, database {target.database}"


def examine_state(settings: Settings, now: datetime) -> list[Finding]:
    """Whether the state database can be written, and whether messages are stuck in it."""
    try:
        engine = open_database(settings.state_url or sqlite_url(settings.home / "state.db"))
    except VkAlertsError as error:
        return [broken(STATE, error)]
    try:
        shown = engine.url.render_as_string(hide_password=True)
        waiting = OutboxRepository(engine).due(now.timestamp())
        findings = [good(STATE, f"{shown}: its tables are there")]
        if waiting:
            told = f"{waiting} messages are due and not sent"
            findings.append(
                warning("Outbox", told, "see whether the daemon runs and Telegram can be reached")
            )
        else:
            findings.append(good("Outbox", "nothing is overdue"))
    except VkAlertsError as error:
        return [broken(STATE, error)]
    finally:
        engine.dispose()
    return findings
