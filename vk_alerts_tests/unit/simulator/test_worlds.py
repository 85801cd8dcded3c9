import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator import Incident, Simulation, read_ledger, write_ledger
from vk_alerts.simulator.habits import expected_sessions
from vk_alerts.simulator.statement import insert_statement
from vk_alerts.simulator.worlds import STREAMS, WORLDS, streams_of
from vk_alerts.windows import STEP

START = datetime(2026, 1, 4, 21, tzinfo=UTC)
SHOP = Simulation(7, start=START, world="shop")
API = Simulation(7, start=START, world="api")
ORDERS = Incident("shop", "order", (("os", "iOS"),), 0.3, START, START + STEP, "orders", "os=iOS")
SLOW = Incident(
    "api", "duration", (("endpoint", "/search"),), 1.8, START, START + STEP, "p95", "endpoint=/search"
)
ERRORS = Incident("api", "errors", (("region", "asia"),), 6, START, START + STEP, "errors", "region=asia")


def statement(simulation, source, **changes):
    return insert_statement(simulation, source, **({"first": 0, "last": 4} | changes))


def test_every_stream_belongs_to_one_world_and_has_random_numbers_and_a_table_of_its_own():
    assert sorted(name for names in WORLDS.values() for name in names) == sorted(STREAMS)
    assert len({stream.number for stream in STREAMS.values()}) == len(STREAMS)
    assert len({stream.table.name for stream in STREAMS.values()}) == len(STREAMS)


@pytest.mark.parametrize(("source", "simulation"), [("shop", SHOP), ("api", API)])
def test_the_insert_fills_every_column_and_every_parameter(source, simulation):
    sql = statement(replace(simulation, incidents=(ORDERS,) if source == "shop" else (SLOW, ERRORS)), source)
    named = re.search(r"INSERT INTO (\w+)\s*\(([^)]*)\)", sql)
    assert named is not None
    assert (named[1], tuple(name.strip() for name in named[2].split(","))) == (
        STREAMS[source].table.name,
        STREAMS[source].table.column_names,
    )
    assert "$" not in sql
    assert "--" not in sql


def test_orders_are_left_out_and_durations_and_the_chance_of_errors_multiplied_where_an_incident_is():
    orders = statement(replace(SHOP, incidents=(ORDERS,)), "shop")
    assert "kind = 'order' AND toString(`os`) = 'iOS', 0 + (" in orders
    requests = statement(replace(API, incidents=(SLOW, ERRORS)), "api")
    window = "if(ordinal >= 0 AND ordinal < 1 AND "
    assert f"* {window}toString(`endpoint`) = '/search', 1.8, 1.0)" in requests
    assert f"* {window}toString(`region`) = 'asia', 6.0, 1.0)" in requests
    later = statement(replace(API, incidents=(SLOW, ERRORS)), "api", first=1, last=2)
    assert later == statement(API, "api", first=1, last=2)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            {"source": "shop", "action": "duration"},
            "unknown action 'duration' of shop; known: visit, ",
        ),
        ({"action": "order"}, "unknown action 'order' of api; known: request, duration, errors"),
        ({"where": (("category", "home"),)}, "unknown dimension 'category'; known: gender, age"),
        ({"action": None}, "unknown dimension 'endpoint'; known: gender, age"),
    ],
)
def test_what_cannot_happen_in_a_stream_is_refused_with_what_can(change, named):
    with pytest.raises(ConfigurationError) as caught:
        replace(SLOW, **change)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"world": "bank"}, "simulation: unknown world 'bank'; known: social, shop, api"),
        ({"events_per_day": -1}, "simulation: -1 events a day; must not be negative"),
        ({"incidents": (SLOW,)}, "simulation: an incident of 'api' is in no stream of shop; known: shop"),
    ],
)
def test_a_world_that_cannot_be_is_refused_with_the_reason(change, named):
    with pytest.raises(ConfigurationError) as caught:
        replace(SHOP, **change)
    assert named in str(caught.value)


@pytest.mark.parametrize(("source", "simulation"), [("shop", SHOP), ("api", API)])
def test_a_day_has_as_many_events_as_were_asked_for(source, simulation):
    sessions = expected_sessions(simulation, source, first=0, last=28 * 96).sum() / 28
    assert 1.01 < sessions * streams_of(source)[source].events_per_session / 100_000 < 1.08


def test_a_ledger_knows_its_world_and_one_of_an_earlier_release_is_the_social_app_s(tmp_path):
    path = tmp_path / "ledger.json"
    simulation = replace(API, events_per_day=5_000, incidents=(SLOW, ERRORS))
    write_ledger(path, simulation)
    assert read_ledger(path) == simulation
    social = Simulation(7, start=START)
    write_ledger(path, social)
    tree = json.loads(path.read_text())
    del tree["world"], tree["events_per_day"]
    path.write_text(json.dumps(tree))
    assert read_ledger(path) == social
