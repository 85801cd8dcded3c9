"""Opens the state database: a SQLite file by default, any SQLAlchemy URL by choice."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from vk_alerts.errors import ConfigurationError, StateError
from vk_alerts.state.schema import bring_forward

_BUSY_TIMEOUT_SECONDS = 30
_BUSY_POLL_SECONDS = 0.01


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def open_database(url: str) -> sa.Engine:
    """An engine on the state database, with its tables in place.

    Raises:
        ConfigurationError: the URL cannot be read.
        StateError: the database cannot be reached or written.
    """
    try:
        parsed = sa.make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        if is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        connect = {"timeout": _BUSY_TIMEOUT_SECONDS} if is_sqlite else {}
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(parsed, connect_args=connect, pool_pre_ping=True)
    except ImportError as error:
        raise ConfigurationError(
            f"VK_ALERTS_STATE_URL: the driver of {parsed.drivername} is not installed ({error.name}); for "
            "PostgreSQL: pip install 'vk-alerts[postgresql]'"
        ) from None
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise ConfigurationError(
            f"VK_ALERTS_STATE_URL: not a usable SQLAlchemy URL ({type(error).__name__}); "
            "examples: sqlite:////var/lib/vk_alerts/state.db, postgresql://user:password@host/database"
        ) from None
    except OSError as error:
        raise StateError(f"state database: its folder cannot be made: {error}") from error
    if is_sqlite:
        _write_ahead(engine)
    try:
        with translated(engine):
            bring_forward(engine)
    except StateError:
        engine.dispose()
        raise
    return engine


@contextmanager
def translated(engine: sa.Engine) -> Iterator[None]:
    """Turns the driver's errors into one line that names the database, without its password."""
    try:
        yield
    except SQLAlchemyError as error:
        shown = engine.url.render_as_string(hide_password=True)
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StateError(f"state database {shown}: {reason}; check VK_ALERTS_STATE_URL") from None


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction: all of it is committed, or none."""
    with translated(engine), engine.begin() as connection:
        yield connection


def _write_ahead(engine: sa.Engine) -> None:
    """SQLite as SQLAlchemy's documentation advises for transactions that begin where we say.

    They take the write lock at once, so that what a transaction has read is still true when it writes.
    """

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        _keep_a_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _keep_a_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Sets the journal's mode, once those who open the new file at the same moment let it.

    SQLite does not wait here, whatever its timeout: it would wait while holding a lock that others wait for.
    """
    deadline = time.monotonic() + _BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(_BUSY_POLL_SECONDS)
