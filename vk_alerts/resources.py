"""What the assets and sensors are handed: the stores, the notifier, the clock."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg

from vk_alerts.delivery.channels import Channels
from vk_alerts.delivery.console import ConsoleNotifier
from vk_alerts.delivery.protocol import Notifier
from vk_alerts.delivery.secondary import AppriseNotifier
from vk_alerts.delivery.telegram import TelegramNotifier
from vk_alerts.errors import VkAlertsError
from vk_alerts.pipeline import Post, Stores, open_post, open_stores
from vk_alerts.settings import TOKEN_VARIABLE, Settings, read_settings


class AlertingResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The stores, as the environment of the process says; holds no secret itself."""

    @contextmanager
    def open(self) -> Iterator[Stores]:
        """The stores, for the time of the block; an error of ours fails the run with its one line."""
        with plain_failures():
            stores = open_stores(read_settings())
            try:
                yield stores
            finally:
                stores.close()

    @contextmanager
    def open_post(self) -> Iterator[Post]:
        """What delivery needs, likewise; messages go out without ClickHouse, too."""
        with plain_failures():
            post = open_post(read_settings())
            try:
                yield post
            finally:
                post.close()


class ClockResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The time, which decides what is still live.

    Attributes:
        fixed_at: an ISO moment that stands still, for replays; None = the time of the machine.
    """

    fixed_at: str | None = None

    def now(self) -> datetime:
        """The moment, aware UTC."""
        return datetime.now(UTC) if self.fixed_at is None else datetime.fromisoformat(self.fixed_at)


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turns our errors into a failure that shows their one line instead of a traceback."""
    try:
        yield
    except VkAlertsError as error:
        raise dg.Failure(description=str(error)) from None


def notifier_for(settings: Settings) -> Notifier:
    """Telegram, and the channels that routes name besides, when its token is set; the console otherwise."""
    if settings.telegram_is_set:
        telegram = TelegramNotifier(token_variable=TOKEN_VARIABLE, api_root=settings.telegram_api)
        return Channels(telegram, AppriseNotifier())
    return ConsoleNotifier(settings.alerts_folder, sys.stdout)
