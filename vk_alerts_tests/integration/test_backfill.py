"""`vk-alerts backfill`: fills what is missing, tells Dagster, tells nobody else, goes on where it stopped."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from vk_alerts.alerting.plan import LIVE_WITHIN
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin
from vk_alerts.pipeline import Stores, take_snapshots
from vk_alerts.services.history import fill_history
from vk_alerts.windows import STEP, window_key, windows_between
from vk_alerts_tests.integration.dagster_runs import Dagster, due
from vk_alerts_tests.integration.processes import ends, forked
from vk_alerts_tests.integration.worlds import BACKFILL, BROKEN, END, LIVE, stores_in

DAY = timedelta(days=1)
NOW = END + LIVE_WITHIN
KEYS = {window_key(window) for window in windows_between(END - DAY, END)}
ASSETS = ("feed_snapshots", "messenger_snapshots", "anomaly_scores")


@pytest.fixture
def stores(history: Target, dagster_on_history: Dagster, tmp_path: Path) -> Stores:
    """Snapshots up to LIVE, events from there on, no scores."""
    return stores_in(history, tmp_path / "home")


def fill(stores: Stores, *, again: bool = False, dies_after: str = "") -> list[tuple[str, timedelta]]:
    """A backfill of the last day; its steps. It kills its process after one, if it is to."""
    steps: list[tuple[str, timedelta]] = []

    def _step(step: str, done: timedelta) -> None:
        steps.append((step, done))
        if step == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)

    assert fill_history(stores, 1, now=NOW, again=again, on_progress=_step)[0] == len(KEYS)
    return steps


def versions(stores: Stores, asset: str) -> dict[str, int]:
    return {
        window_key(commit.window): commit.version for commit in stores.results.commits(asset, END - DAY, END)
    }


def test_what_is_missing_is_filled_and_counts_as_materialized(
    stores: Stores, dagster_on_history: Dagster
) -> None:
    before = versions(stores, "feed_snapshots")
    steps = fill(stores)
    missing = END - LIVE
    assert steps == [
        *(("feed snapshots", done) for done in (DAY - missing, missing)),
        *(("messenger snapshots", done) for done in (DAY - missing, missing)),
        ("scores", DAY),
    ]
    assert before.items() <= versions(stores, "feed_snapshots").items()
    for asset in ASSETS:
        assert set(versions(stores, asset)) == KEYS
        assert dagster_on_history.instance.get_materialized_partitions(dg.AssetKey(asset)) == KEYS
    assert {commit.origin for commit in stores.results.commits("anomaly_scores", END - DAY, END)} == {
        Origin.BACKFILL
    }


def test_it_is_silent_however_far_the_values_fell(stores: Stores, dagster_on_history: Dagster) -> None:
    stores.incidents.begin_at(BROKEN - STEP)
    fill(stores)
    assert stores.results.crossed(BROKEN, BROKEN + STEP)
    dagster_on_history.tick(due(END - STEP))
    dagster_on_history.send(due(END - STEP))
    assert stores.outbox.rows() == []


def test_windows_that_may_still_be_told_are_left_to_the_schedule(
    stores: Stores, dagster_on_history: Dagster
) -> None:
    fill_history(stores, 1, now=END, again=False, on_progress=lambda *_: None)
    young = {window_key(window) for window in windows_between(END - LIVE_WITHIN, END)}
    assert not young & versions(stores, "anomaly_scores").keys()
    for asset in ASSETS:
        done = dagster_on_history.instance.get_materialized_partitions(dg.AssetKey(asset))
        assert done
        assert not young & done


@pytest.mark.parametrize("dies_after", ["feed snapshots", "scores"])
def test_one_that_was_killed_goes_on_where_it_stopped(
    stores: Stores, history: Target, tmp_path: Path, dagster_on_history: Dagster, dies_after: str
) -> None:
    def _die() -> None:
        fill(stores_in(history, tmp_path / "home"), dies_after=dies_after)

    assert ends(forked(_die)) == [-signal.SIGKILL]
    done = {asset: versions(stores, asset) for asset in ASSETS}
    assert done["feed_snapshots"]
    fill(stores)
    for asset in ASSETS:
        assert done[asset].items() <= versions(stores, asset).items()
        assert set(versions(stores, asset)) == KEYS
        assert dagster_on_history.instance.get_materialized_partitions(dg.AssetKey(asset)) == KEYS
    assert fill(stores) == [(step, DAY) for step in ("feed snapshots", "messenger snapshots", "scores")]


def test_scores_older_than_a_snapshot_before_them_are_computed_again(stores: Stores) -> None:
    fill(stores)
    before = versions(stores, "anomaly_scores")
    take_snapshots(stores, "feed", BROKEN, BROKEN + STEP, by=BACKFILL)
    fill(stores)
    after = versions(stores, "anomaly_scores")
    changed = {key for key in KEYS if after[key] != before[key]}
    assert changed == {window_key(window) for window in windows_between(BROKEN, END)}


def test_everything_is_computed_again_when_asked_for(stores: Stores) -> None:
    fill(stores)
    before = {asset: versions(stores, asset) for asset in ASSETS}
    fill(stores, again=True)
    for asset in ASSETS:
        after = versions(stores, asset)
        assert all(after[key] > before[asset][key] for key in KEYS)


def test_windows_before_the_first_partition_are_filled_and_counted(
    stores: Stores, dagster_on_history: Dagster, history: Target, tmp_path: Path
) -> None:
    late = stores_in(history, tmp_path / "home", start=END - STEP)
    windows, early = fill_history(late, 1, now=NOW, again=False, on_progress=lambda *_: None)
    assert (windows, early) == (len(KEYS), len(KEYS) - 1)
    done = dagster_on_history.instance.get_materialized_partitions(dg.AssetKey("anomaly_scores"))
    assert done == {window_key(END - STEP)}
