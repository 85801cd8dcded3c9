"""Brings the state database's tables forward to what this version of the package reads and writes."""

from pathlib import Path

import sqlalchemy as sa

from vk_alerts.errors import StateError

VERSION_TABLE = "vk_alerts_version"
"""Not Alembic's usual name: Dagster keeps its own there, and both may live in one database."""

HEAD = "0004"
"""The newest migration; a test holds it against the files."""

# What was written before migrations were counted.
_UNCOUNTED = "0001"
_FOLDER = Path(__file__).with_name("migrations")
_LOCK = 0x766B616C  # any number that is only ours
_VERSIONS = sa.table(VERSION_TABLE, sa.column("version_num", sa.String))


def bring_forward(engine: sa.Engine) -> None:
    """Creates or migrates the tables; quick when there is nothing to do.

    All of it is one transaction, and one process at a time does it.

    Raises:
        StateError: the tables were written by a newer version of the package.
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or written.
    """
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return
    with engine.begin() as connection:  # on SQLite this takes the write lock
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        found = _version(connection)
        if found == HEAD:
            return  # somebody else was first
        _migrate(connection, found)


def _version(connection: sa.Connection) -> str | None:
    """The migration the tables stand at; None where they are not there or were never counted."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(sa.select(_VERSIONS.c.version_num)).scalar_one_or_none()
    return found


def _migrate(connection: sa.Connection, found: str | None) -> None:
    # Takes a third of a second to import, and is needed once.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        if found is None and sa.inspect(connection).has_table("outbox"):
            command.stamp(config, _UNCOUNTED)
        command.upgrade(config, "head")
    except CommandError:
        shown = connection.engine.url.render_as_string(hide_password=True)
        raise StateError(
            f"state database {shown}: its tables are at version {found}, newer than this vk-alerts knows "
            f"({HEAD}); upgrade vk-alerts, or name another database in VK_ALERTS_STATE_URL"
        ) from None
