"""A real PostgreSQL server on a free loopback port, its data in a folder of its own."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from vk_alerts_tests.integration.clickhouse_server import free_port

PASSWORD = "s3cret 'п@:/#"
_START_SECONDS = 30
_UNPRIVILEGED = "postgres"  # the server refuses to run as root; Debian's package brings this user


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running server.

    Attributes:
        port: on 127.0.0.1.
        folder: its data; goes away with the tests.
    """

    port: int
    folder: Path

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases, password included."""
        return sa.URL.create(
            "postgresql", "watcher", PASSWORD, host="127.0.0.1", port=self.port, database=database
        ).render_as_string(hide_password=False)

    def new_database(self) -> str:
        """The URL of a fresh, empty database."""
        name = f"t{uuid.uuid4().hex}"
        engine = sa.create_engine(
            self.url().replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self.url(name)

    def control(self, action: str, *options: str) -> None:
        """Runs ``pg_ctl``: start, stop, restart."""
        _run("pg_ctl", action, "-D", str(self.folder / "pg"), "-w", "-t", str(_START_SECONDS), *options)


@functools.cache
def postgresql() -> PostgreSQL:
    """The server of this test run; skips with the reason where PostgreSQL is not installed."""
    if _programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="vk-alerts-postgresql-"))
    if _user() is not None:
        shutil.chown(folder, _UNPRIVILEGED)
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    secret.chmod(0o644)
    _run(
        *("initdb", "-D", str(folder / "pg"), "--username=watcher", f"--pwfile={secret}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
    )
    server = PostgreSQL(port=free_port(), folder=folder)
    settings = (
        f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    )
    server.control("start", "-o", settings, "-l", str(folder / "server.log"))
    atexit.register(_end, server)
    return server


def _end(server: PostgreSQL) -> None:
    server.control("stop", "-m", "immediate")
    shutil.rmtree(server.folder, ignore_errors=True)


@functools.cache
def _programs() -> Path | None:
    """The folder of the server's programs, which Debian keeps off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def _user() -> str | None:
    return _UNPRIVILEGED if os.geteuid() == 0 else None


def _run(program: str, *arguments: str) -> None:
    folder = _programs()
    assert folder is not None
    done = subprocess.run(
        [str(folder / program), *arguments],
        user=_user(),
        extra_groups=[] if _user() else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=2 * _START_SECONDS,
        check=False,
        text=True,
    )
    if done.returncode:
        pytest.fail(f"{program} {arguments[0]}: {done.stderr.strip()}")
