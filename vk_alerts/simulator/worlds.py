"""What can be simulated: worlds, each of them streams of events that one table holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator.tables import FEED_ACTIONS, MESSAGE_ACTIONS, REQUESTS, SHOP_EVENTS

FEED = "feed"
MESSENGER = "messenger"
SHOP = "shop"
API = "api"
SOCIAL = "social"
DIMENSIONS: Final = ("gender", "age", "country", "city", "os", "source", "exp_group")
"""What is known of the people, and so of each session (sql/sessions.sql)."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Events of one table: what people do in their sessions.

    Attributes:
        number: of its random numbers, a part of every seed.
        table: where the events go.
        file: the SQL that makes them out of sessions, below ``sql/``.
        events_per_session: on average.
        gap_seconds: the shortest pause between two events, and how many lengths a pause may have.
        actions: kinds of single events, of which an incident may change the number → SQL that tells them.
        measures: what an incident may multiply of single events: names of parameters of the file.
        dimensions: what single events have besides :data:`DIMENSIONS`.
    """

    number: int
    table: TableSpec
    file: str
    events_per_session: float
    gap_seconds: tuple[int, int]
    actions: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()


# A session has 1 to 5 views, messages or requests, all equally likely; one view in five is liked. A visit to
# the shop leads to a cart in 35 cases of a hundred, and to an order in 16 of them.
STREAMS: Final[Mapping[str, Stream]] = MappingProxyType(
    {
        FEED: Stream(
            number=1,
            table=FEED_ACTIONS,
            file="feed_actions.sql",
            events_per_session=3.0 * 1.2,
            gap_seconds=(8, 17),
            actions={"view": "action = 'view'", "like": "action = 'like'"},
        ),
        MESSENGER: Stream(
            number=2,
            table=MESSAGE_ACTIONS,
            file="message_actions.sql",
            events_per_session=3.0,
            gap_seconds=(10, 50),
        ),
        SHOP: Stream(
            number=3,
            table=SHOP_EVENTS,
            file="shop_events.sql",
            events_per_session=1 + 0.35 + 0.16,
            gap_seconds=(10, 50),
            actions={name: f"kind = '{name}'" for name in ("visit", "cart", "order")},
            dimensions=("category",),
        ),
        API: Stream(
            number=4,
            table=REQUESTS,
            file="requests.sql",
            events_per_session=3.0,
            gap_seconds=(1, 20),
            actions={"request": "1"},
            measures=("duration", "errors"),
            dimensions=("endpoint", "region", "version"),
        ),
    }
)
WORLDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {SOCIAL: (FEED, MESSENGER), SHOP: (SHOP,), API: (API,)}
)
"""The worlds: each the names of its streams."""


def streams_of(world: str) -> dict[str, Stream]:
    """The streams of a world, by name.

    Raises:
        ConfigurationError: there is no such world.
    """
    if world not in WORLDS:
        raise ConfigurationError(f"simulation: unknown world {world!r}; known: {', '.join(WORLDS)}")
    return {name: STREAMS[name] for name in WORLDS[world]}
