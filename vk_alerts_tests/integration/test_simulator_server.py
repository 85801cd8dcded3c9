"""The statements of the simulator run unchanged on ClickHouse 18.16 and make the same rows there."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable
from vk_alerts.simulator import (
    Incident,
    Simulation,
    create_event_tables,
    default_incidents,
    write_events,
)
from vk_alerts.simulator.worlds import streams_of
from vk_alerts.windows import STEP

pytestmark = pytest.mark.server

END = datetime(2026, 1, 29, 17, tzinfo=UTC)
START_SECONDS = 30

CONFIG = """<yandex>
<logger><level>warning</level><log>{home}/log</log><errorlog>{home}/errors</errorlog></logger>
<listen_host>127.0.0.1</listen_host><http_port>{http}</http_port><tcp_port>{tcp}</tcp_port>
<path>{home}/data/</path><tmp_path>{home}/tmp/</tmp_path><users_config>{home}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>100000000</mark_cache_size>
</yandex>"""

USERS = """<yandex>
<profiles><default></default></profiles><quotas><default></default></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks>
<profile>default</profile><quota>default</quota></default></users>
</yandex>"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[ClickHouse]:
    program = shutil.which("clickhouse-server")
    if program is None:
        pytest.skip("clickhouse-server is not installed")
    home = tmp_path_factory.mktemp("server")
    http = free_port()
    (home / "config.xml").write_text(CONFIG.format(home=home, http=http, tcp=free_port()))
    (home / "users.xml").write_text(USERS)
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(
            [program, f"--config-file={home}/config.xml"], stdout=output, stderr=output
        )
    try:
        clickhouse = ClickHouse(Target(scheme="http", host="127.0.0.1", port=http))
        wait_for(clickhouse, process)
        yield clickhouse
    finally:
        # Asked to end it takes ten seconds to tidy up; its folder goes away anyway.
        process.kill()
        process.wait(timeout=30)


def wait_for(clickhouse: ClickHouse, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            clickhouse.ping()
        except ClickHouseUnavailable:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> Iterator[ClickHouse]:
    home = tmp_path_factory.mktemp("home")
    yield ClickHouse(ensure_running(home))
    stop(home)


def test_a_real_server_and_the_embedded_engine_hold_the_same_rows(server, embedded):
    def planted(action: str | None, where: tuple[tuple[str, str], ...], factor: float) -> Incident:
        return Incident("feed", action, where, factor, END - 20 * STEP, END - 16 * STEP, "likes", "all")

    simulation = Simulation(
        -7,
        start=END - timedelta(days=2),
        feed_per_day=20_000,
        messages_per_day=10_000,
        incidents=(
            *default_incidents(END),
            planted("like", (("os", "iOS"),), 2.5),
            planted(None, (("age", "25"), ("gender", "1")), 1.5),
        ),
    )
    assert rows_on(server, simulation) == rows_on(embedded, simulation)


def test_the_shop_and_the_api_are_the_same_on_both(server, embedded):
    def planted(source: str, action: str, where: tuple[tuple[str, str], ...], factor: float) -> Incident:
        return Incident(source, action, where, factor, END - 8 * STEP, END - 4 * STEP, "test", "all")

    incidents = {
        "shop": (planted("shop", "order", (("category", "home"),), 0.3),),
        "api": (
            planted("api", "duration", (("endpoint", "/search"),), 1.8),
            planted("api", "errors", (("region", "asia"),), 6.0),
        ),
    }
    for world, broken in incidents.items():
        simulation = Simulation(
            -7, start=END - 12 * STEP, world=world, events_per_day=30_000, incidents=broken
        )
        assert rows_on(server, simulation) == rows_on(embedded, simulation)


def rows_on(clickhouse: ClickHouse, simulation: Simulation) -> list[tuple[int, int]]:
    """Of each table that the simulation is written into: how many rows, and a sum of their hashes."""
    create_event_tables(clickhouse, world=simulation.world)
    written = write_events(clickhouse, simulation, simulation.start, END)
    found = []
    for stream in streams_of(simulation.world).values():
        columns = ", ".join(stream.table.column_names)
        rows = clickhouse.read(
            f"SELECT count() AS rows, sum(cityHash64({columns})) AS hash FROM {stream.table.name}"
        )
        found.append((int(rows["rows"].iloc[0]), int(rows["hash"].iloc[0])))
    assert written == sum(rows for rows, _ in found)
    return found
