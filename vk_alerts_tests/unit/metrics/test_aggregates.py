import pytest

from vk_alerts.metrics.aggregates import aggregate_calls, put_together


def over_parts(expression, condition=None):
    calls = aggregate_calls(expression, condition=condition)
    return [call.of_leaf for call in calls], put_together(expression, calls, lambda number: f"p{number}")


@pytest.mark.parametrize(
    ("expression", "condition", "of_leaf", "of_slice"),
    [
        ("sum(amount)", None, ["sumState(amount)"], "sumMerge(p0)"),
        ("SUM (amount)", None, ["sumState(amount)"], "sumMerge(p0)"),
        ("count(*)", None, ["countState()"], "countMerge(p0)"),
        (
            "sum(a) / uniqExact(b, c) * 100",
            None,
            ["sumState(a)", "uniqExactState(b, c)"],
            "sumMerge(p0) / uniqExactMerge(p1) * 100",
        ),
        (
            "round(quantileExact(0.5)(f(x)), 2)",
            None,
            ["quantileExactState(0.5)(f(x))"],
            "round(quantileExactMerge(0.5)(p0), 2)",
        ),
        ("sumIf(a, k = ')(')", None, ["sumIfState(a, k = ')(')"], "sumIfMerge(p0)"),
        (
            "sumIf(a, k = '\\')' OR k = 'it''s')",
            None,
            ["sumIfState(a, k = '\\')' OR k = 'it''s')"],
            "sumIfMerge(p0)",
        ),
        ("avg(`odd (`)", None, ["avgState(`odd (`)"], "avgMerge(p0)"),
        ("sum(a)", "k = 'x'", ["sumIfState(a, toUInt8(k = 'x'))"], "sumIfMerge(p0)"),
        ("count()", "paid", ["countIfState(toUInt8(paid))"], "countIfMerge(p0)"),
        ("argMax(v, t)", None, ["argMaxState(v, t)"], "argMaxMerge(p0)"),
    ],
)
def test_aggregates_are_taken_of_leaves_and_put_together_per_slice(expression, condition, of_leaf, of_slice):
    assert over_parts(expression, condition) == (of_leaf, of_slice)


@pytest.mark.parametrize(
    ("expression", "condition", "said"),
    [
        ("amount", None, "no aggregate in 'amount'; known: count, sum"),
        ("'sum(x)'", None, "no aggregate"),
        ("quantile(0.5)(x)", None, "quantile may differ from run to run, use quantileExact"),
        ("unikExact(x)", None, "did you mean 'uniqExact'?"),
        ("sum(amount", None, "a bracket does not close in 'sum(amount'"),
        ("sum(max(x))", None, "an aggregate within an aggregate"),
        ("count(DISTINCT x)", None, "write uniqExact(…) for distinct values"),
        ("sumIf(x, a)", "b", "sumIf has one already; write all of it there"),
    ],
)
def test_what_is_no_sound_gauge_is_refused_with_the_remedy(expression, condition, said):
    with pytest.raises(ValueError, match=r"expression|condition") as refused:
        aggregate_calls(expression, condition=condition)
    assert said in str(refused.value)
