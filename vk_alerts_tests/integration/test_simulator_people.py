"""What the written events look like, on the embedded engine: people, weights, counts."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.simulator import EVENT_TABLES, Simulation, create_event_tables, write_events
from vk_alerts.simulator.habits import expected_sessions
from vk_alerts.simulator.people import FIRST_USER

# A Thursday 20:00 in Moscow.
END = datetime(2026, 1, 29, 17, tzinfo=UTC)
DAYS = 4
SIMULATION = Simulation(7, start=END - DAYS * timedelta(days=1), feed_per_day=40_000, messages_per_day=15_000)


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[ClickHouse]:
    home = tmp_path_factory.mktemp("home")
    clickhouse = ClickHouse(ensure_running(home))
    create_event_tables(clickhouse)
    write_events(clickhouse, SIMULATION, SIMULATION.start, END)
    yield clickhouse
    stop(home)


def counted(clickhouse: ClickHouse, sql: str) -> pd.DataFrame:
    return clickhouse.read(f"SELECT {sql}")


def test_there_are_as_many_events_a_day_as_asked_for(app):
    asked = {"feed_actions": SIMULATION.feed_per_day, "message_actions": SIMULATION.messages_per_day}
    for table, per_day in asked.items():
        rows = counted(app, f"count() AS rows FROM {table}")["rows"].iloc[0]
        assert 0.98 < rows / DAYS / per_day < 1.10


def test_a_user_is_the_same_person_in_both_tables(app):
    who = "gender, age, country, city, os, source, exp_group"
    people = " UNION ALL ".join(f"SELECT user_id, {who} FROM {spec.name}" for spec in EVENT_TABLES)
    found = counted(
        app,
        f"count() AS users, max(identities) AS most FROM "
        f"(SELECT user_id, uniqExact({who}) AS identities FROM ({people}) GROUP BY user_id)",
    )
    assert found["most"].iloc[0] == 1
    assert 8_000 < found["users"].iloc[0] <= SIMULATION.users


def test_dimensions_have_the_values_and_weights_of_the_app(app):
    users = counted(
        app,
        "DISTINCT user_id, gender, age, country, city, os, source, exp_group FROM feed_actions",
    )
    assert set(users["gender"]) == {0, 1}
    assert set(users["exp_group"]) == {0, 1, 2, 3, 4}
    assert users["age"].between(13, 70).all()
    assert users["age"].median() < users["age"].mean() < 35
    assert (users["os"] == "Android").mean() == pytest.approx(0.64, abs=0.02)
    assert set(users["os"]) == {"Android", "iOS"}
    assert (users["source"] == "organic").mean() == pytest.approx(0.7, abs=0.02)
    assert set(users["source"]) == {"organic", "ads"}
    countries = users["country"].value_counts(normalize=True)
    assert countries.index[0] == "Russia"
    assert countries["Russia"] == pytest.approx(0.7, abs=0.05)
    assert {"Belarus", "Kazakhstan", "Uzbekistan", "Armenia", "Turkey"} < set(countries.index)
    assert users.groupby("city")["country"].nunique().max() == 1
    assert users["city"].nunique() > 20


def test_messages_go_to_other_users_that_exist(app):
    found = counted(
        app,
        "countIf(reciever_id = user_id) AS own, min(reciever_id) AS lowest, max(reciever_id) AS highest "
        "FROM message_actions",
    ).iloc[0]
    assert found["own"] == 0
    assert found["lowest"] >= FIRST_USER
    assert found["highest"] < FIRST_USER + SIMULATION.users


def test_one_view_in_five_is_liked_after_it_was_seen(app):
    likes = counted(app, "countIf(action = 'like') / countIf(action = 'view') AS share FROM feed_actions")
    assert likes["share"].iloc[0] == pytest.approx(0.2, abs=0.01)
    orphans = counted(
        app,
        "count() AS rows FROM (SELECT user_id, post_id, minIf(toUInt32(time), action = 'like') AS liked, "
        "minIf(toUInt32(time), action = 'view') AS seen, countIf(action = 'like') AS likes "
        "FROM feed_actions GROUP BY user_id, post_id) WHERE likes > 0 AND (seen = 0 OR seen >= liked)",
    )
    assert orphans["rows"].iloc[0] == 0


def test_likes_scatter_little_more_than_poisson(app):
    likes = counted(
        app,
        "toUInt32(toStartOfFifteenMinutes(time)) AS start, countIf(action = 'like') AS likes "
        "FROM feed_actions GROUP BY start ORDER BY start",
    )["likes"].to_numpy()
    # Three views a session, one in five liked.
    expected = expected_sessions(SIMULATION, "feed", first=0, last=DAYS * 96).sum(axis=1) * 0.6
    dispersion = np.mean((likes - expected) ** 2 / expected)
    assert 1.1 < np.sqrt(dispersion) < 1.4


@pytest.mark.slow
def test_events_are_made_at_a_twentieth_of_the_speed_at_which_they_are_copied_or_faster(app):
    """At a third of it, a million rows a second on two idle cores; the copies tell how busy they are."""
    year_later = replace(
        SIMULATION, start=END + timedelta(days=364), feed_per_day=100_000, messages_per_day=30_000
    )
    took_seconds = {"made": 0.0, "copied": 0.0}
    rows = 0
    for day in range(0, 8, 2):
        start = year_later.start + timedelta(days=day)
        began = time.monotonic()
        rows += write_events(app, year_later, start, start + timedelta(days=2))
        took_seconds["made"] += time.monotonic() - began
        for table in ("feed_actions", "message_actions"):
            app.execute(f"CREATE TABLE copied AS {table}")
            began = time.monotonic()
            app.execute(
                f"INSERT INTO copied SELECT * FROM {table} WHERE time >= toDateTime({start.timestamp():.0f})"
            )
            took_seconds["copied"] += time.monotonic() - began
            app.execute("DROP TABLE copied")
    assert 8 * 130_000 <= rows < 8 * 143_000
    assert took_seconds["made"] < 20 * took_seconds["copied"]
