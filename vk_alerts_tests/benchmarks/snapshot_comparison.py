"""Times the forms of the snapshots' query against each other, after they have given the same numbers."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import click
import pandas as pd
from rich.progress import Progress

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.errors import ClickHouseQueryError
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import SourceFile
from vk_alerts.windows import STEP
from vk_alerts_tests.benchmarks.snapshot_events import START, events_table
from vk_alerts_tests.benchmarks.snapshot_forms import (
    KNOWN_FORMS,
    PRODUCT,
    Form,
    canonical,
    classic_query,
    fingerprint,
)
from vk_alerts_tests.benchmarks.snapshot_rest import seconds_besides_the_query

WINDOW = "window"
CLASSIC = "classic query"
BY_DAY = "product, a query per day"
REST = "the snapshot but for its query"
# 20:00 in Moscow, when most is going on.
_PEAK = timedelta(hours=17)
_DAY = timedelta(days=1)
_HOURS = timedelta(hours=2)
# 15 groupings, everybody among them, that make about 230 slices of the simulator's users.
_GROUPINGS = (
    ("os",), ("gender",), ("age",), ("source",), ("country",), ("city",), ("os", "source"), ("gender", "age"),
    ("country", "os"), ("country", "age"), ("city", "os"), ("city", "source"), ("age", "os"),
    ("country", "gender"),
)  # fmt: skip
# A long range of many events is computed once, and not by the form that takes five times as long.
_MANY_EVENTS = 100_000_000
_SLOW = "ARRAY JOIN of tuples"
_OUT_OF_MEMORY = 241


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one form took.

    Attributes:
        events_per_day: in the table.
        slices: different ones in a window.
        span: WINDOW or so many days.
        is_read: with the answer read into a frame; else the engine's own time.
        form: its name.
        seconds: of the shortest run; None when the query wanted more memory than it may have.
        median_seconds: of all runs.
        events: in the span.
    """

    events_per_day: int
    slices: int
    span: str
    is_read: bool
    form: str
    seconds: float | None
    median_seconds: float | None
    events: int


def catalog_file(table: str, *, is_sliced: bool) -> SourceFile:
    """The packaged feed's metrics over a table, for everybody only or in about 230 slices."""
    feed = load_catalog().source_file("feed")
    source = feed.source.model_copy(
        update={
            "table": table,
            "dimensions": feed.source.dimensions | {"city": "city"},
            "slices": _GROUPINGS if is_sliced else (),
        }
    )
    return feed.model_copy(update={"source": source})


class Comparison:
    """All forms on one table of events.

    Args:
        clickhouse: where the table is.
        events_per_day: names the table.
        days: how many days it holds.
        memory_bytes: the most that one query may take.
        progress: shows what is being done.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        events_per_day: int,
        *,
        days: int,
        memory_bytes: int,
        progress: Progress,
    ) -> None:
        self._clickhouse = clickhouse
        self._events_per_day = events_per_day
        self._table = events_table(events_per_day)
        self._days = days
        self._end = START + days * _DAY
        self._window = self._end - _DAY + _PEAK
        self._tail = f"\nSETTINGS max_memory_usage = {memory_bytes}\nFORMAT Null"
        self._progress = progress
        self._forms = [PRODUCT, *(form for form in KNOWN_FORMS if self._is_known_here(form))]

    def figures(self, *, is_sliced: bool, rounds: int, range_rounds: int) -> Iterator[Figure]:
        """Of a window and of the whole range.

        Args:
            is_sliced: about 230 slices, or everybody only.
            rounds: runs of a window's query.
            range_rounds: runs of the range's.

        Raises:
            ClickException: a form gives other numbers than the product's query.
        """
        file = catalog_file(self._table, is_sliced=is_sliced)
        slices = self._require_equal(file)
        window = (self._window, self._window + STEP)
        classic = classic_query(self._table, window[1])
        queries = {form.name: self._in_engine(form.sql(file, *window)) for form in self._forms}
        queries[CLASSIC] = self._in_engine(classic)
        yield from self._timed(slices, WINDOW, window, queries, rounds)
        queries = {
            name: self._read(sql)
            for name, sql in ((PRODUCT.name, PRODUCT.sql(file, *window)), (CLASSIC, classic))
        }
        yield from self._timed(slices, WINDOW, window, queries, rounds, is_read=True)
        rest = seconds_besides_the_query(self._clickhouse.target, file, self._window, runs=rounds)
        yield Figure(
            events_per_day=self._events_per_day,
            slices=slices,
            span=WINDOW,
            is_read=True,
            form=REST,
            seconds=min(rest),
            median_seconds=statistics.median(rest),
            events=self._count(*window),
        )
        everything = (START, self._end)
        is_long = self._count(*everything) > _MANY_EVENTS
        queries = {
            form.name: self._in_engine(form.sql(file, *everything))
            for form in self._forms
            if not (is_long and form.name == _SLOW)
        }
        days = [START + number * _DAY for number in range(self._days)]
        queries[BY_DAY] = self._in_engine(*(PRODUCT.sql(file, day, day + _DAY) for day in days))
        runs = 1 if is_long else range_rounds
        yield from self._timed(slices, f"{self._days} days", everything, queries, runs)

    def _is_known_here(self, form: Form) -> bool:
        if not form.is_modern:
            return True
        try:
            self._clickhouse.execute("SELECT 1 AS x GROUP BY GROUPING SETS ((x)) FORMAT Null")
        except ClickHouseQueryError:
            return False
        return True

    def _require_equal(self, file: SourceFile) -> int:
        """How many slices there are, once all forms have given the same of a window and of some hours."""
        window = (self._window, self._window + STEP)
        hours = (self._window - _HOURS, self._window)
        expected = canonical(file, self._clickhouse.read(PRODUCT.sql(file, *window)))
        hashed = self._clickhouse.read(fingerprint(file, PRODUCT.sql(file, *hours)))
        for form in self._forms:
            is_equal = canonical(file, self._clickhouse.read(form.sql(file, *window))).equals(expected)
            if not (
                is_equal and self._clickhouse.read(fingerprint(file, form.sql(file, *hours))).equals(hashed)
            ):
                raise click.ClickException(f"{form.name}: gives other numbers than the product's query")
        return len(expected)

    def _count(self, start: datetime, end: datetime) -> int:
        span = f"time >= toDateTime({start.timestamp():.0f}) AND time < toDateTime({end.timestamp():.0f})"
        found = self._clickhouse.read(f"SELECT count() AS events FROM {self._table} WHERE {span}")
        return int(found["events"].iloc[0])

    def _in_engine(self, *queries: str) -> Callable[[], object]:
        return lambda: [self._clickhouse.execute(sql + self._tail) for sql in queries]

    def _read(self, sql: str) -> Callable[[], pd.DataFrame]:
        return lambda: self._clickhouse.read(sql)

    def _timed(
        self,
        slices: int,
        span: str,
        moments: tuple[datetime, datetime],
        queries: Mapping[str, Callable[[], object]],
        rounds: int,
        *,
        is_read: bool = False,
    ) -> Iterator[Figure]:
        """Forms take turns, so that whatever else the machine does falls on all of them."""
        shown = f"{self._events_per_day:,} a day, {slices} slices, {span}"
        task = self._progress.add_task(shown, total=rounds * len(queries))
        seconds: dict[str, list[float]] = {name: [] for name in queries}
        too_large: set[str] = set()
        for _ in range(rounds):
            for name, run in queries.items():
                self._progress.update(task, description=f"{shown}: {name}")
                if name not in too_large:
                    began = time.perf_counter()
                    try:
                        run()
                    except ClickHouseQueryError as error:
                        if error.code != _OUT_OF_MEMORY:
                            raise
                        too_large.add(name)
                    else:
                        seconds[name].append(time.perf_counter() - began)
                self._progress.advance(task)
        events = self._count(*moments)
        for name, found in seconds.items():
            fits = name not in too_large
            yield Figure(
                events_per_day=self._events_per_day,
                slices=slices,
                span=span,
                is_read=is_read,
                form=name,
                seconds=min(found) if fits else None,
                median_seconds=statistics.median(found) if fits else None,
                events=events,
            )
