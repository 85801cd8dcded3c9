"""What the bot works with, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import safe
from vk_alerts.alerting.story import Language
from vk_alerts.bot.wording import BotWording, bot_wording
from vk_alerts.delivery.conversation import Person, Place
from vk_alerts.delivery.protocol import OutgoingMessage
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import Catalog, Metric
from vk_alerts.pipeline import Stores, open_stores
from vk_alerts.pipeline.labels import slice_label
from vk_alerts.settings import Settings
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.groups import GroupRepository

TITLE_LIMIT = 160


@dataclass(frozen=True, slots=True)
class Reply:
    """What people get.

    Attributes:
        toast: a line for who pressed; empty = none.
        messages: for the chat, in order.
    """

    toast: str = ""
    messages: tuple[OutgoingMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What the bot works with.

    Attributes:
        settings: what the environment said.
        catalog: the metrics.
        engine: of the state database.
        stores: opens ClickHouse, too; asked only for what needs it.
    """

    settings: Settings
    catalog: Catalog
    engine: sa.Engine
    stores: Callable[[], Stores]

    @property
    def language(self) -> Language:
        """The language the bot speaks."""
        return Language(self.settings.language)

    @property
    def words(self) -> BotWording:
        """Its phrases."""
        return bot_wording(self.language)

    @property
    def groups(self) -> GroupRepository:
        """The groups that people press buttons below and ask about."""
        return GroupRepository(self.engine)

    def allows(self, person: Person) -> bool:
        """Whether somebody may press buttons and ask."""
        names = {str(person.id)} | ({f"@{person.username.lower()}"} if person.username else set())
        return not names.isdisjoint(self.settings.telegram_users)

    def title(self, metric: Metric) -> str:
        """A metric's title."""
        return metric.title.ru if self.language is Language.RUSSIAN else metric.title.en

    def series(self, metric_name: str, slice_key: str | None) -> str:
        """A series as people call it, HTML: ``Лайки · Android``; a metric of before by its name."""
        known = {metric.name: self.title(metric) for metric in self.catalog.metrics}
        title = known.get(metric_name, metric_name)
        if slice_key is None:
            return safe(self.words.everything_of.format(title), limit=TITLE_LIMIT)
        return safe(f"{title} · {slice_label(slice_key, self.language)}", limit=TITLE_LIMIT)

    def clock(self, moment: datetime, *, now: datetime) -> str:
        """``14:15 МСК``, with the date on another day."""
        zone = self.settings.zone
        name = numbers.zone_name(moment, zone, self.language)
        return f"{numbers.clock(moment, zone, seen_from=now)} {name}"

    def note(self, place: Place, text: str, *, photo: bytes | None = None) -> OutgoingMessage:
        """A message, HTML, that replies where somebody did something; without a sound."""
        return OutgoingMessage(
            chat=place.chat,
            caption=text,
            photo=photo,
            reply_to=place.message_id,
            silent=True,
            topic=place.topic,
        )


def open_desk(settings: Settings) -> Desk:
    """The desk of a process: the state database is opened, ClickHouse when it is first asked for.

    Raises:
        CatalogError: the catalog cannot be read.
        ConfigurationError: the state database's URL cannot be read.
        StateError: the state database cannot be used.
    """
    return Desk(
        settings=settings,
        catalog=load_catalog(settings.catalog),
        engine=open_database(settings.state_url or sqlite_url(settings.home / "state.db")),
        stores=cache(lambda: open_stores(settings)),
    )
