"""What the commands about incidents open: settings, catalog, state database; never ClickHouse."""

import getpass
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa

from vk_alerts.metrics.model import Catalog
from vk_alerts.settings import Settings

NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """An installation without its ClickHouse.

    Attributes:
        settings: what the environment said.
        catalog: the metrics.
        engine: of the state database.
    """

    settings: Settings
    catalog: Catalog
    engine: sa.Engine

    def clock(self, moment: float | datetime) -> str:
        """A moment in the display zone, ``2026-01-29 15:15``."""
        at = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
        return at.astimezone(ZoneInfo(self.settings.zone)).strftime("%Y-%m-%d %H:%M")


def open_desk() -> Desk:
    """The installation that the environment names.

    Raises:
        VkAlertsError: its settings, its catalog or its state database cannot be used.
    """
    from vk_alerts.metrics.loader import load_catalog
    from vk_alerts.settings import make_home, read_settings
    from vk_alerts.state.database import open_database, sqlite_url

    settings = read_settings()
    catalog = load_catalog(settings.catalog)
    if settings.state_url is None:
        make_home(settings.home)
    engine = open_database(settings.state_url or sqlite_url(settings.home / "state.db"))
    return Desk(settings, catalog, engine)


def iso(moment: float | datetime | None) -> str | None:
    """A moment for programs: ISO 8601 in UTC."""
    if moment is None:
        return None
    at = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return at.astimezone(UTC).isoformat()


def as_who(by: str | None) -> str:
    """Who says something: as given, or the name of the system's user."""
    if by is None:
        try:
            by = getpass.getuser()
        except (OSError, KeyError):  # a container's user without a name
            by = "somebody"
    return by[:NAME_LIMIT]


def echo_json(content: object) -> None:
    """Prints what a program reads."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))
