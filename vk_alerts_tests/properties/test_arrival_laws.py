"""Windows are folded in their order, in whatever order they were computed."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.clickhouse.versions import Commit, Origin
from vk_alerts.pipeline.awaiting import WAIT_FOR_WINDOW, in_order
from vk_alerts.windows import STEP
from vk_alerts_tests.properties.folds import histories
from vk_alerts_tests.unit.alerting.series import Play, at

SECOND = timedelta(seconds=1)


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_incidents_and_messages(history, random):
    numbers = list(range(len(history.windows)))
    now = at(len(numbers)) + STEP
    play, arrived, watermark = Play(), [], at(-1)
    for number in random.sample(numbers, len(numbers)):
        now += SECOND
        arrived.append(Commit(at(number), 1, 1, Origin.LIVE, now))
        waiting = sorted((c for c in arrived if c.window > watermark), key=lambda commit: commit.window)
        for commit in in_order(waiting, watermark, now):
            column = (commit.window - at(0)) // STEP
            play.window(column, history.windows[column], may_tell=history.may_tell[column])
            watermark = commit.window
    ours = history.played()
    assert play.outcomes == ours.outcomes
    assert play.tellings == ours.tellings


@given(st.sets(st.integers(0, 20), min_size=1), st.integers(0, 20))
def test_what_never_comes_holds_the_others_up_for_a_while_and_not_for_ever(there, seconds):
    commits = [Commit(at(number), 1, 1, Origin.LIVE, at(30)) for number in sorted(there)]
    soon = in_order(commits, at(-1), at(30) + seconds * SECOND)
    assert [commit.window for commit in soon] == [at(n) for n in range(len(soon))]
    assert len(soon) == next(n for n in range(22) if n not in there)
    assert in_order(commits, at(-1), at(30) + WAIT_FOR_WINDOW) == commits
