"""What was measured of reading history and writing results, as a table, and what is owed of it."""

from dataclasses import dataclass

from rich.table import Table

HISTORY_OF_A_TICK = "history of a tick"
# What the product owes of so many series, through the adapter.
_OWED_SERIES, _OWED_SECONDS, _OWED_RATIO = 1_200, 0.5, 3.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """The medians of several runs.

    Attributes:
        engine: which ClickHouse.
        what: what was read or written.
        series: how many series.
        rows: rows of snapshots read, or of results written.
        seconds: through the adapter.
        shortest_seconds: of all runs: the others waited for something else.
        engine_seconds: the engine's own time, without an answer; None where there is no such thing.
        megabytes: the most memory that the process took; None where it was not a process of its own.
    """

    engine: str
    what: str
    series: int
    rows: int
    seconds: float
    shortest_seconds: float
    engine_seconds: float | None = None
    megabytes: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """For people."""
        own = self.engine_seconds
        per_second = f"{self.rows / self.seconds:,.0f}" if own is None and self.megabytes is None else ""
        return (
            self.engine,
            self.what,
            f"{self.series:,}",
            f"{self.rows:,}",
            f"{self.seconds:.3f} s",
            f"{self.shortest_seconds:.3f} s",
            "" if own is None else f"{own:.3f} s",
            "" if own is None else f"{self.seconds / own:.2f}",
            per_second,
            "" if self.megabytes is None else f"{self.megabytes:,.0f}",
        )

    @property
    def owed(self) -> list[tuple[str, float, float]]:
        """What is owed of it: the name of a figure, the figure, and the largest allowed."""
        if self.what != HISTORY_OF_A_TICK or self.series > _OWED_SERIES or self.engine_seconds is None:
            return []
        told = f"{self.engine}, {self.what}, {self.series:,} series"
        return [
            (f"{told}: seconds", self.shortest_seconds, _OWED_SECONDS),
            (f"{told}: times the engine's own", self.seconds / self.engine_seconds, _OWED_RATIO),
        ]


def table_of(found: list[Measurement]) -> Table:
    """All measurements, by engine."""
    table = Table()
    for name in (
        "engine",
        "what",
        "series",
        "rows",
        "median",
        "shortest",
        "engine's own",
        "ratio",
        "rows/s",
        "MB at most",
    ):
        table.add_column(name, justify="left" if name in {"engine", "what"} else "right")
    for one in found:
        table.add_row(*one.cells)
    return table
