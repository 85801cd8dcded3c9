from datetime import UTC, datetime
from pathlib import Path

import pytest

from vk_alerts.demo.examples import EXAMPLES, example_named
from vk_alerts.demo.options import DemoOptions
from vk_alerts.demo.scenario import lay_out
from vk_alerts.errors import ConfigurationError
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.metric import MetricKind
from vk_alerts.metrics.slices import Slice
from vk_alerts.simulator.worlds import WORLDS, streams_of
from vk_alerts.windows import STEP

OPTIONS = DemoOptions(seed=1, days=42, events_per_day=70_000, home=Path("/h"), out=Path("/o"))
NOW = datetime(2026, 3, 6, tzinfo=UTC)
PLAYED = [(name, scenario) for name, example in EXAMPLES.items() for scenario in example.scenarios]


def laid_out(name, scenario):
    return lay_out(scenario, EXAMPLES[name].plot(scenario), OPTIONS, NOW, world=name)


def test_every_world_of_the_simulator_has_an_example():
    assert list(EXAMPLES) == list(WORLDS)
    assert all(example.world == name and example.shows for name, example in EXAMPLES.items())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_catalog_reads_the_tables_that_are_simulated(name):
    catalog = load_catalog(EXAMPLES[name].catalog)
    streams = streams_of(name)
    assert {source.name: source.table for source in catalog.sources} == {
        source: stream.table.name for source, stream in streams.items()
    }
    for source in catalog.sources:
        assert source.time in streams[source.name].table.column_names


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("shop", {MetricKind.COUNT, MetricKind.UNIQUE, MetricKind.RATIO, MetricKind.GAUGE}),
        ("api", {MetricKind.COUNT, MetricKind.RATIO, MetricKind.QUANTILE}),
    ],
)
def test_the_examples_show_every_kind_of_metric(name, kinds):
    assert {metric.kind for metric in load_catalog(EXAMPLES[name].catalog).metrics} == kinds


@pytest.mark.parametrize(("name", "scenario"), PLAYED)
def test_what_is_planted_is_watched_and_lies_in_the_windows_that_are_played(name, scenario):
    catalog, played = load_catalog(EXAMPLES[name].catalog), laid_out(name, scenario)
    assert played.planted
    for incident in played.planted:
        source = catalog.source_of(incident.metric)
        watched = tuple(dimension for dimension, _ in Slice.from_key(incident.slice_key).items)
        assert (source.name, watched in source.groupings) == (incident.source, True)
        assert played.live_start < incident.start < incident.end < played.end


@pytest.mark.parametrize("name", ["shop", "api"])
def test_the_second_incident_begins_when_the_first_is_told_to_be_over_for_more_than_an_hour(name):
    first, second = laid_out(name, "default").planted
    assert second.start - first.end > 5 * STEP


def test_a_shop_has_the_events_that_were_asked_for():
    simulation = laid_out("shop", "default").simulation
    assert (simulation.world, simulation.per_day("shop")) == ("shop", 70_000)


@pytest.mark.parametrize(
    ("name", "scenario", "said"),
    [
        (
            "shop",
            "os-outage",
            "--scenario 'os-outage': of --example social, not shop; known: default",
        ),
        ("api", "defualt", "--scenario 'defualt': not known; did you mean 'default'? known: default"),
        ("bank", "default", "--example 'bank': not known; known: social, shop, api"),
        ("shp", "default", "--example 'shp': not known; did you mean 'shop'? known: social, shop, api"),
    ],
)
def test_what_is_not_there_to_be_played_is_refused_with_what_is(name, scenario, said):
    with pytest.raises(ConfigurationError) as caught:
        example_named(name).plot(scenario)
    assert str(caught.value) == said
