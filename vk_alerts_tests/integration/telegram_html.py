"""The double's strict reading of Telegram's HTML, as tests use it."""

from vk_alerts.delivery.double.markup import BadHtmlError, Shown, parse_html

__all__ = ["BadHtmlError", "Shown", "parse_html"]
