"""Whatever one series does, its incident keeps these laws."""

from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.alerting.lifecycle import Phase, Rules, Transition, step
from vk_alerts.alerting.verdicts import Direction, Judgement
from vk_alerts.windows import STEP
from vk_alerts_tests.properties.folds import letters
from vk_alerts_tests.unit.alerting.series import RULES, at, fold, verdict

directions = st.sampled_from(Direction)
rules = st.builds(
    Rules,
    for_windows=st.integers(1, 4),
    bad_of_recent=st.integers(2, 4),
    recent=st.integers(4, 8),
    settle_windows=st.integers(1, 4),
    reopen_within=st.integers(0, 8).map(lambda windows: windows * STEP),
)
_OPEN = (Phase.FIRING, Phase.RECOVERING)


@given(letters, directions, rules)
def test_the_same_windows_give_the_same_incident(text, direction, given_rules):
    assert fold(text, direction=direction, rules=given_rules) == fold(
        text, direction=direction, rules=given_rules
    )


@given(letters, letters, directions)
def test_folding_may_stop_and_go_on_anywhere(first, second, direction):
    begun = fold(first, direction=direction)
    middle = begun[-1].incident if begun else None
    rest = fold(second, direction=direction, incident=middle, first=len(first))
    assert begun + rest == fold(first + second, direction=direction)


@given(letters, directions, st.integers(1, 20))
def test_windows_without_a_verdict_change_nothing(text, direction, silent_windows):
    incident = next((s.incident for s in reversed(fold(text, direction=direction))), None)
    assert all(
        result.incident == incident and result.transition is None
        for result in fold("-" * silent_windows, direction=direction, incident=incident, first=len(text))
    )


@given(letters, directions, st.sampled_from("-.?!BHbh"))
def test_a_window_counts_once(text, direction, letter):
    steps = fold(text + letter, direction=direction)
    again = step(steps[-1].incident, verdict(letter, len(text)), direction, RULES)
    assert again.incident == steps[-1].incident
    assert again.transition is None


@given(letters, directions, rules)
def test_it_opens_on_bad_windows_and_closes_on_good_ones_only(text, direction, given_rules):
    incident = None
    for number, letter in enumerate(text.replace(" ", "-")):
        now = verdict(letter, number)
        result = step(incident, now, direction, given_rules)
        if result.transition in (Transition.NOTICED, Transition.OPENED, Transition.REOPENED):
            assert now.is_bad
            assert now.direction is direction
        if result.transition in (Transition.CLOSED, Transition.DROPPED):
            assert not (now.is_bad and now.direction is direction)
            assert now.judgement is not Judgement.NONE
        incident = result.incident


@given(letters, directions, rules)
def test_opening_and_closing_take_turns(text, direction, given_rules):
    turns = [
        result.transition
        for result in fold(text, direction=direction, rules=given_rules)
        if result.transition in (Transition.OPENED, Transition.REOPENED, Transition.CLOSED)
    ]
    assert turns[::2] == [turn for turn in turns if turn is not Transition.CLOSED]
    assert turns[1::2] == [turn for turn in turns if turn is Transition.CLOSED]
    assert turns[:1] in ([], [Transition.OPENED])


@given(letters, directions, rules)
def test_what_it_counts_fits_together(text, direction, given_rules):
    for result in fold(text, direction=direction, rules=given_rules):
        incident = result.incident
        if incident is None:
            continue
        assert incident.first_bad <= incident.last_bad <= incident.seen
        assert 0 <= incident.bad_run <= incident.bad_windows
        assert incident.bad_run == 0 or incident.settled_run == 0
        assert incident.bad_windows <= (incident.last_bad - incident.first_bad) // STEP + 1
        assert list(incident.recent_bad) == sorted(set(incident.recent_bad))
        assert all(incident.seen - start < given_rules.recent * STEP for start in incident.recent_bad)
        assert incident.worst == 0 or (incident.worst < 0) is (direction is Direction.DOWN)
        assert incident.missed == 0 or (incident.missed < 0) is (direction is Direction.DOWN)
        assert (incident.closed_at is not None) is (incident.phase is Phase.CLOSED)
        assert incident.phase is not Phase.FIRING or incident.settled_run == 0
        assert incident.phase not in _OPEN or incident.settled_run < given_rules.settle_windows


@given(letters)
def test_good_windows_close_it_in_the_end(text):
    incident = fold(f"H{text}........")[-1].incident
    assert incident is None or incident.phase is Phase.CLOSED


@given(letters, directions)
def test_a_later_installation_finds_the_same_incident_in_the_same_windows(text, direction):
    quiet = "." * 20
    late = [r.incident for r in fold(text, direction=direction, first=20)]
    early = [r.incident for r in fold(quiet + text, direction=direction)][20:]
    assert late == early
    assert all(incident is None or incident.first_bad >= at(20) for incident in late)
