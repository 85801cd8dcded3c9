"""What delivery works with; ClickHouse is asked for charts only, and messages go out without it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from vk_alerts.alerting.story import Language, Story
from vk_alerts.delivery.protocol import Keyboard
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import Catalog
from vk_alerts.pipeline.charting import picture
from vk_alerts.pipeline.delivering.keyboard import keyboard_of
from vk_alerts.pipeline.stores import Stores, open_stores
from vk_alerts.settings import Settings
from vk_alerts.state.chats import ChatRepository
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import OutboxRepository, OutboxRow
from vk_alerts.state.sweeping import Limits

DrawChart = Callable[[Story], bytes | None]


def no_keyboard(_row: OutboxRow) -> Keyboard:
    """Messages without buttons."""
    return ()


@dataclass(frozen=True, slots=True)
class Post:
    """What delivery works with.

    Attributes:
        settings: what the environment said.
        outbox: the messages.
        fallback_chat: where a message goes that its own chat does not take; None = nowhere.
        charts: opens what charts are drawn from; called once, when the first one is needed.
        keyboard: the buttons of a new message.
        limits: when messages are gathered into one.
    """

    settings: Settings
    outbox: OutboxRepository
    fallback_chat: str | None
    charts: Callable[[], DrawChart]
    keyboard: Callable[[OutboxRow], Keyboard] = no_keyboard
    limits: Limits = field(default_factory=Limits)

    @property
    def chats(self) -> ChatRepository:
        """What is known about chats."""
        return ChatRepository(self.outbox.engine)

    @property
    def language(self) -> Language:
        """The language messages are told in."""
        return Language(self.settings.language)

    def close(self) -> None:
        """Gives back the connections to the state database; what comes after opens new ones."""
        self.outbox.engine.dispose()


def post_of(stores: Stores) -> Post:
    """Delivery with stores that are open."""
    return _post(stores.settings, stores.catalog, stores.outbox, lambda: _drawing(stores))


def open_post(settings: Settings) -> Post:
    """Delivery by itself: the state database is opened, ClickHouse only when a chart is to be drawn.

    Raises:
        CatalogError: the catalog cannot be read.
        ConfigurationError: the state database's URL cannot be read.
        StateError: the state database cannot be used.
    """
    engine = open_database(settings.state_url or sqlite_url(settings.home / "state.db"))
    return _post(
        settings,
        load_catalog(settings.catalog),
        OutboxRepository(engine),
        lambda: _drawing(open_stores(settings)),
    )


def _post(
    settings: Settings, catalog: Catalog, outbox: OutboxRepository, charts: Callable[[], DrawChart]
) -> Post:
    fallback = catalog.system.fallback_chat or settings.telegram_chat if settings.telegram_is_set else None
    return Post(
        settings=settings,
        outbox=outbox,
        fallback_chat=fallback,
        charts=charts,
        keyboard=_keyboard(settings),
    )


def _keyboard(settings: Settings) -> Callable[[OutboxRow], Keyboard]:
    """Buttons only where the bot's process may be told who presses them."""
    if not settings.telegram_is_set or not settings.telegram_users:
        return no_keyboard
    language = Language(settings.language)
    return lambda row: keyboard_of(row, language)


def _drawing(stores: Stores) -> DrawChart:
    return lambda story: picture(stores, story)
