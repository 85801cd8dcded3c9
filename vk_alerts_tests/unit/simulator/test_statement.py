import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.simulator import FEED_ACTIONS, MESSAGE_ACTIONS, Incident, Simulation
from vk_alerts.simulator.statement import insert_statement

START = datetime(2026, 1, 4, 21, tzinfo=UTC)
SIMULATION = Simulation(7, start=START)


def incident(**changes):
    given = {
        "source": "feed",
        "action": "like",
        "where": (("os", "Android"),),
        "factor": 0.65,
        "start": START + timedelta(hours=1),
        "end": START + timedelta(hours=2),
        "metric": "likes",
        "slice_key": "os=Android",
    }
    return Incident(**(given | changes))


@pytest.mark.parametrize(("source", "spec"), [("feed", FEED_ACTIONS), ("messenger", MESSAGE_ACTIONS)])
def test_the_insert_names_every_column_of_its_table(source, spec):
    sql = insert_statement(SIMULATION, source, first=0, last=4)
    named = re.search(r"INSERT INTO (\w+)\s*\(([^)]*)\)", sql)
    assert named is not None
    assert named[1] == spec.name
    assert tuple(name.strip() for name in named[2].split(",")) == spec.column_names


@pytest.mark.parametrize("source", ["feed", "messenger"])
def test_every_parameter_is_filled_in_and_no_comment_is_sent(source):
    sql = insert_statement(replace(SIMULATION, incidents=(incident(),)), source, first=0, last=96)
    assert "$" not in sql
    assert "--" not in sql


@pytest.mark.parametrize("source", ["feed", "messenger"])
def test_a_week_fits_into_what_a_server_parses_by_default(source):
    busy = replace(SIMULATION, feed_per_day=100_000_000, messages_per_day=100_000_000)
    assert len(insert_statement(busy, source, first=0, last=672)) < 256 * 1024


@pytest.mark.parametrize(
    ("first", "last", "is_rendered"),
    [(0, 4, False), (0, 5, True), (4, 8, True), (7, 9, True), (8, 12, False)],
)
def test_an_incident_is_part_of_the_inserts_it_touches_only(first, last, is_rendered):
    sql = insert_statement(replace(SIMULATION, incidents=(incident(),)), "feed", first=first, last=last)
    assert ("action = 'like' AND toString(`os`) = 'Android'" in sql) is is_rendered


def test_an_incident_of_the_feed_leaves_the_messenger_alone():
    whole = incident(action=None)
    with_incident = insert_statement(replace(SIMULATION, incidents=(whole,)), "messenger", first=0, last=8)
    assert with_incident == insert_statement(SIMULATION, "messenger", first=0, last=8)


def test_a_value_with_a_quote_stays_a_value():
    sql = insert_statement(
        replace(SIMULATION, incidents=(incident(where=(("city", "Cote d'Or"),)),)), "feed", first=0, last=8
    )
    assert r"toString(`city`) = 'Cote d\'Or'" in sql


@pytest.mark.parametrize("seed", [0, -1, 2**63, 2**64 + 5])
def test_any_integer_is_a_seed(seed):
    assert insert_statement(replace(SIMULATION, seed=seed), "feed", first=0, last=1)
