"""Outbox → Telegram (or the console): every due message is sent, and its fate recorded after it is known."""

from vk_alerts.pipeline.delivering.drain import deliver
from vk_alerts.pipeline.delivering.post import Post, open_post, post_of
from vk_alerts.pipeline.delivering.report import DeliveryReport, Fate

__all__ = ["DeliveryReport", "Fate", "Post", "deliver", "open_post", "post_of"]
