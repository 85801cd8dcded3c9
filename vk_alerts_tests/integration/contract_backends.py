"""The ClickHouses that the pipeline must treat alike: the embedded engine, one server, a cluster of three."""

import itertools
from collections.abc import Callable
from dataclasses import replace

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import identifier
from vk_alerts.clickhouse.target import Target
from vk_alerts.simulator import create_event_tables
from vk_alerts_tests.integration.clickhouse_cluster import cluster
from vk_alerts_tests.integration.clickhouse_embedded import embedded_target
from vk_alerts_tests.integration.clickhouse_server import server_target

_numbers = itertools.count()


def with_event_tables(backend: str) -> Target:
    """A new database of a backend, with event tables; skips the test where there is no clickhouse-server.

    Args:
        backend: ``embedded``, ``server`` or ``cluster``.
    """
    name = f"contract_{next(_numbers)}"
    return _MAKERS[backend](name)


def _on_one(engine: Target, name: str) -> Target:
    ClickHouse(engine).execute(f"CREATE DATABASE {identifier(name)}")
    target = replace(engine, database=name)
    create_event_tables(ClickHouse(target))
    return target


def _on_cluster(name: str) -> Target:
    cluster().create_event_tables(name)
    return replace(cluster().target, database=name)


_MAKERS: dict[str, Callable[[str], Target]] = {
    "embedded": lambda name: _on_one(embedded_target(), name),
    "server": lambda name: _on_one(server_target(), name),
    "cluster": _on_cluster,
}
BACKENDS = tuple(_MAKERS)
ENGINES = ("embedded", "server")
