"""Which windows are judged."""

from datetime import datetime, timedelta

import pytest

from vk_alerts.errors import PipelineError
from vk_alerts.evaluation.period import LEARNING, period_of
from vk_alerts.windows import STEP, windows_between
from vk_alerts_tests.unit.evaluation.boards import DAY, START


def days(number: float, *, start: datetime = START) -> list[datetime]:
    return windows_between(start, start + number * DAY)


@pytest.mark.parametrize(
    ("snapshots", "asked", "judged"),
    [(42, 28, 28.0), (42, 7, 7.0), (42, 40, 28.0), (20, 28, 6.0), (14.5, 28, 0.5)],
)
def test_the_newest_windows_are_judged_that_have_two_weeks_before_them(
    snapshots: float, asked: int, judged: float
) -> None:
    period = period_of([days(snapshots)], asked=timedelta(days=asked))
    assert period.end == START + snapshots * DAY
    assert period.days == judged
    assert period.windows == judged * 96
    assert period.weeks == judged / 7
    assert period.is_shorter_than_asked is (judged < asked)
    assert period.first_snapshot == START


def test_a_single_old_snapshot_is_no_history() -> None:
    period = period_of([[START - 100 * DAY, *days(20)]], asked=28 * DAY)
    assert period.start == START + LEARNING - STEP
    assert period.first_snapshot == START - 100 * DAY


def test_the_source_that_reaches_further_back_decides() -> None:
    period = period_of([days(10, start=START + 32 * DAY), days(42), []], asked=28 * DAY)
    assert (period.start, period.end) == (START + LEARNING, START + 42 * DAY)


def test_a_period_is_cut_into_stretches_without_gaps() -> None:
    period = period_of([days(60)], asked=40 * DAY)
    stretches = list(period.stretches(28 * DAY))
    assert [end - start for start, end in stretches] == [28 * DAY, 12 * DAY]
    assert stretches[0][0] == period.start
    assert stretches[0][1] == stretches[1][0]
    assert stretches[1][1] == period.end


@pytest.mark.parametrize(
    ("committed", "said"),
    [
        ([[], []], "no snapshots yet: fill the past with 'vk-alerts backfill --days 42'"),
        ([days(3.5)], "only 3.5 days of snapshots"),
        ([days(14)], "only 14.0 days of snapshots"),
    ],
)
def test_too_little_history_is_told_with_the_remedy(committed: list[list[datetime]], said: str) -> None:
    with pytest.raises(PipelineError, match=r"vk-alerts backfill --days 42") as caught:
        period_of(committed, asked=28 * DAY)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
