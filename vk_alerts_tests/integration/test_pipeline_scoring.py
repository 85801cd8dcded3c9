"""Scores do not depend on how they were asked for, and what is missing is told in one line or is no value."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vk_alerts.errors import PipelineError
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.pipeline import Stores, score_windows, take_snapshots
from vk_alerts.windows import STEP, window_key
from vk_alerts_tests.integration.worlds import BROKEN, END, LIVE, START, live, quarter_hours, write_catalog

BY = live(END)
NUMBERS = [
    *("value", "expected", "lower", "upper", "score", "evidence", "threshold", "own_score", "share_score"),
]
SNAPSHOTS = ("feed", "messenger")


def snapshots(stores: Stores, start: datetime, end: datetime) -> None:
    for source in SNAPSHOTS:
        take_snapshots(stores, source, start, end, by=BY)


def table(stores: Stores, start: datetime, end: datetime) -> pd.DataFrame:
    frame = stores.results.scores(start, end).set_index(["window_start", "metric", "slice"])
    assert frame.index.is_unique
    return frame[NUMBERS].astype("float64")


def row(stores: Stores, window: datetime, metric: str, slice_key: str) -> pd.Series:
    return table(stores, window, window + STEP).loc[(pd.Timestamp(window), metric, slice_key)]


def test_windows_scored_one_by_one_get_the_numbers_of_the_range(stores_with_history: Stores) -> None:
    stores = stores_with_history
    end = BROKEN + STEP
    snapshots(stores, LIVE, end)
    report = score_windows(stores, LIVE, end, by=BY)
    together = table(stores, LIVE, end)
    assert together["score"].notna().mean() > 0.8
    assert (report.max_score, report.windows) == (together["score"].max(), 3)
    for window in quarter_hours(LIVE, 3):
        score_windows(stores, window, window + STEP, by=BY)
    alone = table(stores, LIVE, end)
    pd.testing.assert_frame_equal(alone, together, rtol=0, atol=1e-9)


def test_a_planted_drop_crosses_its_threshold_at_once(stores_with_history: Stores) -> None:
    snapshots(stores_with_history, LIVE, BROKEN + STEP)
    before = score_windows(stores_with_history, LIVE, BROKEN, by=BY)
    drop = score_windows(stores_with_history, BROKEN, BROKEN + STEP, by=BY)
    found = row(stores_with_history, BROKEN, "messages", "all")
    assert found["score"] > found["threshold"]
    assert found["value"] < found["lower"]
    assert drop.max_metric in {"messages", "messenger_users"}
    assert drop.max_window == BROKEN
    assert stores_with_history.results.crossed(BROKEN, BROKEN + STEP) == drop.above_threshold
    assert drop.above_threshold > before.above_threshold / 2


def test_a_rerun_gives_the_same_rows_in_place_of_the_old(stores_with_history: Stores) -> None:
    snapshots(stores_with_history, LIVE, LIVE + STEP)
    first = score_windows(stores_with_history, LIVE, LIVE + STEP, by=BY)
    before = table(stores_with_history, LIVE, LIVE + STEP)
    score_windows(stores_with_history, LIVE, LIVE + STEP, by=BY)
    pd.testing.assert_frame_equal(table(stores_with_history, LIVE, LIVE + STEP), before)
    (commit,) = stores_with_history.results.commits("anomaly_scores", LIVE, END)
    assert commit.rows == len(before) == first.series


def test_a_rerun_follows_the_snapshots_it_finds(stores_with_history: Stores) -> None:
    stores = stores_with_history
    snapshots(stores, LIVE, LIVE + STEP)
    score_windows(stores, LIVE, LIVE + STEP, by=BY)
    stores.events.execute("TRUNCATE TABLE feed_actions")
    snapshots(stores, LIVE, LIVE + STEP)
    score_windows(stores, LIVE, LIVE + STEP, by=BY)
    found = table(stores, LIVE, LIVE + STEP)
    feed = found.loc[(slice(None), ["views", "ctr"], slice(None)), :]
    assert feed["value"].isna().all()  # of the earlier version nothing is left to see
    assert found.loc[(slice(None), "messages", "all"), "value"].notna().all()


@pytest.mark.parametrize(("taken", "named"), [("feed", "messenger"), ("messenger", "feed")])
def test_a_missing_snapshot_is_named_and_nothing_is_committed(
    stores_with_history: Stores, taken: str, named: str
) -> None:
    take_snapshots(stores_with_history, taken, LIVE, LIVE + 2 * STEP, by=BY)
    with pytest.raises(PipelineError) as caught:
        score_windows(stores_with_history, LIVE, LIVE + 2 * STEP, by=BY)
    assert str(caught.value) == (
        f"{named}_snapshots: window {window_key(LIVE)} and 1 more has no snapshot; materialize it first"
    )
    assert stores_with_history.results.commits("anomaly_scores", START, END) == []


def test_without_any_history_the_remedy_is_told(stores: Stores) -> None:
    snapshots(stores, LIVE, LIVE + STEP)
    with pytest.raises(PipelineError) as caught:
        score_windows(stores, LIVE, LIVE + STEP, by=BY)
    assert "no history before window" in str(caught.value)
    assert "vk-alerts backfill" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert stores.results.commits("anomaly_scores", START, END) == []


def test_a_young_history_gives_no_verdicts_and_no_error(stores_with_history: Stores) -> None:
    stores = stores_with_history
    report = score_windows(stores, START + STEP, START + 3 * STEP, by=BY)
    assert (report.max_score, report.above_threshold) == (None, 0)
    found = table(stores, START, START + 4 * STEP)
    assert found["score"].isna().all()
    assert found.loc[(slice(None), "messages", "all"), "value"].gt(0).all()


def test_a_slice_that_vanished_was_counted_to_zero(stores_with_history: Stores) -> None:
    stores = stores_with_history
    stores.events.execute("CREATE TABLE kept AS message_actions")
    stores.events.execute("INSERT INTO kept SELECT * FROM message_actions WHERE os != 'iOS'")
    stores.events.execute("RENAME TABLE message_actions TO whole, kept TO message_actions")
    snapshots(stores, LIVE, LIVE + STEP)
    score_windows(stores, LIVE, LIVE + STEP, by=BY)
    gone = row(stores, LIVE, "messages", "os=iOS")
    assert (gone["value"], gone["own_score"] > gone["threshold"]) == (0.0, True)
    assert row(stores, LIVE, "messages", "os=Android")["value"] > 0


def test_a_window_without_events_of_its_source_has_no_value_and_no_verdict(
    stores_with_history: Stores,
) -> None:
    stores = stores_with_history
    stores.events.execute("TRUNCATE TABLE message_actions")
    snapshots(stores, LIVE, LIVE + STEP)
    score_windows(stores, LIVE, LIVE + STEP, by=BY)
    silent = row(stores, LIVE, "messages", "all")
    assert np.isnan(silent[["value", "score"]]).all()
    assert row(stores, LIVE, "views", "all")[["value", "score"]].notna().all()


def test_a_source_that_never_had_events_is_scored_to_nothing(stores: Stores) -> None:
    snapshots(stores, LIVE, LIVE + 2 * STEP)
    report = score_windows(stores, LIVE + STEP, LIVE + 2 * STEP, by=BY)
    assert (report.windows, report.series, report.max_score, report.above_threshold) == (1, 0, None, 0)
    (commit,) = stores.results.commits("anomaly_scores", LIVE, END)
    assert (commit.window, commit.rows) == (LIVE + STEP, 0)
    assert stores.results.scores(LIVE, END).empty


def forget(stores: Stores, condition: str) -> None:
    """Takes snapshot rows out of the past, as if the catalog had not had them."""
    stores.events.execute("CREATE TABLE kept AS metric_snapshots")
    stores.events.execute(f"INSERT INTO kept SELECT * FROM metric_snapshots WHERE NOT ({condition})")
    stores.events.execute("RENAME TABLE metric_snapshots TO whole, kept TO metric_snapshots")


@pytest.mark.parametrize(
    ("condition", "metric", "slice_key"),
    [("slice LIKE 'os=%'", "messages", "os=iOS"), ("metric = 'messages'", "messages", "all")],
)
def test_what_is_new_in_the_catalog_has_no_past_rather_than_a_past_of_zeros(
    stores_with_history: Stores, condition: str, metric: str, slice_key: str
) -> None:
    stores = stores_with_history
    forget(stores, condition)
    snapshots(stores, LIVE, LIVE + STEP)
    score_windows(stores, LIVE, LIVE + STEP, by=BY)
    new = row(stores, LIVE, metric, slice_key)
    assert new["value"] > 0
    assert np.isnan(new["score"])
    assert row(stores, LIVE, "views", "all")["score"] < 4.5


def test_a_slice_that_left_the_catalog_is_not_scored(stores_with_history: Stores, tmp_path: Path) -> None:
    catalog = load_catalog(write_catalog(tmp_path / "catalog", slices=[["os"]]))
    stores = replace(stores_with_history, catalog=catalog)
    snapshots(stores, LIVE, LIVE + STEP)
    score_windows(stores, LIVE, LIVE + STEP, by=BY)
    kinds = {key.split("=")[0] for key in table(stores, LIVE, LIVE + STEP).index.get_level_values("slice")}
    assert kinds == {"all", "os"}
