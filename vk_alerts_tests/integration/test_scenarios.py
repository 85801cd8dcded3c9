"""Each scenario of the demo through the real pipeline: a copy of one history, played window by window."""

from pathlib import Path

import pytest

from vk_alerts.demo.options import DEFAULT
from vk_alerts.demo.scenarios import SCENARIOS
from vk_alerts_tests.integration.scenario_world import play, scenario_of, world_of

pytestmark = pytest.mark.slow
pytest.importorskip("chdb", reason="the embedded engine is not installed")


# The default one is played by the demo's own test, through Dagster and at the demo's volume.
_ELSEWHERE = {DEFAULT, "source-stops", "storm", "views-rise", "late-rows", "pipeline-outage"}


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in _ELSEWHERE])
def test_a_scenario_leads_to_what_it_is_expected_to(name: str, tmp_path: Path) -> None:
    scenario = scenario_of(SCENARIOS[name], name)
    with world_of(scenario, tmp_path) as stores:
        outcome = play(scenario, stores)
    told = [
        (message.kind.value, message.metric, message.slice_key, f"{message.window:%H:%M}", message.group[:4])
        for message in outcome.messages
    ]
    assert [finding for finding in outcome.findings if not finding.holds] == [], told
    assert outcome.is_good, told
