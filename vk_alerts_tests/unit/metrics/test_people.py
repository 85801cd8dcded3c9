"""The parts of a slice whose distinct users are asked for, and in which words."""

from datetime import UTC, datetime, timedelta

import yaml

from vk_alerts.metrics.leaves import within
from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.metrics.people import people_query
from vk_alerts.metrics.slices import Slice
from vk_alerts_tests.unit.metrics.catalogs import shop

NOW = datetime(2026, 1, 29, 12, tzinfo=UTC)
EARLIER = [NOW - timedelta(weeks=week) for week in (1, 2)]


def query(part):
    file = parse_catalog({"shop.yaml": yaml.safe_dump(shop())}).files[0]
    (metric,) = [one for one in file.metrics if one.name == "buyers"]
    return people_query(file, metric, part, NOW, EARLIER)


def test_a_slice_is_asked_for_as_a_whole_and_by_every_dimension_that_it_leaves_open(snapshot):
    asked = query(Slice((("os", "iOS"),)))
    assert asked.dimensions == ("age",)
    assert asked.slice_columns == {"os": "slice_os"}
    assert asked.sql == snapshot


def test_the_value_of_a_slice_does_not_stand_in_the_text():
    assert "it's" not in query(Slice((("os", "it's"),))).sql


def test_users_are_counted_window_by_window_and_only_where_the_metric_counts_them():
    sql = query(Slice((("os", "iOS"),))).sql
    for start in (NOW, *EARLIER):
        assert sql.count(f"uniqExactIf(user_id, (paid = 1) AND {within('`placed_at`', start)})") == 2
