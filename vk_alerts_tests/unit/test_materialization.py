"""What a rerun's materialization shows of what it changed."""

from dataclasses import replace
from datetime import UTC, datetime

from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.revision import Revision
from vk_alerts.alerting.story import Contribution, NotificationKind
from vk_alerts.alerting.verdicts import DecidedBy, Direction, Judgement, Scored, Verdict
from vk_alerts.materialization import (
    MOST_REVISIONS_SHOWN,
    causes_table,
    incident_metadata,
    revision_metadata,
)
from vk_alerts.pipeline import IncidentReport, RescoreReport, ScoreReport
from vk_alerts.pipeline.corrections import CorrectionReport
from vk_alerts_tests.unit.alerting.stories import story

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
SCORES = ScoreReport(1, 1, 0, 0, None, "", "", None, DecidedBy.OWN, 0, 0.0, 0.0)


def verdict(value: float, score: float, judgement: Judgement, slice_key: str = "all") -> Verdict:
    row = Scored("feed", "likes", slice_key, T0, value, 1000.0, 800.0, 1200.0, score, 1000.0, 4.5)
    return Verdict(row, judgement, Direction.DOWN)


def report(*revisions: Revision, again: int = 1, compared: int = 1) -> RescoreReport:
    return RescoreReport(SCORES, again=again, compared=compared, revisions=revisions)


def table(of: RescoreReport) -> list[str]:
    return str(revision_metadata(of)["what changed"].value).splitlines()


def test_old_and_new_value_score_and_verdict_stand_side_by_side() -> None:
    bad, good = verdict(500.0, 6.25, Judgement.BAD), verdict(12_190.0, 0.2, Judgement.NORMAL)
    turned = Revision(T0, 7, "likes", "all", bad, good)
    moved = Revision(T0, 7, "likes", "os=iOS", good, verdict(12_190.0, 0.3, Judgement.NORMAL))
    new = Revision(T0, 7, "likes", "os=a|b\\", None, good)
    assert table(report(turned, moved, new)) == [
        "| window | metric | slice | value | score | verdict |",
        "|---|---|---|--:|--:|---|",
        "| 2026-01-29-12:00 | likes | all | 500 → 12,190 | 6.25 → 0.2 | **bad → normal** |",
        "| 2026-01-29-12:00 | likes | os=iOS | 12,190 | 0.2 → 0.3 | normal |",
        r"| 2026-01-29-12:00 | likes | os=a\|b\\ | – → 12,190 | – → 0.2 | **none → normal** |",
    ]


def test_at_most_twenty_rows_are_shown_and_the_others_counted() -> None:
    one = Revision(T0, 7, "likes", "all", None, verdict(1.0, 0.1, Judgement.NORMAL))
    shown = revision_metadata(report(*[one] * 143))
    lines = str(shown["what changed"].value).splitlines()
    assert len(lines) == 2 + MOST_REVISIONS_SHOWN + 2
    assert lines[-1] == "… and 123 more"
    assert (shown["series changed"].value, shown["verdicts changed"].value) == (143, 143)


def test_the_same_numbers_are_said_to_be_the_same() -> None:
    assert table(report()) == ["nothing: the same numbers as before"]


def test_windows_that_were_not_compared_are_owned_up_to() -> None:
    assert revision_metadata(report(again=96, compared=8))["windows compared"].value == 8


def test_what_is_scored_for_the_first_time_changes_nothing() -> None:
    assert revision_metadata(report(again=0)) == {}


def test_what_was_corrected_stands_with_the_incidents() -> None:
    one = Incident(
        *("4f2a000000000000", "feed", "likes", "os=a|b", Direction.DOWN, Phase.CLOSED, T0, T0),
        *(1, 1, 0, (), -0.4, -800.0),
    )
    corrections = CorrectionReport(windows=(T0,), revisions=3, annulled=(one,), retracted=(one.id,))
    shown = incident_metadata(IncidentReport((), T0, corrections))
    assert str(shown["incidents corrected"].value).splitlines()[2:] == [
        r"| 4f2a000000000000 | likes | os=a\|b | 2026-01-29-12:00 | taken back |"
    ]
    assert (shown["windows computed again"].value, shown["messages taken back"].value) == (1, 1)
    assert "windows computed again" not in incident_metadata(IncidentReport((), T0))


def test_where_a_change_lies_stands_with_the_messages_each_once() -> None:
    causes = (Contribution("Android · Russia", -2900.0, 0.77), Contribution("iOS", -12.0, None))
    told = replace(story(), causes=causes)
    lines = causes_table([told, told, replace(told, kind=NotificationKind.UPDATE)]).splitlines()[2:]
    assert [line.split(" | ", maxsplit=3)[3] for line in lines] == [
        "Android · Russia | -2,900 | 77% |",
        "iOS | -12 | – |",
    ]
    assert causes_table([]) == "none"
