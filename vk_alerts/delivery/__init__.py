"""Ways to deliver a message: Telegram, and the console where no bot is set up.

`TelegramNotifier` is imported from its module, so that the console needs no Telegram library.
"""

from vk_alerts.delivery.console import ConsoleNotifier
from vk_alerts.delivery.protocol import Button, Keyboard, Notifier, OutgoingMessage, Receipt, Session, Told

__all__ = [
    "Button",
    "ConsoleNotifier",
    "Keyboard",
    "Notifier",
    "OutgoingMessage",
    "Receipt",
    "Session",
    "Told",
]
