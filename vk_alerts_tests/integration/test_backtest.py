"""The backtest on committed snapshots: it tells what production tells, and says plainly what it cannot do."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from vk_alerts import cli
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.clickhouse.target import Target
from vk_alerts.evaluation import BacktestOptions, backtest, plan_backtest
from vk_alerts.evaluation.past import Past
from vk_alerts.pipeline import Stores, advance_incidents, score_windows, take_snapshots
from vk_alerts.pipeline.thresholds import midnight
from vk_alerts.simulator import Simulation, write_ledger
from vk_alerts.windows import STEP, window_end, window_from_key
from vk_alerts_tests.integration.worlds import (
    BACKFILL,
    BROKEN,
    DROP,
    END,
    LIVE,
    START,
    live,
    quarter_hours,
    url_of,
)

SOURCES = ("feed", "messenger")


@pytest.fixture
def stores(stores_with_history: Stores) -> Stores:
    """Fifteen days of snapshots with a drop in the last hours, and the ledger that tells of it."""
    for source in SOURCES:
        take_snapshots(stores_with_history, source, LIVE, END, by=BACKFILL)
    ledger = Simulation(7, start=START, incidents=(DROP,))
    write_ledger(stores_with_history.settings.home / "ledger.json", ledger)
    return stores_with_history


@pytest.fixture
def environment(stores: Stores, history: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """What a user has set who has these snapshots."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VK_ALERTS_HOME", str(stores.settings.home))
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(history))
    return stores


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ("backtest", *arguments))


@pytest.mark.slow
def test_it_tells_what_production_would_have_told_live(stores: Stores) -> None:
    stores.incidents.begin_at(LIVE - STEP)
    for window in quarter_hours(LIVE, (END - LIVE) // STEP):
        now = window_end(window) + timedelta(seconds=90)
        score_windows(stores, window, window + STEP, by=live(now))
        advance_incidents(stores, now=now)
    told = [row for row in stores.outbox.rows() if row.kind is NotificationKind.OPEN and row.sequence == 0]
    # At its first bad window if that is beyond the hard threshold, at its second at the latest.
    assert {BROKEN, BROKEN + STEP} & {window_from_key(row.window) for row in told}

    plan = plan_backtest(stores, BacktestOptions(detectors=("seasonal",)), now=END)
    (seasonal,) = backtest(stores, plan).detectors
    alerts = [alert for alert in seasonal.alerts if alert.window >= LIVE]
    assert [(alert.group, alert.window) for alert in alerts] == [
        (row.group, window_from_key(row.window)) for row in told
    ]
    for alert, row in zip(alerts, told, strict=True):
        head = row.story.headline
        assert (alert.metric, alert.slice_key) == (head.metric, head.slice_key)
        assert alert.value == head.value
        assert alert.expected == pytest.approx(head.expected, rel=1e-9)
        assert alert.score == pytest.approx(head.score, rel=1e-9)
        assert alert.series > len(row.story.members)


def test_calibrated_thresholds_hold_for_the_detector_they_were_calibrated_for(stores: Stores) -> None:
    tails = ("class_series", "expected_a_week", "tail_base", "tail_rate", "tail_slope", "tail_peaks")
    row: dict[str, object] = dict.fromkeys(tails, 0)
    row |= {"class": "", "fitted_on": ""}
    row |= {"source": "messenger", "metric": "messages", "slice": "all", "budget_a_week": 1.0}
    rows = pd.DataFrame([row | {"threshold": 8.5, "hard_threshold": 11.9, "since": pd.Timestamp(START)}])
    stores.results.write_thresholds(
        rows, day=midnight((END - timedelta(days=5)).date(), "Europe/Moscow"), by=BACKFILL
    )
    past = Past(stores, stores.catalog.files, END - timedelta(hours=1), END)
    for detector, expected in (("seasonal", 8.5), ("iqr", 5.0)):
        stretch = past.score(detector, on_source=lambda _source: None)
        found = {
            (one.metric.name, one.slice_key): set(thresholds)
            for one, thresholds in zip(stretch.series, stretch.threshold, strict=True)
        }
        assert found.pop(("messages", "all")) == {expected}
        assert set().union(*found.values()) == {5.0}


def test_a_users_command_makes_report_figures_and_table(environment: Stores, tmp_path: Path) -> None:
    done = invoke("--json", "figures.json", "--metric", "messages", "--metric", "messenger_users")
    assert done.exit_code == 0, (done.output, done.exception)
    assert "seasonal, the detector in use" in done.stdout
    assert "1 of 1" in done.stdout
    assert "Asked for 28 days, judged 1 d" in done.stdout.replace("\u00a0", " ")
    assert done.stdout.endswith("Report: backtest.html\n")
    assert max(len(line.rstrip()) for line in done.stdout.splitlines()) <= 80
    report = (tmp_path / "backtest.html").read_text("utf-8")
    assert "Messages sent" in report
    assert "CTR" not in report
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert [one["name"] for one in figures["detectors"]] == ["seasonal", "iqr", "day_ago"]
    grade = figures["detectors"][0]["grade"]
    assert (grade["labels"], grade["found"]) == (1, 1)
    # Its second bad window: the first lies just below the hard threshold.
    assert grade["median_delay_minutes"] == 30
    assert environment.outbox.rows() == []


def test_labels_of_ones_own_take_the_place_of_the_ledger(environment: Stores, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "start,end,metric\n2026-01-29 06:00,2026-01-29 07:00,likes\n", "utf-8"
    )
    done = invoke("--labels", "labels.csv", "--detector", "seasonal", "--json", "figures.json")
    assert done.exit_code == 0, (done.output, done.exception)
    (seasonal,) = json.loads((tmp_path / "figures.json").read_text("utf-8"))["detectors"]
    assert (seasonal["grade"]["found"], seasonal["grade"]["labels"]) == (0, 1)
    assert seasonal["grade"]["incidents"][0]["start"] == "2026-01-29T03:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--metric", "like"), "--metric like: unknown; known: feed_users, views, likes"),
        (("--detector", "prophet"), "--detector prophet: unknown; known: seasonal, iqr, day_ago"),
        (("--labels", "none.csv"), "--labels none.csv: cannot be read: No such file or directory"),
        (("--out", "nowhere/report.html"), "nowhere/report.html: the folder"),
    ],
)
def test_wrong_input_is_one_line(environment: Stores, arguments: tuple[str, ...], said: str) -> None:
    done = invoke(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line


def test_without_snapshots_the_remedy_is_told(database: Target, tmp_path: Path) -> None:
    environment = {"VK_ALERTS_HOME": str(tmp_path), "VK_ALERTS_CLICKHOUSE_URL": url_of(database)}
    done = CliRunner().invoke(cli.main, ("backtest", "--out", str(tmp_path / "r.html")), env=environment)
    (line,) = done.stderr.splitlines()
    assert done.exit_code == 1
    assert "no snapshots yet: fill the past with 'vk-alerts backfill --days 42'" in line
    assert not (tmp_path / "r.html").exists()
