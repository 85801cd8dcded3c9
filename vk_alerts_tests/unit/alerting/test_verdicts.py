import math

import pytest

from vk_alerts.alerting.verdicts import Direction, Judgement, Verdict, judge
from vk_alerts.metrics.model import Policy
from vk_alerts_tests.unit.alerting.series import row

POLICY = Policy(threshold=4.5, hard_threshold=9.0, min_deviation=0.1, min_evidence=20)

N, U, B, H, NONE = Judgement.NORMAL, Judgement.UNSETTLED, Judgement.BAD, Judgement.HARD, Judgement.NONE


@pytest.mark.parametrize(
    ("changes", "judgement"),
    [
        pytest.param({"score": 4.5}, B, id="a score at the threshold is bad"),
        pytest.param({"score": math.nextafter(4.5, 0)}, U, id="a score below it is not"),
        pytest.param({"score": 9.0}, H, id="a score at the hard threshold is hard"),
        pytest.param({"score": math.nextafter(9.0, 0)}, B, id="a score below it is only bad"),
        pytest.param({"score": 10.0, "threshold": 5.0}, H, id="the hard threshold goes with the row's own"),
        pytest.param({"score": 9.9, "threshold": 5.0}, B, id="and is as much higher than it"),
        pytest.param({"score": 6.0, "threshold": 6.5}, U, id="the row's own threshold counts"),
        pytest.param({"score": 9.5, "threshold": 10.0}, U, id="hard is nothing below the row's threshold"),
        pytest.param({"value": 90.0, "lower": 95.0}, B, id="a deviation of exactly the least is enough"),
        pytest.param({"value": 90.5, "lower": 95.0}, U, id="a smaller deviation is not relevant"),
        pytest.param({"value": 110.0, "upper": 105.0}, B, id="upwards, exactly the least is enough"),
        pytest.param({"value": 109.5, "upper": 105.0}, U, id="upwards, a smaller deviation is not relevant"),
        pytest.param(
            {"value": 90.5, "score": 20.0, "lower": 95.0}, U, id="hard is nothing without relevance"
        ),
        pytest.param({"evidence": 20.0}, B, id="exactly the least evidence is enough"),
        pytest.param({"evidence": 19.0}, U, id="less evidence is not"),
        pytest.param({"evidence": None}, U, id="no evidence is not"),
        pytest.param({"evidence": 19.0, "score": 20.0}, U, id="hard is nothing without evidence"),
        pytest.param({"score": None}, NONE, id="no score, no verdict"),
        pytest.param({"value": None}, NONE, id="no value, no verdict"),
        pytest.param({"expected": None}, NONE, id="no expectation, no verdict"),
        pytest.param(
            {"expected": 0.0, "lower": 0.0, "upper": 0.0}, B, id="where nothing was expected any is much"
        ),
        pytest.param(
            {"expected": 0.0, "lower": 0.0, "upper": 0.0, "value": 0.0, "score": 0.0},
            N,
            id="nothing of nothing",
        ),
        pytest.param({"value": 100.0, "score": 0.0}, N, id="as expected"),
        pytest.param({"value": 84.0, "score": 3.6}, N, id="at the edge of the margin below: settled"),
        pytest.param({"value": 83.9, "score": 3.6}, U, id="between margin and edge below: not settled"),
        pytest.param({"value": 116.0, "score": 3.6}, N, id="at the edge of the margin above: settled"),
        pytest.param({"value": 116.1, "score": 3.6}, U, id="between margin and edge above: not settled"),
        pytest.param({"value": 99.0, "score": 0.1, "lower": None}, U, id="without an edge nothing settles"),
        pytest.param({"value": 101.0, "score": 0.1, "upper": None}, U, id="without an upper edge neither"),
        pytest.param(
            {"value": 101.0, "score": 0.1, "lower": None}, N, id="the other side's edge does not matter"
        ),
    ],
)
def test_a_row_is_judged_by_score_deviation_and_evidence(changes, judgement):
    assert judge(row(**changes), POLICY).judgement is judgement


def test_missing_evidence_is_none_at_all():
    assert judge(row(evidence=None), POLICY.model_copy(update={"min_evidence": 0.5})).judgement is U


def test_without_a_least_evidence_missing_evidence_is_enough():
    assert judge(row(evidence=None), POLICY.model_copy(update={"min_evidence": 0.0})).judgement is B


@pytest.mark.parametrize(
    ("value", "direction"),
    [(70.0, Direction.DOWN), (99.9, Direction.DOWN), (100.0, Direction.UP), (130.0, Direction.UP)],
)
def test_the_direction_is_the_side_of_the_expected_value(value, direction):
    assert judge(row(value=value), POLICY).direction is direction


@pytest.mark.parametrize("missing", ["score", "value", "expected"])
def test_without_a_verdict_there_is_no_direction(missing):
    assert judge(row(**{missing: None}), POLICY).direction is None


@pytest.mark.parametrize(
    ("judgement", "is_bad"), [(N, False), (U, False), (B, True), (H, True), (NONE, False)]
)
def test_bad_and_hard_windows_count_against_a_series(judgement, is_bad):
    assert Verdict(row(), judgement, Direction.DOWN).is_bad is is_bad


@pytest.mark.parametrize(
    ("direction", "changes", "settled"),
    [
        pytest.param(Direction.DOWN, {"value": 84.0}, True, id="down, at the margin"),
        pytest.param(Direction.DOWN, {"value": 83.9}, False, id="down, outside the margin"),
        pytest.param(Direction.DOWN, {"value": 500.0}, True, id="down, far on the other side"),
        pytest.param(Direction.UP, {"value": 116.0}, True, id="up, at the margin"),
        pytest.param(Direction.UP, {"value": 116.1}, False, id="up, outside the margin"),
        pytest.param(Direction.UP, {"value": 0.0}, True, id="up, far on the other side"),
        pytest.param(Direction.DOWN, {"value": 100.0, "lower": None}, False, id="down, without a lower edge"),
        pytest.param(Direction.UP, {"value": 100.0, "upper": None}, False, id="up, without an upper edge"),
        pytest.param(Direction.DOWN, {"value": None}, False, id="without a value"),
        pytest.param(Direction.DOWN, {"expected": None}, False, id="without an expectation"),
        pytest.param(Direction.DOWN, {"value": 80.0, "lower": 75.0}, True, id="the margin follows the edge"),
        pytest.param(
            Direction.DOWN, {"value": 79.9, "lower": 75.0}, False, id="and not the expectation alone"
        ),
    ],
)
def test_an_incident_settles_inside_the_band_less_a_margin_or_on_the_other_side(direction, changes, settled):
    assert Verdict(row(**changes), U, direction).has_settled(direction) is settled


def test_without_a_verdict_nothing_has_settled():
    assert not Verdict(row(value=100.0), NONE, None).has_settled(Direction.DOWN)


@pytest.mark.parametrize(
    ("changes", "deviation"),
    [
        ({}, -0.3),
        ({"value": 130.0}, 0.3),
        ({"value": 0.0}, -1.0),
        ({"value": None}, None),
        ({"expected": None}, None),
        ({"expected": 0.0}, None),
    ],
)
def test_the_deviation_is_signed_and_relative_to_the_expected_value(changes, deviation):
    expected = deviation if deviation is None else pytest.approx(deviation)
    assert row(**changes).deviation == expected
