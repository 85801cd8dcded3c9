"""Readers see one whole version of a window, whatever happens to writers; of old ones the last three stay."""

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess

import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.pruning import KEPT_VERSIONS
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.clickhouse.tables import COMMITS
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import SCORES_ASSET, Origin, Provenance
from vk_alerts.errors import ClickHouseDenied
from vk_alerts.windows import STEP, windows_between
from vk_alerts_tests.integration.contract_backends import ENGINES, with_event_tables
from vk_alerts_tests.integration.processes import ends, forked

pytestmark = pytest.mark.server
WINDOW = datetime(2026, 1, 29, 12, tzinfo=UTC)
BY = Provenance(origin=Origin.RERUN, run_id="test", now=WINDOW + STEP)


def length_of(number: int) -> int:
    return 300 if number % 2 else 200


def scores_of(number: int, window: datetime = WINDOW, *, rows: int | None = None) -> pd.DataFrame:
    """A version of a window's scores: every row of it holds the version's number."""
    return pd.DataFrame(
        {
            "window_start": window,
            "source": "feed",
            "metric": [f"metric_{row}" for row in range(length_of(number) if rows is None else rows)],
            "slice": "all",
            "value": float(number),
            "expected": 1.0,
            "lower": 0.0,
            "upper": 2.0,
            "score": 9.0,
            "evidence": 1.0,
            "threshold": 4.5,
            "detector": "seasonal",
            "own_score": 9.0,
            "share_score": None,
            "decided_by": "own",
        }
    )


def snapshots_of(number: int, windows: list[datetime]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "metric": "views",
            "slice": "all",
            "window_start": windows,
            "value": float(number),
            "numerator": float(number),
            "denominator": 1.0,
            "events": 1,
        }
    )


@pytest.fixture(params=ENGINES)
def results(request: pytest.FixtureRequest) -> tuple[Target, ResultRepository]:
    target = with_event_tables(request.param)
    repository = ResultRepository(ClickHouse(target))
    repository.create_tables()
    return target, repository


class _Dying(ClickHouse):
    def insert(self, spec: TableSpec, frame: pd.DataFrame) -> int:
        if spec is COMMITS:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().insert(spec, frame)


def writer(target: Target, numbers: range, *, client: type[ClickHouse] = ClickHouse) -> BaseProcess:
    """A process of its own that writes versions of the window."""

    def write() -> None:
        repository = ResultRepository(client(target))
        for number in numbers:
            repository.write_scores(scores_of(number), windows=[WINDOW], by=BY)

    return forked(write)


def seen(repository: ResultRepository) -> int:
    """The number of the version that a reader sees, after a look at whether it is one and whole."""
    frame = repository.scores(WINDOW, WINDOW + STEP)
    (number,) = set(frame["value"])
    assert len(frame) == length_of(int(number))
    assert frame["metric"].is_unique
    return int(number)


def versions(target: Target, table: str, where: str = "1") -> dict[int, int]:
    """Version → how many rows it has left in a table."""
    answer = ClickHouse(target).read(
        f"SELECT version, count() AS rows FROM {table} WHERE {where} GROUP BY version ORDER BY version"
    )
    return dict(zip(map(int, answer["version"]), map(int, answer["rows"]), strict=True))


def await_deletions(target: Target) -> None:
    deadline = time.monotonic() + 20
    unfinished = f"SELECT * FROM system.mutations WHERE database = '{target.database}' AND NOT is_done"
    while len(ClickHouse(target).read(unfinished)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_two_processes_rerun_a_window_and_readers_see_one_whole_version_at_any_time(
    results: tuple[Target, ResultRepository],
) -> None:
    target, repository = results
    repository.write_scores(scores_of(1), windows=[WINDOW], by=BY)
    writers = [writer(target, range(first, 14, 2)) for first in (2, 3)]
    found = []
    while any(process.is_alive() for process in writers):
        found.append(seen(repository))
        assert repository.crossed(WINDOW, WINDOW + STEP) in {200, 300}
    assert ends(*writers) == [0, 0]
    assert len(set(found)) > 3  # the reader did look on while they wrote
    assert seen(repository) in {12, 13}
    await_deletions(target)
    assert seen(repository) in {12, 13}
    repository.prune(SCORES_ASSET, WINDOW, WINDOW + STEP)
    await_deletions(target)
    left = versions(target, "anomaly_scores")
    assert versions(target, "commits").keys() == left.keys()
    assert len(left) == KEPT_VERSIONS


def test_a_process_killed_between_rows_and_marker_leaves_the_version_before(
    results: tuple[Target, ResultRepository],
) -> None:
    target, repository = results
    repository.write_scores(scores_of(1), windows=[WINDOW], by=BY)
    assert ends(writer(target, range(2, 3), client=_Dying)) == [-signal.SIGKILL]
    assert sorted(versions(target, "anomaly_scores").values()) == [200, 300]  # it did die after the rows
    assert seen(repository) == 1
    repository.write_scores(scores_of(4), windows=[WINDOW], by=BY)
    assert seen(repository) == 4
    for number in (5, 6):
        repository.write_scores(scores_of(number), windows=[WINDOW], by=BY)
    repository.prune(SCORES_ASSET, WINDOW, WINDOW + STEP)
    await_deletions(target)
    # What the killed process left has gone together with the version before it.
    assert sorted(versions(target, "anomaly_scores").values()) == [200, 200, 300]


def test_pruning_keeps_three_versions_of_each_window_and_leaves_others_alone(
    results: tuple[Target, ResultRepository],
) -> None:
    target, repository = results
    later = WINDOW + STEP
    for number in range(1, 6):
        repository.write_snapshots("feed", snapshots_of(number, [WINDOW]), windows=[WINDOW], by=BY)
        repository.write_snapshots("messenger", snapshots_of(number, [WINDOW]), windows=[WINDOW], by=BY)
        repository.write_scores(scores_of(number), windows=[WINDOW], by=BY)
    for number in (1, 2):
        repository.write_snapshots("feed", snapshots_of(number, [later]), windows=[later], by=BY)
    before = versions(target, "metric_snapshots", f"window_start = toDateTime({WINDOW.timestamp():.0f})")

    assert repository.prune("feed_snapshots", WINDOW, later + STEP) == 1
    await_deletions(target)
    assert len(before) == 10
    assert len(versions(target, "metric_snapshots", "source = 'feed'")) == KEPT_VERSIONS + 2
    assert len(versions(target, "metric_snapshots", "source = 'messenger'")) == 5
    assert len(versions(target, "commits", "asset = 'feed_snapshots'")) == KEPT_VERSIONS + 2
    assert len(versions(target, "commits", "asset = 'messenger_snapshots'")) == 5
    assert len(versions(target, "anomaly_scores")) == 5
    kept = ClickHouse(target).read(
        f"SELECT value FROM metric_snapshots WHERE source = 'feed' AND window_start < "
        f"toDateTime({later.timestamp():.0f}) ORDER BY version"
    )
    assert kept["value"].tolist() == [3.0, 4.0, 5.0]
    assert repository.values("feed", "views", "all", start=WINDOW, end=later + STEP).tolist() == [5.0, 2.0]
    assert repository.prune("feed_snapshots", WINDOW, later + STEP) == 0


def test_old_versions_of_a_long_range_go_too(results: tuple[Target, ResultRepository]) -> None:
    target, repository = results
    windows = windows_between(WINDOW, WINDOW + timedelta(days=28))
    for number in range(1, 5):
        repository.write_snapshots("feed", snapshots_of(number, windows), windows=windows, by=BY)
    assert repository.prune("feed_snapshots", windows[0], windows[-1] + STEP) == len(windows)
    await_deletions(target)
    left = versions(target, "metric_snapshots")
    assert list(left.values()) == [len(windows)] * KEPT_VERSIONS
    assert versions(target, "commits") == left
    seen_values = repository.values("feed", "views", "all", start=windows[0], end=windows[-1] + STEP)
    assert set(seen_values) == {4.0}
    assert len(seen_values) == len(windows)


def test_writing_prunes_by_itself_from_time_to_time(results: tuple[Target, ResultRepository]) -> None:
    target, repository = results
    counts = []
    for number in range(1, 10):
        repository.write_scores(scores_of(number, rows=3), windows=[WINDOW], by=BY)
        await_deletions(target)
        counts.append(len(versions(target, "anomaly_scores")))
    assert counts == [1, 2, 3, 4, 5, 3, 4, 5, 3]


class _MayNotAlter(ClickHouse):
    """A user without the right to delete, which a server as old as ours cannot take away."""

    def execute(self, sql: str) -> None:
        if "ALTER" in sql:
            raise ClickHouseDenied("not enough privileges")
        super().execute(sql)


def test_without_the_right_to_delete_results_are_written_and_the_log_says_so(
    results: tuple[Target, ResultRepository], caplog: pytest.LogCaptureFixture
) -> None:
    target, _ = results
    repository = ResultRepository(_MayNotAlter(target))
    for number in range(1, 8):
        repository.write_scores(scores_of(number), windows=[WINDOW], by=BY)
    assert seen(repository) == 7
    assert len(versions(target, "anomaly_scores")) == 7
    (message, *_) = caplog.messages
    assert message == "asset=anomaly_scores outcome=old versions stay reason=not enough privileges"
    with pytest.raises(ClickHouseDenied):
        repository.prune(SCORES_ASSET, WINDOW, WINDOW + STEP)
