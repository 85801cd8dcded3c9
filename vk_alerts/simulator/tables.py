"""The event tables of the app, as other programs know them."""

from vk_alerts.clickhouse.spec import Column, TableSpec

# A tick reads one closed window and all its users, so that the window comes first in the key.
_ENGINE = "ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (toStartOfFifteenMinutes(time), user_id)"

FEED_ACTIONS = TableSpec(
    name="feed_actions",
    columns=(
        Column("user_id", "UInt32"),
        Column("post_id", "UInt32"),
        Column("action", "String"),
        Column("time", "DateTime('UTC')"),
        Column("gender", "Int8"),
        Column("age", "Int16"),
        Column("country", "String"),
        Column("city", "String"),
        Column("os", "String"),
        Column("source", "String"),
        Column("exp_group", "Int8"),
    ),
    engine=_ENGINE,
)

MESSAGE_ACTIONS = TableSpec(
    name="message_actions",
    columns=(
        Column("user_id", "UInt32"),
        # Spelled so in the tables that other programs rely on.
        Column("reciever_id", "UInt32"),
        Column("time", "DateTime('UTC')"),
        Column("source", "String"),
        Column("exp_group", "Int8"),
        Column("gender", "Int8"),
        Column("age", "Int16"),
        Column("country", "String"),
        Column("city", "String"),
        Column("os", "String"),
    ),
    engine=_ENGINE,
)

EVENT_TABLES = (FEED_ACTIONS, MESSAGE_ACTIONS)

SHOP_EVENTS = TableSpec(
    name="shop_events",
    columns=(
        Column("time", "DateTime('UTC')"),
        Column("user_id", "UInt32"),
        # visit, cart or order.
        Column("kind", "String"),
        Column("category", "String"),
        # Of a cart or an order, in roubles; 0 for a visit.
        Column("amount", "UInt32"),
        Column("os", "String"),
        Column("country", "String"),
        Column("city", "String"),
    ),
    engine=_ENGINE,
)

REQUESTS = TableSpec(
    name="requests",
    columns=(
        Column("time", "DateTime('UTC')"),
        Column("endpoint", "String"),
        Column("status", "UInt16"),
        Column("duration_ms", "UInt32"),
        Column("region", "String"),
        Column("version", "String"),
        Column("user_id", "UInt32"),
    ),
    engine=_ENGINE,
)
