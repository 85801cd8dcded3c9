"""Engines of a benchmark's own: their folders go away with them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.clickhouse.target import Target
from vk_alerts_tests.integration.clickhouse_server import Node, server_binary

DATABASE = "vk_alerts_benchmark"


@contextmanager
def benchmark_database(engine: str, *, url: str | None, folder: Path | None) -> Iterator[Target]:
    """An empty database, dropped at the end.

    Args:
        engine: ``embedded`` (chDB) or ``server`` (the installed clickhouse-server, started for this).
        url: another server, in place of both.
        folder: where the two keep their tables; by default the system's for temporary files.
    """
    with _running(engine, url, folder) as running:
        on_it = ClickHouse(running)
        if on_it.read(f"SELECT name FROM system.databases WHERE name = '{DATABASE}'").shape[0]:
            raise click.ClickException(
                f"database {DATABASE} is there already at {running.address}: left by a benchmark that was "
                "killed, or another is running; drop it and run this again"
            )
        on_it.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield replace(running, database=DATABASE)
        finally:
            on_it.execute(f"DROP DATABASE {DATABASE}")


@contextmanager
def _running(engine: str, url: str | None, folder: Path | None) -> Iterator[Target]:
    if url:
        yield Target.from_url(url)
        return
    home = Path(tempfile.mkdtemp(prefix="vk-alerts-benchmark-", dir=folder))
    try:
        if engine == "embedded":
            try:
                yield ensure_running(home, idle_seconds=7200)
            finally:
                stop(home)
        else:
            if server_binary() is None:
                raise click.ClickException(
                    "clickhouse-server is not installed: apt-get install clickhouse-server, or use --url"
                )
            node = Node(folder=home)
            node.configure()
            try:
                node.start()
                node.wait()
                yield node.target
            finally:
                node.kill()
    finally:
        shutil.rmtree(home, ignore_errors=True)
