"""Rows a second through the adapter and through plain pandahouse, on the embedded engine.

Run: ``python -m vk_alerts_tests.benchmarks.clickhouse_adapter``.
"""

import time
from collections.abc import Callable

import numpy as np
import pandahouse
import pandas as pd

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts_tests.integration.clickhouse_embedded import embedded_target

ROWS = 500_000
ROUNDS = 5
SPEC = TableSpec(
    "benchmark",
    (
        *(Column(f"i{k}", "UInt32") for k in range(4)),
        *(Column(f"f{k}", "Float64") for k in range(2)),
        Column("d", "DateTime"),
        *(Column(f"s{k}", "String") for k in range(3)),
    ),
    "ENGINE = MergeTree ORDER BY i0",
)
QUERIES = {
    "4 integers": "SELECT i0, i1, i2, i3 FROM benchmark",
    "2 floats": "SELECT f0, f1 FROM benchmark",
    "1 time": "SELECT d FROM benchmark",
    "3 strings": "SELECT s0, s1, s2 FROM benchmark",
    "all 10 columns": "SELECT * FROM benchmark",
}


def rows() -> pd.DataFrame:
    """Numbers that hardly repeat and strings that do."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            **{f"i{k}": rng.integers(0, 2**32, ROWS) for k in range(4)},
            **{f"f{k}": rng.random(ROWS) for k in range(2)},
            "d": pd.to_datetime(1_700_000_000 + rng.integers(0, 86400, ROWS), unit="s", utc=True),
            **{f"s{k}": rng.choice(["Moscow", "Россия", "ads", "organic"], ROWS) for k in range(3)},
        }
    )


def best_seconds(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The shortest of several runs: the others waited for something else."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    """Print a line per measurement."""
    target = embedded_target()
    client = ClickHouse(target)
    plain = {"host": target.address, "user": target.user, "password": target.password}
    client.execute("DROP TABLE IF EXISTS benchmark")
    client.execute(create_statement(SPEC))
    frame = rows()
    print(f"insert {ROWS} rows x 10 columns: {best_seconds(lambda: client.insert(SPEC, frame), 1):.1f} s")
    for name, sql in QUERIES.items():
        ours = ROWS / best_seconds(lambda sql=sql: client.read(sql))
        theirs = ROWS / best_seconds(lambda sql=sql: pandahouse.read_clickhouse(sql, connection=plain))
        print(f"read {name}: {ours:,.0f} rows/s, plain pandahouse {theirs:,.0f}, ratio {ours / theirs:.2f}")
    grouped = "SELECT number % 1200 AS k, groupArray(rand() / 1e9) AS v FROM numbers(3000000) GROUP BY k"
    print(f"read 3,000,000 points as 1,200 arrays: {best_seconds(lambda: client.read(grouped), 3):.2f} s")


if __name__ == "__main__":
    main()
