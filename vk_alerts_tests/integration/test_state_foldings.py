"""What the fold did is noted once: the newest version of a window, and the last word on each incident."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.foldings import (
    ANNULLED,
    CORRECTED,
    Folding,
    FoldingRepository,
    KeptTransition,
    forget_transitions,
    note_folding,
    note_transitions,
)
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.mailroom import empty_outbox

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
NOW = T0.timestamp()


def at(number: int) -> datetime:
    return T0 + number * STEP


def folding(number: int, *, version: int = 1) -> Folding:
    return Folding(at(number), version, "live", NOW + number)


def kept(
    number: int, transition: str = "opened", *, incident: str = "a", reason: str = "first"
) -> KeptTransition:
    return KeptTransition(incident, at(number), transition, reason, NOW)


@pytest.fixture
def foldings(tmp_path: Path) -> FoldingRepository:
    shutil.copy(empty_outbox(), tmp_path / "state.db")
    return FoldingRepository(open_database(sqlite_url(tmp_path / "state.db")))


def note(engine: sa.Engine, transitions: Sequence[KeptTransition]) -> None:
    with engine.begin() as connection:
        note_transitions(connection, transitions)


def test_a_window_has_one_folding_the_newest_and_others_keep_theirs(foldings: FoldingRepository) -> None:
    assert foldings.first() is None
    with foldings.engine.begin() as connection:
        for one in (folding(2), folding(1), folding(0), folding(1, version=2)):
            note_folding(connection, one)
    assert list(foldings.between(at(0), at(3)).items()) == [
        (at(0), folding(0)),
        (at(1), folding(1, version=2)),
        (at(2), folding(2)),
    ]
    assert foldings.first() == folding(0)


@pytest.mark.parametrize(("start", "end", "found"), [(0, 3, [0, 1, 2]), (1, 2, [1]), (1, 1, []), (3, 9, [])])
def test_foldings_are_found_from_the_start_up_to_before_the_end(
    foldings: FoldingRepository, start: int, end: int, found: list[int]
) -> None:
    with foldings.engine.begin() as connection:
        for number in range(3):
            note_folding(connection, folding(number))
    assert list(foldings.between(at(start), at(end))) == [at(number) for number in found]


@pytest.mark.parametrize(
    ("other", "replaces"),
    [
        pytest.param(kept(1, reason="second"), True, id="the same again: the last word"),
        pytest.param(kept(2), False, id="another window"),
        pytest.param(kept(1, "closed"), False, id="another transition"),
        pytest.param(kept(1, incident="b"), False, id="another incident"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_transition_is_noted_once_for_each_incident_window_and_kind(
    foldings: FoldingRepository, other: KeptTransition, *, replaces: bool, at_once: bool
) -> None:
    for some in [[kept(1), other]] if at_once else [[kept(1)], [other], []]:
        note(foldings.engine, some)
    found = [one for incident in ("a", "b") for one in foldings.transitions(incident)]
    assert found == ([other] if replaces else [kept(1), other])


def test_transitions_are_told_in_the_order_of_windows_then_as_they_were_noted(
    foldings: FoldingRepository,
) -> None:
    note(foldings.engine, [kept(2), kept(1, "opened"), kept(1, "closed")])
    assert [(one.window, one.transition) for one in foldings.transitions("a")] == [
        (at(1), "opened"),
        (at(1), "closed"),
        (at(2), "opened"),
    ]


def test_folding_anew_forgets_what_the_fold_noted_in_its_windows_and_no_correction(
    foldings: FoldingRepository,
) -> None:
    left = [kept(0), kept(1, CORRECTED), kept(1, ANNULLED), kept(3), kept(1, incident="b")]
    note(foldings.engine, [kept(1), kept(2), *left])
    with foldings.engine.begin() as connection:
        forget_transitions(connection, ["a"], since=at(1), until=at(3))
    assert [*foldings.transitions("a"), *foldings.transitions("b")] == left
