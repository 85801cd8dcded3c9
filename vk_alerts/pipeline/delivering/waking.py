"""Whether there is something to send; the schedule that drains the outbox starts a run only then."""

from datetime import datetime

from vk_alerts.delivery.secret import token_from
from vk_alerts.errors import ConfigurationError
from vk_alerts.pipeline.delivering.post import Post
from vk_alerts.pipeline.doorbell import Ring
from vk_alerts.settings import TOKEN_VARIABLE
from vk_alerts.state.chats import BOT


def drain_due(post: Post, *, now: datetime) -> Ring:
    """Decides whether the outbox is to be drained; only the state database is asked.

    Args:
        post: the outbox, and what is known about chats.
        now: aware UTC.

    Raises:
        StateError: the state database cannot be used.
    """
    moment = now.timestamp()
    due = post.outbox.due(moment)
    if due:
        # A run without a token would fail every minute; that the doorbell's fails tells enough.
        problem = _missing_token(post)
        return Ring(rings=not problem, reason=problem or f"messages due: {due}")
    waiting = post.outbox.waiting()
    if not waiting:
        return Ring(rings=False, reason="nothing is unsent")
    told = f"messages that wait for their time: {waiting}"
    pauses = post.chats.pauses(moment)
    if pauses:
        first = pauses[0]
        whose = "the bot" if first.chat == BOT else f"chat {first.chat}"
        told += f"; {whose} is paused for {first.until - moment:.0f} s: {first.reason}"
    return Ring(rings=False, reason=told)


def _missing_token(post: Post) -> str:
    if post.settings.telegram_is_set:
        try:
            token_from(TOKEN_VARIABLE)
        except ConfigurationError as error:
            return str(error)
    return ""
