"""A strict Bot API server on loopback, for tests and demos: takes what Telegram takes, fails on demand.

Source of its rules: https://core.telegram.org/bots/api. Faults strike before or after acceptance; what was
accepted is kept apart from what was called, so that tests can tell what chats really show.
"""

from vk_alerts.delivery.double.faults import Fault, Way, api_error, web_page
from vk_alerts.delivery.double.server import bot_api
from vk_alerts.delivery.double.state import TOKEN, Accepted, BotApi, Call

__all__ = ["TOKEN", "Accepted", "BotApi", "Call", "Fault", "Way", "api_error", "bot_api", "web_page"]
