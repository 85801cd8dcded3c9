"""A month of feed events by the million: a simulated week, copied over weeks and users by the server."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from string import Template

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import identifier, literal
from vk_alerts.clickhouse.spec import TableSpec, create_statement
from vk_alerts.simulator import FEED_ACTIONS, Simulation, create_event_tables, write_events

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday, so that copied weeks keep their weekends."""

_DAY = timedelta(days=1)
_WEEK_DAYS = 7
# The simulator writes 0.3M rows a second, a copy 2M: a larger app is the same week lived by more people.
_MOST_SIMULATED = 1_000_000
# A day is one insert and one part, so that no merge runs while queries are timed.
_COPY = Template("""
INSERT INTO $table ($columns)
SELECT
    toUInt32(template_user + copy * $users) AS user_id,
    $kept,
    toDateTime(template_time + $shift, 'UTC') AS time
FROM
(
    SELECT user_id AS template_user, toUInt32(time) AS template_time, $kept
    FROM feed_actions
    WHERE time >= $start AND time < $end
)
ARRAY JOIN range(toUInt64($copies)) AS copy
SETTINGS min_insert_block_size_rows = 1000000000, min_insert_block_size_bytes = 4000000000
""")


def events_table(events_per_day: int) -> str:
    """The name of the table that holds so many events a day."""
    return f"feed_{events_per_day}"


def write_month(
    clickhouse: ClickHouse, events_per_day: int, *, days: int, on_day: Callable[[], None] = lambda: None
) -> int:
    """Writes the events of ``days`` days from START on and returns how many there are.

    Args:
        clickhouse: an empty database of the benchmark's own.
        events_per_day: about so many on the average day; a multiple of a million if more than that.
        days: how many.
        on_day: called after each.
    """
    copies = max(1, round(events_per_day / _MOST_SIMULATED))
    simulation = Simulation(1, start=START, feed_per_day=events_per_day // copies, messages_per_day=0)
    create_event_tables(clickhouse)
    clickhouse.execute("TRUNCATE TABLE feed_actions")
    write_events(clickhouse, simulation, START, START + min(days, _WEEK_DAYS) * _DAY)
    table = events_table(events_per_day)
    clickhouse.execute(create_statement(TableSpec(table, FEED_ACTIONS.columns, FEED_ACTIONS.engine)))
    kept = [name for name in FEED_ACTIONS.column_names if name not in {"user_id", "time"}]
    for day in range(days):
        of = START + day % _WEEK_DAYS * _DAY
        statement = _COPY.substitute(
            table=identifier(table),
            columns=", ".join(["user_id", *kept, "time"]),
            kept=", ".join(kept),
            users=literal(simulation.users),
            shift=literal((day - day % _WEEK_DAYS) * 86_400),
            start=literal(of),
            end=literal(of + _DAY),
            copies=literal(copies),
        )
        clickhouse.execute(statement)
        on_day()
    return int(clickhouse.read(f"SELECT count() AS events FROM {identifier(table)}")["events"].iloc[0])
