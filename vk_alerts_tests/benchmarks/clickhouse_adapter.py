"""Rows a second through the adapter, through plain pandahouse and through clickhouse-connect.

``python -m vk_alerts_tests.benchmarks.clickhouse_adapter [--json FILE]``, a command of its own, no test.
Clients take turns, and the shortest of several runs counts: the others waited for something else.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandahouse
import pandas as pd
from rich.console import Console
from rich.table import Table

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.target import Target
from vk_alerts_tests.benchmarks.engines import benchmark_database

ADAPTER, PANDAHOUSE, CONNECT = "adapter", "plain pandahouse", "clickhouse-connect"
OWED = 0.7
"""Numbers are read at this share of plain pandahouse's rows a second, at least."""

_SPEC = TableSpec(
    "benchmark",
    (
        *(Column(f"i{k}", "UInt32") for k in range(4)),
        *(Column(f"f{k}", "Float64") for k in range(2)),
        Column("d", "DateTime"),  # plain pandahouse reads no time with a zone
        *(Column(f"s{k}", "String") for k in range(3)),
    ),
    "ENGINE = MergeTree ORDER BY i0",
)
_READS = {
    "4 integers": "SELECT i0, i1, i2, i3 FROM benchmark",
    "2 floats": "SELECT f0, f1 FROM benchmark",
    "1 time": "SELECT d FROM benchmark",
    "3 strings": "SELECT s0, s1, s2 FROM benchmark",
    "all 10 columns": "SELECT * FROM benchmark",
}
_NUMBERS = ("4 integers", "2 floats")
_ARRAYS = "1,200 arrays of numbers"
_WRITES = 2  # writing is slow, and the runs differ little


@dataclass(frozen=True, slots=True)
class Figure:
    """How fast one client did one thing.

    Attributes:
        what: read or written.
        client: which.
        rows: how many, or how many points of arrays.
        seconds: the shortest run; None = the client cannot do it.
        reason: why it cannot.
    """

    what: str
    client: str
    rows: int
    seconds: float | None
    reason: str = ""


def rows_of(count: int) -> pd.DataFrame:
    """Numbers that hardly repeat and strings that do."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            **{f"i{k}": rng.integers(0, 2**32, count) for k in range(4)},
            **{f"f{k}": rng.random(count) for k in range(2)},
            "d": pd.to_datetime(1_700_000_000 + rng.integers(0, 86400, count), unit="s", utc=True),
            **{f"s{k}": rng.choice(["Moscow", "Россия", "ads", "organic"], count) for k in range(3)},
        }
    )


def figures(target: Target, *, rows: int, rounds: int) -> Iterator[Figure]:
    """Of writes and reads.

    Args:
        target: an empty database.
        rows: of ten columns.
        rounds: runs of each.
    """
    adapter = ClickHouse(target)
    plain = {
        "host": target.address, "user": target.user, "password": target.password, "database": target.database,
    }  # fmt: skip
    connect = _connected(target)
    for name in ("benchmark", "plain", "connect"):
        adapter.execute(create_statement(TableSpec(name, _SPEC.columns, _SPEC.engine)))
    frame = rows_of(rows)
    # What pandahouse can write, when it is asked nicely: texts as objects, times without zone, one chunk.
    nice = frame.assign(d=frame["d"].dt.tz_localize(None).astype("datetime64[ns]")).astype(
        {f"s{k}": object for k in range(3)}
    )

    def table(name: str) -> str:
        return f"{target.database}.{name}"

    writes: dict[str, Callable[[], object]] = {
        ADAPTER: lambda: adapter.insert(_SPEC, frame),
        PANDAHOUSE: lambda: pandahouse.to_clickhouse(
            nice, "plain", index=False, chunksize=rows, connection=plain
        ),
    }
    if connect:
        writes[CONNECT] = lambda: connect.insert_df(table("connect"), frame)
    yield from _timed("write all 10 columns", rows, writes, min(rounds, _WRITES))
    adapter.execute("TRUNCATE TABLE benchmark")
    adapter.insert(_SPEC, frame)
    for what, sql in _READS.items():
        there = sql.replace("FROM benchmark", f"FROM {table('benchmark')}")
        reads: dict[str, Callable[[], object]] = {
            ADAPTER: lambda sql=sql: adapter.read(sql),
            PANDAHOUSE: lambda sql=there: pandahouse.read_clickhouse(sql, connection=plain),
        }
        if connect:
            reads[CONNECT] = lambda sql=there: connect.query_df(sql)
        yield from _timed(f"read {what}", rows, reads, rounds)
    points = 6 * rows
    grouped = f"SELECT number % 1200 AS k, groupArray(rand() / 1e9) AS v FROM numbers({points}) GROUP BY k"
    arrays: dict[str, Callable[[], object]] = {ADAPTER: lambda: adapter.read_arrays(grouped)}
    if connect:
        arrays[CONNECT] = lambda: connect.query(grouped).result_columns
    yield from _timed(f"read {_ARRAYS}", points, arrays, rounds)


def _connected(target: Target) -> Any:
    """A client, or None where it and the server do not get on."""
    try:
        import clickhouse_connect  # an extra of its own
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{CONNECT} is not installed: python -m pip install 'vk-alerts[benchmark]'"
        ) from error
    try:
        return clickhouse_connect.get_client(
            interface=target.scheme,
            host=target.host,
            port=target.port,
            username=target.user,
            password=target.password,
            compress=False,
        )
    except clickhouse_connect.driver.exceptions.Error as error:  # it asks for what old servers lack
        click.echo(f"{CONNECT} cannot connect: {str(error).splitlines()[0]}", err=True)
        return None


def _timed(what: str, rows: int, works: Mapping[str, Callable[[], object]], rounds: int) -> Iterator[Figure]:
    seconds: dict[str, list[float]] = {client: [] for client in works}
    reasons: dict[str, str] = {}
    for _ in range(rounds):
        for client, work in works.items():
            if client in reasons:
                continue
            began = time.perf_counter()
            try:
                work()
            except Exception as error:
                if client == ADAPTER:
                    raise
                # The others refuse much; why is part of the comparison.
                reasons[client] = (str(error).splitlines() or [type(error).__name__])[0]
            else:
                seconds[client].append(time.perf_counter() - began)
    for client, found in seconds.items():
        yield Figure(what, client, rows, None if client in reasons else min(found), reasons.get(client, ""))


def shares(found: list[Figure]) -> dict[str, float]:
    """What is owed: the adapter's rows a second as a share of plain pandahouse's, by what is read."""
    seconds = {(figure.what, figure.client): figure.seconds for figure in found}
    return {
        what: theirs / ours
        for what in (f"read {name}" for name in _NUMBERS)
        if (ours := seconds[what, ADAPTER]) and (theirs := seconds[what, PANDAHOUSE])
    }


def table_of(found: list[Figure]) -> Table:
    """Rows a second of each, and how many times as fast the adapter is."""
    ours = {figure.what: figure.seconds for figure in found if figure.client == ADAPTER}
    table = Table()
    for name in ("what", "client", "rows", "seconds", "rows/s", "adapter is"):
        table.add_column(name, justify="left" if name in {"what", "client"} else "right")
    for figure in found:
        mine = ours[figure.what]
        figures_told = (
            ("", figure.reason[:40], "")
            if figure.seconds is None or mine is None
            else (
                f"{figure.seconds:.3f}",
                f"{figure.rows / figure.seconds:,.0f}",
                f"{figure.seconds / mine:.2f}x",
            )
        )
        table.add_row(
            figure.what,
            figure.client,
            f"{figure.rows:,}",
            *figures_told,
            end_section=figure.client == CONNECT,
        )
    return table


@click.command()
@click.option("--rows", default=500_000, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--engine", type=click.Choice(["embedded", "server"]), default="embedded", show_default=True)
@click.option("--url", help="Another server, http[s]://user:password@host:port, to make a database in.")
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write a file too."
)
def main(rows: int, rounds: int, engine: str, url: str | None, json_path: Path | None) -> None:
    """Print a table and what is owed; exit with 1 when something owed is missed."""
    with benchmark_database(engine, url=url, folder=None) as target:
        found = list(figures(target, rows=rows, rounds=rounds))
    owed = shares(found)
    console = Console(width=max(Console().width, 110))
    console.print(table_of(found))
    for what, share in owed.items():
        told = "kept" if share >= OWED else "MISSED"
        console.print(f"{told:<6} {what}: {share:.2f} of {PANDAHOUSE}, owed {OWED:g}", highlight=False)
    if json_path:
        told = {
            "engine": "by URL" if url else engine,
            "figures": [asdict(figure) for figure in found],
            "owed": [{"what": what, "share": share, "owed": OWED} for what, share in owed.items()],
        }
        json_path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if any(share < OWED for share in owed.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
