"""Outbox → Telegram (or the console): every due message is sent, and its fate recorded after it is known."""

from vk_alerts.pipeline.delivering.drain import deliver
from vk_alerts.pipeline.delivering.post import Post, open_post, post_of
from vk_alerts.pipeline.delivering.preview import Preview, preview
from vk_alerts.pipeline.delivering.report import DeliveryReport, Fate
from vk_alerts.pipeline.delivering.waking import drain_due

__all__ = [
    "DeliveryReport",
    "Fate",
    "Post",
    "Preview",
    "deliver",
    "drain_due",
    "open_post",
    "post_of",
    "preview",
]
