"""``vk-alerts check``: one window's whole work without Dagster."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vk_alerts import cli
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import SCORES_ASSET, Origin
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.checking import check_window, why_not_due
from vk_alerts.windows import STEP, window_key, window_of
from vk_alerts_tests.integration.worlds import BROKEN, LIVE, url_of


def check(target: Target, home: Path, *arguments: str) -> Result:
    environment = {
        "VK_ALERTS_CLICKHOUSE_URL": url_of(target),
        "VK_ALERTS_HOME": str(home),
        "VK_ALERTS_LANGUAGE": "en",
    }
    return CliRunner().invoke(cli.main, ["check", *arguments], env=environment)


def shortly_after(window: datetime) -> datetime:
    return window + STEP + timedelta(minutes=11)


def test_a_quiet_window_ends_with_zero_and_a_bad_one_with_ten_again_and_again(
    history: Target, tmp_path: Path
) -> None:
    quiet = check(history, tmp_path, "--window", f"{LIVE:%Y-%m-%dT%H:%M}Z")
    assert quiet.exit_code == 0, quiet.output
    assert f"Window {window_key(LIVE)} UTC: " in quiet.stdout
    assert "0 of them anomalous" in quiet.stdout
    said = {check(history, tmp_path, "--window", window_key(BROKEN)).stdout for _ in range(2)}
    (bad,) = said  # the same each time
    assert "  messages · all: " in bad
    again = check(history, tmp_path, "--window", f"{BROKEN + timedelta(hours=3):%Y-%m-%d %H:%M}", "--send")
    assert again.exit_code == 10  # in Moscow's time, and too old to be told
    assert "Messages: 0 sent, 0 waiting (nothing is due)." in again.stdout


def test_a_check_that_tells_opens_the_incident_once_and_one_that_does_not_leaves_nothing_to_send(
    stores_with_history: Stores,
) -> None:
    stores = stores_with_history
    second = BROKEN + STEP
    now = shortly_after(second)
    silent = check_window(stores, second, now=now, tells=False)
    assert silent.bad
    assert silent.incidents is None
    (commit,) = stores.results.commits(SCORES_ASSET, second, second + STEP)
    assert commit.origin is Origin.RERUN  # never pages, whoever folds it
    assert stores.outbox.waiting() == 0
    told = check_window(stores, second, now=now, tells=True)
    assert told.filled[-1] == BROKEN  # missing and live: the fold goes by the order of windows
    assert told.incidents is not None
    assert told.incidents.watermark == second
    waiting = stores.outbox.waiting()
    assert waiting >= 1
    again = check_window(stores, second, now=now, tells=True)
    assert [v.scored for v in again.verdicts] == [v.scored for v in told.verdicts]
    assert stores.outbox.waiting() == waiting


def test_a_window_waits_for_its_source_but_not_for_long(stores_with_history: Stores) -> None:
    stores, end = stores_with_history, LIVE + 10 * STEP
    assert why_not_due(stores, LIVE, now=LIVE + timedelta(minutes=5)) == (
        f"window {window_key(LIVE)} has not ended yet; it does at {LIVE + STEP:%H:%M} UTC"
    )
    assert "waits for" in str(why_not_due(stores, end, now=end + STEP + timedelta(minutes=1)))
    assert why_not_due(stores, end, now=end + STEP + timedelta(minutes=10)) is None
    assert why_not_due(stores, LIVE, now=LIVE + STEP + timedelta(minutes=1)) is None


def test_a_window_to_come_ends_with_the_status_for_try_again(database: Target, tmp_path: Path) -> None:
    tomorrow = window_of(datetime.now(UTC) + timedelta(days=1))
    result = check(database, tmp_path, "--window", window_key(tomorrow))
    assert (result.exit_code, result.stdout) == (75, "")
    assert result.stderr.startswith(f"vk-alerts: window {window_key(tomorrow)} has not ended yet")


def test_without_history_the_remedy_is_told(stores: Stores, database: Target, tmp_path: Path) -> None:
    result = check(database, tmp_path, "--window", "2026-01-31-14:15")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "vk-alerts: feed_snapshots: no history before window 2026-01-31-14:15, nothing to compare with; "
        "run 'vk-alerts backfill --days 42' first"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2026-01-31T14:20Z", "--window '2026-01-31T14:20Z': windows start at minute 00, 15, 30 or 45"),
        ("tomorrow", "--window 'tomorrow': not a moment; examples: "),
        ("2026-13-01T00:00", "--window '2026-13-01T00:00': not a moment; examples: "),
    ],
)
def test_what_names_no_window_is_refused(database: Target, tmp_path: Path, given: str, said: str) -> None:
    result = check(database, tmp_path, "--window", given)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"vk-alerts: {said}")
