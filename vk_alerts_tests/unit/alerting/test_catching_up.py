"""What is summed up after an outage of the pipeline, and what is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.alerting.catching_up import missed_windows, passed_groups
from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.plan import LIVE_WITHIN
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.windows import STEP, window_end

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)


def head(phase: Phase = Phase.CLOSED, first_bad: datetime = T0) -> Incident:
    return Incident(
        *("4f2a000000000000", "feed", "likes", "all", Direction.DOWN, phase, first_bad, first_bad + STEP),
        *(2, 2, 0, (), -0.4, -800.0),
    )


def group(phase: Phase = Phase.CLOSED, **changes: object) -> Group:
    closed = T0 + 4 * STEP if phase is Phase.CLOSED else None
    found = Group(id="4f2a000000000000", source="feed", head=head(phase), opened=T0 + STEP, closed=closed)
    return replace(found, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("late", "is_missed"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_a_window_is_missed_once_it_is_too_old_to_be_told(late: timedelta, is_missed: bool) -> None:
    at = window_end(T0) + LIVE_WITHIN + late
    assert missed_windows([(T0, at)]) == ({T0} if is_missed else set())


@pytest.mark.parametrize(
    ("one", "is_told"),
    [
        (group(), True),
        (group(Phase.RECOVERING), True),
        (group(Phase.FIRING), False),  # told with its opening
        (group(opened=T0 + 2 * STEP), False),  # opened when it could be told
        (group(is_told=True), False),
        (group(is_silenced=True), False),
        (group(is_flapping=True), False),
        (
            group(outage=Outage(SourceState("feed", "feed_actions", None, 0), T0, 2, is_late=False, last=T0)),
            False,
        ),
    ],
)
def test_only_what_came_and_went_unheard_is_summed_up(one: Group, is_told: bool) -> None:
    assert passed_groups([one], {T0, T0 + STEP}) == ([one] if is_told else [])


def test_the_earliest_comes_first() -> None:
    late, early = group(id="a", head=head(first_bad=T0 + STEP)), group(id="b")
    assert [one.id for one in passed_groups([late, early], {T0 + STEP})] == ["b", "a"]
