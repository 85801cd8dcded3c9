import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator import Simulation, default_incidents, read_ledger, write_ledger

END = datetime(2026, 1, 29, 17, tzinfo=UTC)
SIMULATION = Simulation(
    7, start=datetime(2025, 12, 18, 17, tzinfo=UTC), feed_per_day=12_345, incidents=default_incidents(END)
)


def test_a_ledger_gives_back_the_simulation_that_was_written(tmp_path):
    path = tmp_path / "home" / "ledger.json"
    write_ledger(path, SIMULATION)
    assert read_ledger(path) == SIMULATION


def test_a_ledger_knows_what_grows_and_what_is_late(tmp_path):
    likes, messages = default_incidents(END)
    incidents = (replace(likes, factors=(0.9, 0.65)), replace(messages, late=timedelta(minutes=5)))
    write_ledger(tmp_path / "ledger.json", replace(SIMULATION, incidents=incidents))
    assert read_ledger(tmp_path / "ledger.json").incidents == incidents


def test_a_ledger_of_an_earlier_release_knows_neither(tmp_path):
    path = tmp_path / "ledger.json"
    write_ledger(path, SIMULATION)
    tree = json.loads(path.read_text())
    for incident in tree["incidents"]:
        del incident["factors"], incident["late"]
    path.write_text(json.dumps(tree))
    assert read_ledger(path) == SIMULATION


def test_a_ledger_is_replaced_whole_and_leaves_no_other_file(tmp_path):
    path = tmp_path / "ledger.json"
    write_ledger(path, SIMULATION)
    write_ledger(path, Simulation(8, start=SIMULATION.start))
    assert read_ledger(path).seed == 8
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_ledger_and_no_other_file(tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    write_ledger(path, SIMULATION)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vk_alerts.simulator.ledger.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_ledger(path, Simulation(8, start=SIMULATION.start))
    assert read_ledger(path) == SIMULATION
    assert list(tmp_path.iterdir()) == [path]


def test_people_can_read_what_was_planted(tmp_path):
    path = tmp_path / "ledger.json"
    write_ledger(path, SIMULATION)
    likes = json.loads(path.read_text())["incidents"][0]
    assert likes["metric"] == "likes"
    assert likes["slice_key"] == "os=Android"
    assert likes["start"] == "2026-01-29T14:15:00+00:00"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda text: "", "file: Invalid JSON"),
        (lambda text: text.replace('"seed"', '"sead"'), "seed: Field required"),
        (lambda text: text.replace("+00:00", ""), "start: "),
        (lambda text: text.replace('"feed"', '"fed"'), "unknown source 'fed'"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_with_the_reason(tmp_path, change, named):
    path = tmp_path / "ledger.json"
    write_ledger(path, SIMULATION)
    path.write_text(change(path.read_text()))
    with pytest.raises(ConfigurationError) as caught:
        read_ledger(path)
    assert named in str(caught.value)


def test_a_missing_ledger_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.json: No such file"):
        read_ledger(tmp_path / "nowhere.json")
