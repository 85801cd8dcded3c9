"""The state database's tables come forward by themselves, and lose nothing on the way."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from vk_alerts.errors import ConfigurationError, StateError
from vk_alerts.state import schema
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.tables import INCIDENTS, METADATA, WATERMARKS
from vk_alerts_tests.integration.postgresql_server import PASSWORD, postgresql


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "state.db") if request.param == "sqlite" else postgresql().new_database()


def raw_engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)


@contextmanager
def opened(url: str) -> Iterator[sa.Engine]:
    engine = open_database(url)
    try:
        yield engine
    finally:
        engine.dispose()


def version(url: str) -> str:
    with raw_engine(url).connect() as connection:
        return str(connection.exec_driver_sql(f"SELECT version_num FROM {schema.VERSION_TABLE}").scalar_one())


def test_the_newest_migration_is_the_one_that_is_expected() -> None:
    folder = Path(schema.__file__).with_name("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_migrated_tables_are_those_that_the_code_reads(url: str) -> None:
    with opened(url) as engine, engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": schema.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []


def at_version(url: str, revision: str) -> sa.Engine:
    """The database as the package wrote it when ``revision`` was the newest migration."""
    engine = raw_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return engine


def test_tables_of_before_migrations_are_kept_with_their_rows(url: str) -> None:
    with at_version(url, "0001").begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {schema.VERSION_TABLE}")
        connection.execute(sa.insert(WATERMARKS), {"name": "anomaly_scores", "window": "2026-01-31-14:15"})
    with opened(url) as engine, engine.connect() as connection:
        assert connection.execute(sa.select(WATERMARKS.c.window)).scalar_one() == "2026-01-31-14:15"
    assert version(url) == schema.HEAD


def test_incidents_of_the_first_version_are_kept_and_wait_to_be_copied(url: str) -> None:
    row = {
        "id": "4f2a000000000000",
        "source": "feed",
        "metric": "likes",
        "slice_key": "all",
        "direction": "down",
        "phase": "closed",
        "first_bad": "2026-01-31-14:15",
        "body": {"a": 1},
        "last_bad": "2026-01-31-14:30",
        "closed_at": "2026-01-31-15:00",
        "group": "4f2a000000000000",
    }
    columns = [sa.column(name, sa.JSON if name == "body" else None) for name in row]
    with at_version(url, "0001").begin() as connection:
        connection.execute(sa.insert(sa.table("incidents", *columns)), row)
    with opened(url) as engine, engine.connect() as connection:
        found = connection.execute(sa.select(INCIDENTS)).mappings().one()
    assert {name: found[name] for name in row} == row
    assert (found["annulled_at"], found["to_copy"]) == (None, row["id"])


def test_opening_again_changes_nothing(url: str) -> None:
    for _ in range(2):
        with opened(url):
            pass
    assert version(url) == schema.HEAD


def test_eight_who_open_a_new_database_at_once_all_get_it(url: str) -> None:
    def has_outbox(_: int) -> bool:
        with opened(url) as engine, engine.connect() as connection:
            return sa.inspect(connection).has_table("outbox")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(has_outbox, range(8)))
    assert version(url) == schema.HEAD


def test_a_new_file_that_is_being_set_up_by_others_is_waited_for(tmp_path: Path) -> None:
    def opens(path: Path) -> bool:
        with opened(sqlite_url(path)):
            return True

    with ThreadPoolExecutor(8) as pool:
        paths = [tmp_path / f"{number}.db" for number in range(40) for _ in range(8)]
        assert all(pool.map(opens, paths))


def test_tables_of_a_newer_version_are_left_alone(url: str) -> None:
    with opened(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
    complaint = (
        rf"^state database .*: its tables are at version 9999, newer than .* \({schema.HEAD}\); upgrade"
    )
    with pytest.raises(StateError, match=complaint) as caught:
        open_database(url)
    assert PASSWORD not in str(caught.value)
    assert version(url) == "9999"


@pytest.mark.server
def test_a_wrong_password_is_one_line_without_it() -> None:
    wrong = sa.make_url(postgresql().url()).set(password="wr0ng-s3cret")
    with pytest.raises(
        StateError, match=r"^state database postgresql.*password authentication failed"
    ) as caught:
        open_database(wrong.render_as_string(hide_password=False))
    assert "wr0ng" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_driver_that_is_not_installed_is_named() -> None:
    complaint = (
        "VK_ALERTS_STATE_URL: the driver of mysql+pymysql is not installed (pymysql); for PostgreSQL: "
        "pip install 'vk-alerts[postgresql]'"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(complaint)}$"):
        open_database("mysql+pymysql://user:password@host/database")
