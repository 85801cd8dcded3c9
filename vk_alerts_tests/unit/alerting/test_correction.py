"""What computing windows again does to incidents: nothing opens by it, and nothing that was told is lost."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.alerting.correction import Refolded, reconcile, refold
from vk_alerts.alerting.lifecycle import Incident, Phase, Transition
from vk_alerts.alerting.plan import Situation, advance
from vk_alerts.alerting.revision import compare
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.verdicts import Direction, Judgement, Scored, Verdict
from vk_alerts.windows import STEP

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
RULES = Rules()
DOWN = Direction.DOWN


def verdict(index: int, letter: str, metric: str = "likes") -> Verdict:
    """``x`` bad, ``X`` hard, ``-`` well inside, ``~`` neither, ``?`` no verdict."""
    value = {"x": 500.0, "X": 100.0, "-": 1000.0, "~": 830.0, "?": None}[letter]
    score = {"x": 6.0, "X": 20.0, "-": 0.2, "~": 3.0, "?": None}[letter]
    row = Scored(
        *("feed", metric, "all", T0 + index * STEP, value),
        *(1000.0, 800.0, 1200.0, score, 1000.0, 4.5),
    )
    judgement = {
        "x": Judgement.BAD,
        "X": Judgement.HARD,
        "-": Judgement.NORMAL,
        "~": Judgement.UNSETTLED,
        "?": Judgement.NONE,
    }[letter]
    return Verdict(row, judgement, None if letter == "?" else DOWN)


def folded(letters: str) -> Refolded:
    return refold([verdict(i, letter) for i, letter in enumerate(letters)], DOWN, RULES)


def known(letters: str) -> list[Incident]:
    """The incidents as they were, each told in a group of its own."""
    return [
        incident if incident.phase is Phase.PENDING else replace(incident, group=incident.id, sequence=1)
        for incident in folded(letters).incidents
    ]


@pytest.mark.parametrize(("letters", "is_quiet"), [("", True), ("--", True), ("x", False), ("xx-", False)])
def test_a_series_is_quiet_when_nothing_is_carried_on_to_the_next_window(
    letters: str, *, is_quiet: bool
) -> None:
    assert folded(letters).is_quiet is is_quiet


def test_computing_again_to_the_same_changes_nothing() -> None:
    for letters in ("xx--", "-xx--------xx--", "xx", "x", "--xx-x--xx~~--", "xx--xx--"):
        corrected = reconcile(known(letters), folded(letters))
        assert list(corrected.incidents) == known(letters)
        assert (corrected.annulled, corrected.dropped) == ((), ())


@pytest.mark.parametrize(
    ("before", "after", "phases", "annulled", "dropped"),
    [
        # An incident that was none: annulled, whether it is over or fires.
        ("-xx--", "-----", [], 1, 0),
        ("-xx", "---", [], 1, 0),
        ("-X", "--", [], 1, 0),
        # One window fewer: pending at most.
        ("-xx", "-x-", [], 1, 0),
        ("-xx", "--x", [Phase.PENDING], 1, 0),
        # A pending one that is gone is nobody's news.
        ("-x", "--", [], 0, 1),
        ("x-", "--", [], 0, 1),
        # Longer, shorter, still firing: the same one.
        ("-xxxx", "--xxx", [Phase.FIRING], 0, 0),
        ("-xx--", "xxx--", [Phase.CLOSED], 0, 0),
        ("-xxx-", "-xx--", [Phase.CLOSED], 0, 0),
        # What nobody knew: over is history; live waits for its next bad window.
        ("-----", "-xx--", [Phase.CLOSED], 0, 0),
        ("-----", "---xx", [Phase.PENDING], 0, 0),
        ("----x", "---xx", [Phase.PENDING], 0, 1),
        ("-----", "-xx-~", [Phase.PENDING], 0, 0),
        # Its end was told, and now it fires: it waits to open again.
        ("-xx--", "-xx-x", [Phase.CLOSED], 0, 0),
        # They touch: the same one, earlier or later.
        ("---xx--", "xx-----", [Phase.CLOSED], 0, 0),
        ("xx-----", "---xx--", [Phase.CLOSED], 0, 0),
        # They are apart: two, and the one that people know is none.
        ("xx----------", "--------xx--", [Phase.CLOSED], 1, 0),
        ("--------xx--", "xx----------", [Phase.CLOSED], 1, 0),
        # Two that were one.
        ("xx--------xx--", "xxxxxxxxxxxx--", [Phase.CLOSED], 1, 0),
    ],
)
def test_incidents_follow_their_verdicts(
    before: str, after: str, phases: list[Phase], annulled: int, dropped: int
) -> None:
    corrected = reconcile(known(before), folded(after))
    assert [incident.phase for incident in corrected.incidents] == phases
    assert (len(corrected.annulled), len(corrected.dropped)) == (annulled, dropped)


def test_an_incident_that_people_know_keeps_its_id_and_its_group_when_its_beginning_moves() -> None:
    (before,) = known("-xxx--")
    corrected = reconcile([before], folded("--xx--"))
    (after,) = corrected.incidents
    assert (after.id, after.group, after.sequence) == (before.id, before.id, 1)
    assert (after.first_bad, after.bad_windows) == (T0 + 2 * STEP, 2)
    assert [(window, change.transition, change.incident.id) for window, change in corrected.changes] == [
        (T0 + 2 * STEP, Transition.NOTICED, before.id),
        (T0 + 3 * STEP, Transition.OPENED, before.id),
        (T0 + 5 * STEP, Transition.CLOSED, before.id),
    ]


def test_an_annulled_incident_is_over_since_it_was_or_since_its_last_bad_window() -> None:
    (over,) = reconcile(known("-xx--"), folded("-----")).annulled
    assert (over.phase, over.closed_at) == (Phase.CLOSED, T0 + 4 * STEP)
    (fired,) = reconcile(known("-xx"), folded("---")).annulled
    assert (fired.phase, fired.closed_at) == (Phase.CLOSED, T0 + 2 * STEP)


def test_one_that_waits_opens_with_its_next_bad_window() -> None:
    (waiting,) = reconcile([], folded("---xx")).incidents
    from vk_alerts.alerting.lifecycle import step

    assert step(waiting, verdict(5, "x"), DOWN, RULES).transition is Transition.OPENED
    (closed,) = reconcile(known("-xx--"), folded("-xx-x")).incidents
    assert step(closed, verdict(5, "x"), DOWN, RULES).transition is Transition.REOPENED


LETTERS = st.text("xX-~?", max_size=24)


@given(LETTERS, LETTERS)
def test_nothing_opens_by_computing_again_and_nothing_known_is_lost(before: str, after: str) -> None:
    size = min(len(before), len(after))
    old, new = known(before[:size]), folded(after[:size])
    corrected = reconcile(old, new)
    firing = {i.id for i in old if i.phase in (Phase.FIRING, Phase.RECOVERING)}
    assert {i.id for i in corrected.incidents if i.phase in (Phase.FIRING, Phase.RECOVERING)} <= firing
    opened = {incident.id for incident in old if incident.phase is not Phase.PENDING}
    kept = {incident.id for incident in corrected.incidents}
    gone = {incident.id for incident in corrected.annulled}
    assert opened <= kept | gone
    assert not kept & gone
    names = [incident.id for incident in corrected.incidents]
    assert len(names) == len(set(names))
    live = [i for i in corrected.incidents if i.phase is not Phase.CLOSED]
    assert len(live) <= 1
    # Doing it twice is doing it once.
    again = reconcile([*corrected.incidents, *corrected.annulled], new)
    assert (again.incidents, set(again.annulled)) == (corrected.incidents, set(corrected.annulled))


def test_what_turned_comes_first_then_what_moved_most_and_what_is_the_same_not_at_all() -> None:
    before = [verdict(0, "-", "a"), verdict(0, "x", "b"), verdict(0, "-", "c"), verdict(0, "x", "e")]
    after = [verdict(0, "-", "a"), verdict(0, "-", "b"), verdict(0, "~", "d"), verdict(0, "X", "e")]
    revisions = compare(before, after, window=T0, version=7)
    assert [(one.metric, one.judgement_before, one.judgement, one.turned) for one in revisions] == [
        ("e", Judgement.BAD, Judgement.HARD, True),
        ("b", Judgement.BAD, Judgement.NORMAL, True),
        ("d", Judgement.NONE, Judgement.UNSETTLED, True),
        ("c", Judgement.NORMAL, Judgement.NONE, True),
    ]
    assert compare(before, before, window=T0, version=7) == ()


def up(one: Verdict) -> Verdict:
    """The same judgement on the other side."""
    return replace(one, direction=Direction.UP)


@pytest.mark.parametrize(
    ("before", "after", "turned", "moves"),
    [
        pytest.param(verdict(0, "x"), up(verdict(0, "x")), True, True, id="bad on the other side"),
        pytest.param(verdict(0, "-"), up(verdict(0, "-")), False, False, id="normal on the other side"),
        pytest.param(verdict(0, "x"), None, True, True, id="a bad row that is gone"),
        pytest.param(None, verdict(0, "x"), True, True, id="a bad row that came"),
        pytest.param(None, verdict(0, "?"), False, False, id="a row that says as little as none"),
        pytest.param(verdict(0, "?"), None, False, False, id="and one that said so"),
    ],
)
def test_a_judgement_turns_when_it_is_another_one_or_bad_on_the_other_side(
    before: Verdict | None, after: Verdict | None, *, turned: bool, moves: bool
) -> None:
    given = [[] if one is None else [one] for one in (before, after)]
    (revision,) = compare(*given, window=T0, version=1)
    assert (revision.turned, revision.moves_incidents) == (turned, moves)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("x", "X", 14.0),
        ("X", "x", 14.0),
        ("x", "?", 6.0),
        ("?", "x", 6.0),
        (None, "x", 6.0),
        ("x", None, 6.0),
    ],
)
def test_a_score_that_came_or_went_counts_whole(before: str | None, after: str | None, change: float) -> None:
    given = [[] if letter is None else [verdict(0, letter)] for letter in (before, after)]
    (revision,) = compare(*given, window=T0, version=1)
    assert revision.score_change == change


def test_what_turned_comes_before_what_moved_more() -> None:
    hard, far = verdict(0, "X", "a"), verdict(0, "X", "a").scored
    before, after = (
        [hard, verdict(0, "-", "b")],
        [
            replace(hard, scored=replace(far, score=90.0)),
            verdict(0, "~", "b"),
        ],
    )
    assert [one.metric for one in compare(before, after, window=T0, version=1)] == ["b", "a"]


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ("-", "x", True),
        ("x", "-", True),
        ("x", "X", True),
        ("-", "~", True),
        ("-", "?", True),
        ("?", "?", False),
    ],
)
def test_only_what_the_lifecycle_looks_at_moves_incidents(before: str, after: str, moves: bool) -> None:
    old, new = verdict(0, before), verdict(0, after)
    other = replace(new, scored=replace(new.scored, evidence=1.0))  # nothing an incident is made of
    (revision,) = compare([old], [other], window=T0, version=1)
    assert revision.moves_incidents is moves


def test_a_value_that_moves_inside_the_band_moves_no_incident() -> None:
    old = verdict(0, "-")
    (revision,) = compare(
        [old], [replace(old, scored=replace(old.scored, value=1001.0))], window=T0, version=1
    )
    assert (revision.turned, revision.moves_incidents) == (False, False)


_OPENING = (Transition.OPENED, Transition.REOPENED)


def test_ten_thousand_windows_that_may_not_be_told_lead_to_no_message() -> None:
    situation, opened = Situation({}, {}), 0
    for index in range(10_000):
        letter = "xx----"[index % 6]
        window = T0 + index * STEP
        outcome = advance(situation, [verdict(index, letter)], window=window, may_tell=False, rules=RULES)
        assert outcome.tellings == ()
        opened += sum(change.transition in _OPENING for change in outcome.changes)
        situation = outcome.situation
    assert opened == 1_667  # the incidents are there; nobody hears of them
