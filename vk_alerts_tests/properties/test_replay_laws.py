"""Leaving out rows that can move nothing changes nothing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.alerting.graph import graph_of
from vk_alerts.alerting.plan import Situation, advance
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.verdicts import Scored, judge
from vk_alerts.evaluation.replay import Replay
from vk_alerts.evaluation.stretch import Stretch
from vk_alerts_tests.unit.evaluation.boards import stretch_of

SERIES = ("likes", "likes/os=iOS", "views", "ctr", "messages")


@st.composite
def boards(draw: st.DrawFn) -> dict[str, str]:
    length = draw(st.integers(1, 30))
    line = st.text(st.sampled_from("....??BBHbh-"), min_size=length, max_size=length)
    return {name: draw(line) for name in SERIES}


def told_with_every_row(stretch: Stretch) -> list[tuple[str, int]]:
    """Group and sequence of every opening, as production's fold over all rows tells them."""
    situation, told = Situation(incidents={}, groups={}), []
    graph = graph_of({one.metric.name: one.metric for one in stretch.series}.values())
    for column in range(stretch.windows):
        verdicts = []
        for row, one in enumerate(stretch.series):
            arrays = (stretch.value, stretch.expected, stretch.lower, stretch.upper, stretch.score)
            numbers = [
                None if np.isnan(array[row, column]) else float(array[row, column])
                for array in (*arrays, stretch.evidence)
            ]
            window = stretch.start_of(column)
            scored = Scored(
                one.source, one.metric.name, one.slice_key, window, *numbers, one.metric.threshold
            )
            verdicts.append(judge(scored, one.metric))
        outcome = advance(situation, verdicts, window=window, may_tell=True, rules=Rules(), graph=graph)
        situation = outcome.situation
        told += [
            (telling.group.id, telling.group.sequence)
            for telling in outcome.tellings
            if telling.kind in (NotificationKind.OPEN, NotificationKind.FLAPPING)
        ]
    return told


@settings(max_examples=60, deadline=None)
@given(boards())
def test_the_replay_tells_what_the_fold_over_all_rows_tells(lines: dict[str, str]) -> None:
    stretch = stretch_of(lines)
    everything = told_with_every_row(stretch)
    replay = Replay()
    replay.fold(stretch)
    alerts = replay.alerts()
    assert [alert.group for alert in alerts] == list(dict.fromkeys(group for group, _ in everything))
    assert sum(1 + alert.repeats for alert in alerts) == len(everything)


@settings(max_examples=40, deadline=None)
@given(boards(), st.integers(0, 30))
def test_a_seam_between_stretches_changes_nothing(lines: dict[str, str], seam: int) -> None:
    whole, parts = Replay(), Replay()
    whole.fold(stretch_of(lines))
    seam = min(seam, len(lines["likes"]))
    first = stretch_of({name: letters[:seam] for name, letters in lines.items()})
    parts.fold(first)
    rest = {name: letters[seam:] for name, letters in lines.items()}
    parts.fold(stretch_of(rest, start=first.start_of(seam)))
    assert parts.situation == whole.situation
    assert [(a.group, a.window, a.ended, a.series, a.repeats) for a in parts.alerts()] == [
        (a.group, a.window, a.ended, a.series, a.repeats) for a in whole.alerts()
    ]
