"""Whatever all series do, and whenever people may be told, the tellings keep these laws."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.alerting.audience import Audience
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.silences import Silence
from vk_alerts.alerting.sources import SourceState
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.verdicts import judge
from vk_alerts.metrics.model import Policy
from vk_alerts.windows import window_end
from vk_alerts_tests.properties.folds import LETTERS, histories
from vk_alerts_tests.unit.alerting.series import Play, at, row

_OPEN = (Phase.FIRING, Phase.RECOVERING)
_OPENINGS = (NotificationKind.OPEN, NotificationKind.FLAPPING)


@given(histories())
def test_the_same_history_gives_the_same_outcomes(history):
    assert history.played().outcomes == history.played().outcomes


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_series_within_a_window_does_not_matter(history, random):
    play = Play()
    for number, verdicts in enumerate(history.windows):
        play.window(number, random.sample(verdicts, len(verdicts)), may_tell=history.may_tell[number])
    ours = history.played()
    assert play.situation == ours.situation
    assert sorted(play.told) == sorted(ours.told)


@given(histories())
def test_folding_a_window_twice_changes_nothing(history):
    play, twice = history.played(), Play()
    for number, verdicts in enumerate(history.windows):
        twice.window(number, verdicts, may_tell=history.may_tell[number])
        again = twice.window(number, verdicts, may_tell=history.may_tell[number])
        assert (again.tellings, again.changes, again.finished_groups) == ((), (), ())
    assert twice.situation == play.situation
    assert twice.told == play.told


@given(histories())
def test_no_message_has_the_key_of_another(history):
    tellings = history.played().tellings
    for what in (lambda window, _: window, lambda window, t: (t.number, window if t.is_of_first else None)):
        keys = Counter((t.group.id, t.kind, t.sequence, what(window, t)) for window, t in tellings)
        assert all(times == 1 for times in keys.values())


@given(histories())
def test_whatever_is_told_of_a_group_comes_after_its_opening_and_nothing_after_its_end(history):
    state = {}
    for window, telling in history.played().tellings:
        opening = (telling.group.id, telling.group.sequence)
        if telling.kind in _OPENINGS:
            assert opening not in state
            assert all(state[other] for other in state if other[0] == telling.group.id)
            state[opening] = None
        elif telling.kind is NotificationKind.UPDATE and telling.group.closed is not None:
            assert state[opening] == window
        else:
            assert state[opening] is None
            if telling.kind is NotificationKind.RESOLVED:
                state[opening] = window


@given(histories())
def test_whatever_opens_again_or_ends_after_that_shows_in_the_first_message_too(history):
    tellings = history.played().tellings
    edits = {(n, t.group.id): t.group.closed is None for n, t in tellings if t.is_of_first}
    replies = {
        (n, t.group.id): t.kind is NotificationKind.OPEN
        for n, t in tellings
        if t.kind in (NotificationKind.OPEN, NotificationKind.RESOLVED) and t.sequence
    }
    assert edits == replies


@given(histories())
def test_a_window_has_at_most_one_message_about_how_a_group_stands(history):
    news = Counter(
        (window, t.group.id)
        for window, t in history.played().tellings
        if t.kind is not NotificationKind.UPDATE
    )
    assert all(times == 1 for times in news.values())


@given(histories())
def test_nothing_is_told_where_nothing_may_be(history):
    assert all(history.may_tell[window] for window, _ in history.played().tellings)


@given(histories())
def test_whether_it_is_told_does_not_change_what_happens(history):
    live = Play()
    for number, verdicts in enumerate(history.windows):
        live.window(number, verdicts, may_tell=True)
    ours = history.played()
    changes = [
        [(c.incident.id, c.transition, c.reason) for o in play.outcomes for c in o.changes]
        for play in (ours, live)
    ]
    assert changes[0] == changes[1]
    assert {key: (i.id, i.phase) for key, i in ours.situation.incidents.items()} == {
        key: (i.id, i.phase) for key, i in live.situation.incidents.items()
    }


@given(histories())
def test_each_series_and_direction_has_at_most_one_live_incident_under_its_own_key(history):
    for outcome in history.played().outcomes:
        incidents = outcome.situation.incidents
        assert all(key == incident.series for key, incident in incidents.items())
        assert len({incident.id for incident in incidents.values()}) == len(incidents)


@given(histories())
def test_what_is_open_belongs_to_an_open_group(history):
    for outcome in history.played().outcomes:
        for incident in outcome.situation.incidents.values():
            if incident.phase in _OPEN:
                group = outcome.situation.groups[incident.group]
                assert (group.closed, group.sequence) == (None, incident.sequence)


@given(histories())
def test_a_group_is_finished_only_when_all_its_members_have_closed(history):
    for outcome in history.played().outcomes:
        finished = {group.id for group in outcome.finished_groups}
        members = [i for i in outcome.situation.incidents.values() if i.group in finished]
        assert all(member.phase is Phase.CLOSED for member in members)
        assert finished.isdisjoint(outcome.situation.groups)


@given(histories())
def test_what_people_hear_of_fires_when_they_hear_of_it(history):
    play = history.played()
    for outcome in play.outcomes:
        for telling in outcome.tellings:
            if telling.kind is NotificationKind.OPEN:
                assert telling.group.head.phase is Phase.FIRING
                assert outcome.situation.incidents[telling.group.head.series].phase is Phase.FIRING


@given(histories())
def test_in_a_live_window_whatever_fires_has_been_told(history):
    for number, outcome in enumerate(history.played().outcomes):
        if history.may_tell[number]:
            firing = [i for i in outcome.situation.incidents.values() if i.phase is Phase.FIRING]
            assert all(outcome.situation.groups[i.group].is_told for i in firing)
            assert all(group.closed is None for group in outcome.situation.groups.values())


@given(histories(alphabet="- "), histories())
def test_windows_without_verdicts_never_close_anything(silent, history):
    play = history.played()
    before = {key: (i.id, i.phase, i.bad_windows) for key, i in play.situation.incidents.items()}
    for number, verdicts in enumerate(silent.windows, len(history.windows)):
        outcome = play.window(number, verdicts)
        assert outcome.changes == ()
    assert {key: (i.id, i.phase, i.bad_windows) for key, i in play.situation.incidents.items()} == before


@given(histories(alphabet=LETTERS.replace("B", "").replace("H", "").replace("b", "").replace("h", "")))
def test_without_a_bad_window_nothing_is_ever_said(history):
    play = history.played()
    assert (play.situation.incidents, play.told) == ({}, [])


@settings(max_examples=40)
@given(histories(), st.integers(0, 20), st.integers(0, 10))
def test_a_silence_over_everything_stops_every_message_and_changes_no_incident(history, first, length):
    silence = Silence(
        id=1,
        metric=None,
        slice_key=None,
        starts=window_end(at(first)).timestamp(),
        ends=window_end(at(first + length)).timestamp(),
        by="",
        comment="",
        created_at=0.0,
    )
    play = Play(audience=Audience(silences=(silence,)))
    for number, verdicts in enumerate(history.windows):
        play.window(number, verdicts, may_tell=history.may_tell[number])
    assert all(not first <= number < first + length for number, _ in play.tellings)
    assert {key: (i.id, i.phase) for key, i in play.situation.incidents.items()} == {
        key: (i.id, i.phase) for key, i in history.played().situation.incidents.items()
    }
    told = {}
    for _, telling in play.tellings:
        opening = (telling.group.id, telling.group.sequence)
        assert telling.kind not in _OPENINGS or opening not in told
        assert telling.kind in _OPENINGS or opening in told
        told[opening] = telling


@settings(max_examples=40)
@given(histories(), st.sets(st.integers(0, 30)))
def test_what_has_stopped_is_not_judged_and_told_once_for_each_time(history, stopped):
    play = Play()
    for number, verdicts in enumerate(history.windows):
        feed = SourceState("feed", "feed_actions", at(number + 1), 0 if number in stopped else 50)
        outcome = play.window(number, verdicts, may_tell=True, sources=[feed])
        if number in stopped and any(
            (v.scored.source, v.scored.slice_key) == ("feed", "all") for v in verdicts
        ):
            assert all(change.incident.source != "feed" for change in outcome.changes)
    outages = [t for _, t in play.tellings if t.group.outage is not None]
    opened = [t.group.id for t in outages if t.kind is NotificationKind.NODATA]
    ended = [t.group.id for t in outages if t.kind is NotificationKind.RESOLVED]
    assert len(set(opened)) == len(opened)
    assert ended == opened[: len(ended)]
    assert len(opened) - len(ended) <= 1


amounts = st.none() | st.floats(0, 1e9)


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {"value": amounts, "expected": amounts, "lower": amounts, "upper": amounts, "evidence": amounts}
    ),
    st.none() | st.floats(0, 100),
)
def test_a_verdict_is_bad_only_beyond_threshold_and_least_deviation(changes, score):
    scored, policy = row(score=score, **changes), Policy()
    verdict = judge(scored, policy)
    if verdict.is_bad:
        assert scored.score >= scored.threshold
        assert scored.deviation is None or abs(scored.deviation) >= policy.min_deviation
        assert scored.evidence >= policy.min_evidence
    assert (verdict.direction is None) is (None in (scored.score, scored.value, scored.expected))
