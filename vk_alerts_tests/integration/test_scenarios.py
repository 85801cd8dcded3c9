"""Each scenario of the demo through the real pipeline: a copy of one history, played window by window."""

from datetime import datetime
from pathlib import Path

import pytest

from vk_alerts import pipeline
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.examples import EXAMPLES
from vk_alerts.demo.messages import ToldMessage, told_messages
from vk_alerts.demo.options import DEFAULT
from vk_alerts.demo.scenarios import SCENARIOS
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.filling import ALLOWED_LATENESS
from vk_alerts.simulator import write_events
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.scenario_world import measure, play, scenario_of, tell, world_of
from vk_alerts_tests.integration.worlds import LIVE, commit_scores, live, quarter_hours, scored

pytestmark = pytest.mark.slow
pytest.importorskip("chdb", reason="the embedded engine is not installed")


# The default one is played by the demo's own test, through Dagster and at the demo's volume.
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != DEFAULT])
def test_a_scenario_leads_to_what_it_is_expected_to(name: str, tmp_path: Path) -> None:
    scenario = scenario_of(SCENARIOS[name], name)
    with world_of(scenario, tmp_path) as stores:
        outcome = play(scenario, stores)
    said = _in_short(outcome.messages)
    assert [finding for finding in outcome.findings if not finding.holds] == [], said
    assert outcome.false_alerts == (), said


def test_the_shop_is_told_of_a_checkout_and_of_payments_that_fail(tmp_path: Path) -> None:
    scenario = scenario_of(EXAMPLES["shop"].plot(DEFAULT), DEFAULT, world="shop")
    with world_of(scenario, tmp_path) as stores:
        outcome = play(scenario, stores)
    said = _in_short(outcome.messages)
    assert [finding for finding in outcome.findings if not finding.holds] == [], said
    assert outcome.false_alerts == (), said


def test_more_than_40_series_move_when_one_os_is_down(tmp_path: Path) -> None:
    scenario = scenario_of(SCENARIOS["os-outage"], "os-outage")
    window = scenario.planted[0].start
    with world_of(scenario, tmp_path) as stores:
        write_events(stores.events, scenario.simulation, scenario.live_start, window + STEP)
        measure(stores, scenario.live_start, window + STEP, now=window_end(window))
        rows = stores.results.scores(window, window + STEP)
    moved = (rows["value"] / rows["expected"] - 1).abs() >= 0.1
    assert (rows["source"][moved] == "feed").sum() > 40


WINDOW = LIVE + 2 * STEP
METRICS = {
    "feed_users": "feed",
    "views": "feed",
    "likes": "feed",
    "messages": "messenger",
    "messenger_users": "messenger",
}


def _two_hundred(window: datetime, *, fail: bool) -> list[dict[str, object]]:
    """205 series, each of which falls by an amount of its own, and 41 of a ratio that stays."""
    rows = []
    for number, key in enumerate(["all", *(f"country=Country {n:02}" for n in range(40))]):
        for place, (metric, source) in enumerate(METRICS.items()):
            left = 0.1 + 0.017 * ((number + 7 * place) % 41)
            value, score = (1000.0 * left, 12.0) if fail else (1000.0, 0.5)
            rows.append(scored(window, value=value, score=score, metric=metric, slice_key=key, source=source))
        rows.append(scored(window, value=0.2, expected=0.2, metric="ctr", slice_key=key, source="feed"))
    return rows


def test_two_hundred_series_that_fail_together_are_at_most_two_messages(
    stores_with_history: Stores,
) -> None:
    stores = stores_with_history
    for source in stores.catalog.sources:  # a source that stopped would be told as such
        pipeline.take_snapshots(stores, source.name, WINDOW, WINDOW + 4 * STEP, by=live(WINDOW))
    for window in quarter_hours(WINDOW, 4):
        now = window_end(window) + ALLOWED_LATENESS
        commit_scores(stores, _two_hundred(window, fail=window < WINDOW + 2 * STEP), now=now)
        tell(stores, now=now)
    messages = told_messages(stores)
    kinds = [message.kind for message in messages if message.kind is not NotificationKind.UPDATE]
    ends = kinds.count(NotificationKind.RESOLVED)
    assert 1 <= len(kinds) - ends <= 2, _in_short(messages)
    assert ends == len(kinds) - ends, _in_short(messages)
    storm = messages[0].story.storm
    assert storm is not None
    assert (storm.series, storm.of) == (205, 246)


def _in_short(messages: list[ToldMessage] | tuple[ToldMessage, ...]) -> list[str]:
    return [f"{m.kind} {m.metric} {m.slice_key} {m.window:%H:%M} {m.group[:4]}" for m in messages]
