"""Which chats are told of what: routes as the catalog says them, and the one line when it says nonsense."""

import pytest

from vk_alerts.errors import CatalogError
from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.metrics.model import Catalog
from vk_alerts.metrics.routes import Destination, Route, destinations
from vk_alerts_tests.unit.metrics.catalogs import shop

ROUTES = """
routes:
  - chat: -1001
    metric: orders
  - chat: "@hard_ones"
    severity: hard
    mention: "@boss"
  - chat: -1002
    metric: [orders, share]
    slice: os=Android
    topic: 7
    mention: tg://user?id=42
  - slice: all
    topic: 9
    metric: buyers
fallback_chat: -1009
"""


def catalog(system: str = ROUTES) -> Catalog:
    import yaml

    return parse_catalog({"shop.yaml": yaml.safe_dump(shop(), allow_unicode=True), "system.yaml": system})


ALERTS = [
    ("orders", "all", False, [("-1001", None)]),
    ("orders", "all", True, [("-1001", None), ("@hard_ones", None)]),
    ("orders", "os=Android", False, [("-1001", None), ("-1002", 7)]),
    ("share", "os=Android,age=old", False, [("-1002", 7)]),  # a slice within the slice
    ("share", "os=iOS", False, [("default", None)]),
    ("share", "all", False, [("default", None)]),  # the total is not within the slice
    ("buyers", "all", False, [("default", 9)]),  # a topic of the default chat
    ("buyers", "os=iOS", False, [("default", None)]),
    ("buyers", "os=iOS", True, [("@hard_ones", None)]),
]


@pytest.mark.parametrize(("metric", "slice_key", "is_hard", "expected"), ALERTS)
def test_an_alert_goes_along_every_route_that_takes_it_or_to_the_default_chat(
    metric: str, slice_key: str, is_hard: bool, expected: list[tuple[str, int | None]]
) -> None:
    found = destinations(
        catalog().system.routes,
        default_chat="default",
        metrics=[metric],
        slice_key=slice_key,
        is_hard=is_hard,
    )
    assert [(end.chat, end.topic) for end in found] == expected


def test_who_is_mentioned_comes_from_the_route() -> None:
    routes = catalog().system.routes
    (end,) = destinations(routes, default_chat="d", metrics=["share"], slice_key="os=Android", is_hard=False)
    assert end == Destination("-1002", 7, "tg://user?id=42")


def test_two_routes_to_one_place_are_one_message_and_the_first_mention_holds() -> None:
    routes = [
        Route(chat="-1", mention="@first"),
        Route(chat="-1", mention="@second"),
        Route(chat="-1", topic=2),
    ]
    found = destinations(routes, default_chat="d", metrics=["m"], slice_key="all", is_hard=False)
    assert found == (Destination("-1", None, "@first"), Destination("-1", 2))


def test_without_routes_everything_goes_to_the_default_chat() -> None:
    assert catalog("alert_budget: {totals_per_week: 1}").system.routes == ()


def test_the_fallback_chat_may_be_written_as_a_number() -> None:
    assert catalog().system.fallback_chat == "-1009"


WRONG = [
    ("routes: [{chat: -1, metric: likes}]", "routes.0.metric: unknown metric 'likes'; known: orders, buyers"),
    ("routes: [{chat: my chat}]", "routes.0.chat: String should match pattern"),
    ("routes: [{chat: true}]", "routes.0.chat: a text is needed; quote it"),
    ("routes: [{chats: -1}]", "routes.0.chats: unknown key; did you mean 'chat'? known: chat, mention"),
    ("routes: [{severity: loud}]", "routes.0.severity: Input should be 'any' or 'hard'"),
    ("routes: [{topic: 0}]", "routes.0.topic: Input should be greater than 0"),
    ("routes: [{slice: android}]", "routes.0.slice.0: String should match pattern"),
    ("routes: [{mention: somebody}]", "routes.0.mention: String should match pattern"),
    ("fallback_chat: the boss", "fallback_chat: String should match pattern"),
]


@pytest.mark.parametrize(("system", "complaint"), WRONG)
def test_nonsense_is_told_in_one_line_that_names_the_place(system: str, complaint: str) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog(system)
    assert str(caught.value).startswith(f"system.yaml:1: {complaint}")
    assert "\n" not in str(caught.value)
