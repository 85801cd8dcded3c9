"""The bot's process: what people press and ask in Telegram. Alerts come without it, too."""

from vk_alerts.bot.desk import Desk, Reply, open_desk
from vk_alerts.bot.loop import Waits, attend

__all__ = ["Desk", "Reply", "Waits", "attend", "open_desk"]
