"""What a table's columns suggest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.metrics.proposal import SYSTEM, Seen, SeenTable, propose, source_name


def proposed(*columns: Seen, table: str = "events"):
    return parse_catalog(
        {"events.yaml": propose(SeenTable(table, "time", columns, 100)), "system.yaml": SYSTEM}
    )


def names(*columns: Seen) -> list[str]:
    return [metric.name for metric in proposed(*columns).metrics]


@pytest.mark.parametrize(
    ("column", "metrics"),
    [
        (Seen("user_id", is_text=False, distinct=900), ["events_users"]),
        (Seen("client_id", is_text=True, distinct=900), ["events_users"]),
        (Seen("post_id", is_text=False, distinct=900), []),
        (Seen("duration_ms", is_text=False, distinct=900), ["events_duration_ms_p95"]),
        (Seen("latency", is_text=True, distinct=900), []),  # a text
        (Seen("total_price", is_text=False, distinct=900), ["events_total_price"]),
        (
            Seen("action", is_text=True, distinct=2, frequent=("view", "like")),
            ["events_view", "events_like", "events_like_rate"],
        ),
        (
            Seen("event_type", is_text=True, distinct=2, frequent=("cart", "order")),
            ["events_cart", "events_order"],  # neither comes before the other
        ),
        (
            Seen("kind", is_text=True, distinct=3, frequent=("users", "events", "Просмотр")),
            ["events_users_only", "events_events_only"],
        ),
    ],
)
def test_a_column_suggests_metrics(column: Seen, metrics: list[str]) -> None:
    assert names(column) == ["events_events", *metrics]


def test_columns_with_few_values_are_watched_apart_whatever_they_are_called() -> None:
    columns = ("os", "no", "app version", "app-version", "Город", "session_id")
    catalog = proposed(*(Seen(name, is_text=True, distinct=3, frequent=("a", "b", "c")) for name in columns))
    assert dict(catalog.sources[0].dimensions) == {
        "os": "os",
        "no": "no",
        "app_version": "`app version`",
        "app_version_4": "`app-version`",
        "dimension_5": "`Город`",
    }
    assert catalog.sources[0].groupings[1:] == tuple((name,) for name in catalog.sources[0].dimensions)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("events", "events"),
        ("app.Feed-Actions", "feed_actions"),
        ("2024_log", "t_2024_log"),
        ("x" * 80, "x" * 40),
    ],
)
def test_a_table_is_named_in_small_letters(table: str, name: str) -> None:
    assert source_name(table) == name


columns_seen = st.builds(
    Seen,
    st.sampled_from(["action", "user_id", "duration_ms", "amount", "os"])
    | st.text("abcЯ_ -'\"`:#\\", min_size=1),
    is_text=st.booleans(),
    distinct=st.integers(0, 60),
    frequent=st.lists(st.text(max_size=80), max_size=8, unique=True).map(tuple),
)


@given(st.lists(columns_seen, max_size=8, unique_by=lambda one: one.name))
def test_whatever_a_table_holds_the_proposal_can_be_read(columns: list[Seen]) -> None:
    assert proposed(*columns).sources[0].table == "events"
