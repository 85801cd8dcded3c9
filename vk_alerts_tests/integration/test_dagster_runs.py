"""Jobs and sensor on a real instance: what runs show, when the doorbell rings, and that reruns never page."""

import base64
import logging
import re
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin
from vk_alerts.pipeline import Stores
from vk_alerts.state.outbox import RowState
from vk_alerts.windows import STEP, window_key, windows_between
from vk_alerts_tests.integration.bot_api import TOKEN, BotApi, check_png
from vk_alerts_tests.integration.dagster_runs import Dagster, due
from vk_alerts_tests.integration.worlds import (
    BROKEN,
    LIVE,
    MENDED,
    commit_scores,
    scored,
    stores_in,
    write_catalog,
)

SNAPSHOTS = {"feed_snapshots", "messenger_snapshots"}
SERIES = "max score's series"
CHECKED = SNAPSHOTS | {"anomaly_scores"}


@pytest.fixture
def stores(history: Target, dagster_on_history: Dagster, tmp_path: Path) -> Stores:
    """What the runs read and write."""
    return stores_in(history, tmp_path / "home")


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    (event,) = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


def test_a_run_of_one_window_shows_its_figures_and_a_chart_and_is_remembered(
    dagster_on_history: Dagster, stores: Stores
) -> None:
    result = dagster_on_history.check(LIVE)
    feed, messenger = (metadata(result, f"{source}_snapshots") for source in ("feed", "messenger"))
    (commit,) = stores.results.commits("feed_snapshots", LIVE, LIVE + STEP)
    assert feed["dagster/row_count"] == commit.rows == feed["series"] > 50
    assert (feed["windows"], feed["windows without events"]) == (1, 0)
    rows = stores.results.values("messenger", "messages", "all", start=LIVE, end=LIVE + STEP)
    assert messenger["events"] == rows.iloc[0]

    scores = metadata(result, "anomaly_scores")
    table = stores.results.scores(LIVE, LIVE + STEP)
    top = table.loc[table["score"].astype("float64").idxmax()]
    assert scores["max score"] == round(top["score"], 2)
    assert scores[SERIES] == f"{top['metric']} · {top['slice']}"
    assert scores["max score's window"] == window_key(LIVE)
    assert scores["series"] == len(table)
    assert scores["without verdict"] == table["score"].isna().sum()
    assert scores["above threshold"] == (table["score"] >= table["threshold"]).sum()
    image = re.fullmatch(r"!\[.*\]\(data:image/png;base64,(.+)\)", str(scores["its last day"]))
    assert image
    check_png(base64.b64decode(image[1], validate=True))

    for asset in CHECKED:
        done = dagster_on_history.instance.get_materialized_partitions(dg.AssetKey(asset))
        assert done == {window_key(LIVE)}


def test_a_range_of_windows_is_one_run_that_never_pages(dagster_on_history: Dagster, stores: Stores) -> None:
    windows = windows_between(LIVE, BROKEN + 2 * STEP)
    result = dagster_on_history.check_range(windows[0], windows[-1])
    instance = dagster_on_history.instance
    assert len(instance.get_runs()) == 1
    assert instance.get_materialized_partitions(dg.AssetKey("anomaly_scores")) == set(
        map(window_key, windows)
    )
    commits = stores.results.commits("anomaly_scores", LIVE, BROKEN + 4 * STEP)
    assert [commit.window for commit in commits] == windows
    assert {commit.origin for commit in commits} == {Origin.BACKFILL}
    assert len({commit.version for commit in commits}) == 1
    figures = result.asset_materializations_for_node("anomaly_scores")[0].metadata
    assert figures["windows"].value == len(windows)

    stores.incidents.begin_at(LIVE - STEP)
    dagster_on_history.send(due(windows[-1]))
    assert stores.outbox.rows() == []
    assert stores.incidents.has_open_incidents()


def test_a_reexecution_is_known_as_one(dagster_on_history: Dagster, stores: Stores) -> None:
    first = dagster_on_history.check(LIVE)
    job = dg.reconstructable(check_metrics_job)
    with dg.execute_job(
        job,
        instance=dagster_on_history.instance,
        reexecution_options=dg.ReexecutionOptions(parent_run_id=first.run_id),
        tags={"dagster/partition": window_key(LIVE)},
        raise_on_error=True,
    ) as again:
        assert again.success
    (commit,) = stores.results.commits("anomaly_scores", LIVE, LIVE + STEP)
    assert commit.origin is Origin.RERUN


def check_metrics_job() -> dg.JobDefinition:
    from vk_alerts.definitions import defs

    return defs.resolve_job_def("check_metrics")


def test_the_sensor_waits_for_a_first_materialization(dagster_on_history: Dagster) -> None:
    requests, reason = dagster_on_history.tick(due(LIVE))
    assert requests == []
    assert "anomaly_scores" in reason


def test_the_doorbell_rings_once_for_a_first_run(dagster_on_history: Dagster, stores: Stores) -> None:
    dagster_on_history.check(LIVE)
    ((request,), _) = dagster_on_history.tick(due(LIVE))
    assert request.tags["reason"].startswith("first run; highest score ")
    assert request.run_key
    assert dagster_on_history.tick(due(LIVE))[0] == []  # nothing has happened since


@pytest.fixture
def only_totals(dagster_on_history: Dagster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog without slices: six series, none of which crosses by chance."""
    monkeypatch.setenv("VK_ALERTS_CATALOG", str(write_catalog(tmp_path / "catalog", slices=[])))


@pytest.mark.usefixtures("only_totals")
def test_the_doorbell_tells_why_it_does_not_ring(dagster_on_history: Dagster, stores: Stores) -> None:
    stores.incidents.begin_at(LIVE - STEP)
    figures = metadata(dagster_on_history.check(LIVE), "anomaly_scores")
    requests, reason = dagster_on_history.tick(due(LIVE))
    assert requests == []
    told = f"highest score {figures['max score']:.1f} ({figures[SERIES]})"
    assert reason == f"no score crossed its threshold; {told}"


@pytest.mark.usefixtures("only_totals")
def test_the_doorbell_rings_when_a_score_crosses(dagster_on_history: Dagster, stores: Stores) -> None:
    stores.incidents.begin_at(BROKEN - STEP)
    dagster_on_history.check(BROKEN)
    ((request,), _) = dagster_on_history.tick(due(BROKEN))
    assert request.tags["reason"].startswith("2 scores crossed their threshold; highest score ")


@pytest.mark.usefixtures("only_totals")
def test_a_rerun_of_a_folded_window_is_told_from_news(dagster_on_history: Dagster, stores: Stores) -> None:
    stores.incidents.begin_at(BROKEN)
    commit_scores(stores, [scored(BROKEN + STEP)], now=due(BROKEN + STEP))  # quiet, and not folded yet
    dagster_on_history.check(BROKEN)
    requests, reason = dagster_on_history.tick(due(BROKEN + STEP))
    assert requests == []
    assert reason.startswith(f"window {window_key(BROKEN)} is folded: a rerun never pages; highest score ")


@pytest.mark.slow
@pytest.mark.usefixtures("only_totals")
def test_a_drop_is_told_with_its_end_and_a_rerun_of_the_past_tells_nothing(
    dagster_on_history: Dagster,
    stores: Stores,
    telegram: BotApi,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for talkative in ("httpx", "httpcore", "telegram", "vk_alerts"):
        caplog.set_level(logging.DEBUG, logger=talkative)
    stores.incidents.begin_at(BROKEN - STEP)
    windows = windows_between(BROKEN, MENDED + 2 * STEP)
    for window in windows:
        dagster_on_history.play(window)
    opening, end = telegram.accepted
    assert opening.shown.text.startswith("🟢 Messe")  # red, until its end was told
    assert opening.edits == 1
    assert end.shown.text.startswith("🟢 Recovered: Messe")
    assert (end.reply_to, opening.photo is None, end.photo is None) == (opening.message_id, False, False)
    assert [row.state for row in stores.outbox.rows()] == [RowState.SENT] * 3

    later = due(windows[-1])
    before = stores.results.scores(BROKEN, MENDED)
    dagster_on_history.check(BROKEN + STEP, now=later)
    ((request,), _) = dagster_on_history.tick(later)
    assert request.tags["reason"].startswith("folded windows computed again: 1; ")
    dagster_on_history.send(later)
    assert len(telegram.accepted) == 2
    pd.testing.assert_frame_equal(stores.results.scores(BROKEN, MENDED), before)

    # The run of the sender is on record, with the messages, but the token is nowhere.
    outputs = capfd.readouterr()
    assert TOKEN not in caplog.text + outputs.out + outputs.err
    secret = TOKEN.partition(":")[2].encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "state.db" for path in files)
    assert any(b"Recovered: " in path.read_bytes() for path in files if "dagster" in path.parts)
    assert [path for path in files if secret in path.read_bytes()] == []
