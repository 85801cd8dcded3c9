"""Who is told of what: a list of routes, as the catalog says it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from vk_alerts.metrics.slices import Slice


def _as_text(value: Any) -> Any:
    """YAML reads a chat's id as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Chat = Annotated[
    str,
    BeforeValidator(_as_text),
    StringConstraints(pattern=r"^(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}|apprise:[a-z][a-z0-9_]{0,39})$"),
]
"""A chat's id (``-1001234567890``) or public name (``@channel``); or a channel besides Telegram:
``apprise:ops_mail``, whose URL is in ``VK_ALERTS_APPRISE_OPS_MAIL``.
"""
_Metric = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
_Slice = Annotated[str, StringConstraints(pattern=r"^(all|[^=,]+=.*)$", max_length=500)]
_Mention = Annotated[
    str,
    StringConstraints(pattern=r"^(@[A-Za-z0-9_]{2,32}( @[A-Za-z0-9_]{2,32})*|tg://user\?id=[0-9]{1,20})$"),
]


class Severity(StrEnum):
    """Which alerts a route takes."""

    ANY = "any"
    HARD = "hard"  # beyond the hard threshold


class Route(BaseModel):
    """Alerts on some series go to a chat; what is left out takes every alert, or the default chat.

    ``metric``: one name or several. ``slice``: one key or several; ``os=Android`` takes the slice and all
    slices within it, ``all`` the total only. ``topic``: the topic's number in a chat with topics.
    ``mention``: who is called there instead of the metric's owner: ``@name`` (or several), or
    ``tg://user?id=…``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chat: Chat | None = None
    metric: Annotated[tuple[_Metric, ...], BeforeValidator(_as_list)] = ()
    slice: Annotated[tuple[_Slice, ...], BeforeValidator(_as_list)] = ()
    severity: Severity = Severity.ANY
    topic: Annotated[int, Field(gt=0)] | None = None
    mention: _Mention | None = None

    def takes(self, metrics: Iterable[str], slice_key: str, *, is_hard: bool) -> bool:
        """Whether an alert about any of ``metrics`` in a slice goes this way."""
        if self.severity is Severity.HARD and not is_hard:
            return False
        if self.metric and not set(self.metric) & set(metrics):
            return False
        return not self.slice or any(_is_within(slice_key, wanted) for wanted in self.slice)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes.

    Attributes:
        chat: id or public name.
        topic: number of the topic; None = the chat itself.
        mention: who is called there; None = the metric's owner.
    """

    chat: str
    topic: int | None = None
    mention: str | None = None


def destinations(
    routes: Iterable[Route], *, default_chat: str, metrics: Iterable[str], slice_key: str, is_hard: bool
) -> tuple[Destination, ...]:
    """Where an alert goes: along every route that takes it, or to the default chat when none does.

    Where several routes lead to one topic, the first holds.
    """
    wanted = frozenset(metrics)
    found: dict[tuple[str, int | None], Destination] = {}
    for route in routes:
        if route.takes(wanted, slice_key, is_hard=is_hard):
            end = Destination(route.chat or default_chat, route.topic, route.mention)
            found.setdefault((end.chat, end.topic), end)
    return tuple(found.values()) or (Destination(default_chat),)


def _is_within(slice_key: str, wanted: str) -> bool:
    outer = Slice.from_key(wanted)
    inner = Slice.from_key(slice_key)
    return inner.is_total if outer.is_total else outer.contains(inner)
