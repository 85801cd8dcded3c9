"""Failing runs → troubles: one for each cause, told once, and over once."""

from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.alerting.notices import failure_notice, over_notice
from vk_alerts.alerting.story import Language
from vk_alerts.alerting.troubles import (
    QUIET_AFTER,
    SETTLES_IN,
    Ended,
    Followed,
    Trouble,
    follow,
    without_secrets,
)

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AWAY = "ClickHouse at http://127.0.0.1:8123 cannot be reached; start it, or correct VK_ALERTS_CLICKHOUSE_URL"


def run(minute: int, cause: str | None = AWAY, *, job: str = "check_metrics", partition: str = "w1") -> Ended:
    return Ended(f"run-{minute}-{job}", job, partition, NOON + minute * MINUTE, cause)


def after(*ended: Ended, before: tuple[Trouble, ...] = (), minute: float = 5) -> Followed:
    return follow(before, ended, now=NOON + minute * MINUTE)


def test_retries_windows_and_jobs_with_one_cause_are_one_trouble() -> None:
    found = after(
        run(0),
        run(1),
        run(2, partition="w2"),
        run(3, job="send_alerts", partition=""),
        run(4, partition="w3"),
    )
    (trouble,) = found.begun
    assert (trouble.run, trouble.failures, trouble.partitions) == ("run-0-check_metrics", 5, 3)
    assert trouble.jobs == ["check_metrics", "send_alerts"]
    assert found.open == (trouble,)


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ("no history before window 2026-01-29-15:00", "no history before window 2026-01-29-15:15", True),
        ("no answer within 30.5 s", "no answer within 31.2 s", True),
        ("disk full", "no answer", False),
        ("disk full\n  at line 1", "disk full\n  at another", True),
    ],
)
def test_what_differs_from_run_to_run_makes_no_other_cause(first: str, second: str, are_one: bool) -> None:
    assert len(after(run(0, first), run(1, second)).begun) == (1 if are_one else 2)


def test_a_trouble_that_was_told_is_not_told_again() -> None:
    before = after(run(0)).open
    found = after(run(1), run(2, partition="w2"), before=before)
    assert found.begun == ()
    assert (found.open[0].failures, found.open[0].partitions) == (3, 2)


def test_it_is_over_once_all_that_failed_has_succeeded_and_stays_so() -> None:
    before = after(run(0), run(1, partition="w2")).open
    half = after(run(3, None), before=before, minute=60)
    assert half.over == ()
    soon = after(run(4, None, partition="w2"), before=half.open, minute=5)
    assert soon.over == ()
    over = follow(soon.open, (), now=NOON + MINUTE + SETTLES_IN)
    assert [trouble.partitions_left for trouble in over.over] == [0]
    assert over.open == ()


def test_what_failed_again_is_not_mended_by_an_earlier_success() -> None:
    assert after(run(0), run(1, None), run(2)).open[0].left == (("check_metrics", "w1"),)


def test_what_is_tried_no_more_is_told_to_be_quiet_and_what_is_left() -> None:
    before = after(run(0), run(1, partition="w2"), run(2, None)).open
    assert follow(before, (), now=NOON + QUIET_AFTER).over == ()
    (trouble,) = follow(before, (), now=NOON + MINUTE + QUIET_AFTER).over
    assert trouble.partitions_left == 1
    assert "vk-alerts backfill" in over_notice(trouble, language=Language.ENGLISH, zone="UTC")


def test_the_windows_of_a_range_are_counted() -> None:
    found = after(
        run(0, partition="2026-01-29-00:00..2026-01-29-23:45"), run(1, partition="2026-01-28..2026-01-29")
    )
    assert found.begun[0].partitions == 97


TOKEN = f"{123456789}:{'Ab' * 17}x"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n\n  disk full \nsecond line", "disk full"),
        (
            f"https://api.telegram.org/bot{TOKEN}/getMe failed",
            "https://api.telegram.org/bothidden/getMe failed",
        ),
        ("postgresql://u:s3cret@db/x is away", "postgresql://hidden@db/x is away"),
        ("http://u:p@ss@host:1/x", "http://hidden@host:1/x"),
        ("http://u:p/w@host:1/x", "http://hidden@host:1/x"),
        (
            "GET /?user=watcher&password=s3cret&query=1 failed",
            "GET /?user=watcher&password=hidden&query=1 failed",
        ),
        ("", "unknown"),
    ],
)
def test_of_a_cause_the_first_line_is_told_without_secrets(text: str, told: str) -> None:
    assert without_secrets(text) == told


@pytest.mark.parametrize("language", list(Language))
def test_the_notices_name_job_cause_windows_remedy_and_run(language: Language) -> None:
    (trouble,) = after(run(0, "<b>ValueError</b>: out of range")).begun
    told = failure_notice(trouble, language=language, dagster_url="https://dagster.example.org")
    for part in (
        "check_metrics",
        "&lt;b&gt;ValueError",
        "1",
        "vk-alerts doctor",
        "/runs/run-0-check_metrics",
    ):
        assert part in told
    assert "href" not in failure_notice(trouble, language=language, dagster_url=None)
    ours = failure_notice(after(run(0)).begun[0], language=language, dagster_url=None)
    assert "VK_ALERTS_CLICKHOUSE_URL" in ours
    assert "doctor" not in ours
