"""Tables → a catalog that runs on them."""

import re
from collections.abc import Sequence
from datetime import datetime

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.inspection import tables_of
from vk_alerts.clickhouse.sampling import MOST_VALUES, Sample, sample
from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.clickhouse.tables import RESULT_TABLES
from vk_alerts.errors import ClickHouseQueryError, ConfigurationError
from vk_alerts.metrics.loader import SYSTEM_FILE, read_catalog
from vk_alerts.metrics.mistakes import Mistake
from vk_alerts.metrics.near import hint
from vk_alerts.metrics.proposal import SYSTEM, Seen, SeenTable, propose, source_name
from vk_alerts.pipeline.catalog_check import check_source

# More tables than these are nobody's events, but a warehouse: the user names the few that matter.
_MOST_TABLES = 20
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")


def propose_catalog(events: ClickHouse, only: Sequence[str] = ()) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of a catalog's files by name, and the tables that are left out with the reason.

    Args:
        events: the database.
        only: tables to look at; none = all.

    Raises:
        ConfigurationError: there is no such table, or none that could be a source, or there are too many.
        ClickHouseError: the database cannot be read.
    """
    known = [name for name in tables_of(events) if not name.startswith(".") and name not in _ours()]
    for name in only:
        if name not in known and "." not in name:
            raise ConfigurationError(f"--table {name!r}: no such table; {hint(name, known)}")
    wanted = list(only) or known
    if len(wanted) > _MOST_TABLES:
        raise ConfigurationError(
            f"init: database {events.target.database!r} has {len(wanted)} tables; name those with events, "
            f"--table {wanted[0]} …"
        )
    texts: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for table in wanted:
        if not _PLAIN.fullmatch(table):
            left_out[table] = "its name has other characters than letters, digits and _"
            continue
        try:
            found = sample(events, table)
        except ClickHouseQueryError as error:
            left_out[table] = f"it cannot be read: {error}"
            continue
        if found is None:
            left_out[table] = "it has no DateTime column, or no rows"
            continue
        name = f"{source_name(table)}.yaml"
        if name in texts or name == SYSTEM_FILE:
            left_out[table] = f"its file would be called {name}, too"
            continue
        texts[name] = propose(_seen(table, found))
    if not texts:
        raise ConfigurationError(
            f"init: no table of events in database {events.target.database!r} of {events.target.address} "
            f"(looked at: {', '.join(wanted) or 'none'}); a table of events has a DateTime column and rows"
        )
    return texts | {SYSTEM_FILE: SYSTEM}, left_out


def check_proposal(events: ClickHouse, texts: dict[str, str], *, now: datetime) -> list[Mistake]:
    """What is wrong with a proposal: nothing, unless a table is stranger than we thought."""
    reading = read_catalog(texts)
    mistakes = list(reading.mistakes)
    for written in reading.files:
        mistakes += check_source(events, written, now=now).mistakes
    return mistakes


def _seen(table: str, found: Sample) -> SeenTable:
    columns = [
        Seen(one.column.name, is_text=one.is_text, distinct=one.distinct, frequent=one.frequent[:MOST_VALUES])
        for one in found.columns
    ]
    return SeenTable(table, found.time, tuple(columns), found.rows)


def _ours() -> set[str]:
    specs: Sequence[TableSpec] = RESULT_TABLES
    return {spec.name for spec in specs}
