"""A real cluster: three clickhouse-servers on loopback, events in Distributed tables, sharded by user."""

import functools
from dataclasses import dataclass
from xml.sax.saxutils import escape

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import identifier
from vk_alerts.clickhouse.spec import TableSpec, create_statement
from vk_alerts.clickhouse.target import Target
from vk_alerts.simulator import EVENT_TABLES
from vk_alerts_tests.integration.clickhouse_server import PASSWORD, Node, server_target

NAME = "three_shards"
SHARDS = 3
_SHARD = """<shard><internal_replication>true</internal_replication><replica>
  <host>127.0.0.1</host><port>{port}</port><user>default</user><password>{password}</password>
</replica></shard>"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Three shards; clients speak to the first.

    Attributes:
        nodes: the servers.
    """

    nodes: tuple[Node, ...]

    @property
    def target(self) -> Target:
        """The server that clients speak to."""
        return self.nodes[0].target

    def execute(self, sql: str) -> None:
        """Runs a statement on every server; a cluster without ZooKeeper has no ON CLUSTER."""
        for node in self.nodes:
            ClickHouse(node.target).execute(sql)

    def create_event_tables(self, database: str) -> None:
        """Local event tables on every shard, and Distributed ones of the usual names over them."""
        self.execute(f"CREATE DATABASE IF NOT EXISTS {identifier(database)}")
        for spec in EVENT_TABLES:
            local = TableSpec(f"{database}.{spec.name}_local", spec.columns, spec.engine)
            engine = f"ENGINE = Distributed({NAME}, {database}, {spec.name}_local, cityHash64(user_id))"
            self.execute(create_statement(local))
            self.execute(create_statement(TableSpec(f"{database}.{spec.name}", spec.columns, engine)))


@functools.cache
def cluster() -> Cluster:
    """The running cluster, shared by all tests: give databases names of your own."""
    server_target()  # skips the test where there is no clickhouse-server
    nodes = tuple(Node() for _ in range(SHARDS))
    shards = "".join(_SHARD.format(port=node.tcp, password=escape(PASSWORD)) for node in nodes)
    for node in nodes:
        node.configure(
            config=f"<remote_servers><{NAME}>{shards}</{NAME}></remote_servers>",
            settings={"insert_distributed_sync": 1},
        )
        node.start()
    for node in nodes:
        node.wait()
    return Cluster(nodes)
