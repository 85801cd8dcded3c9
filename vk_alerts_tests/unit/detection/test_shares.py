import numpy as np
import pytest

from vk_alerts.detection.residual import Ratios
from vk_alerts.detection.scores import Scores
from vk_alerts.detection.shares import LEAST_REST, Decision, count_shares, decide, rate_shares

NAN = float("nan")


def cell(number: float) -> np.ndarray:
    return np.array([[number]], dtype=np.float64)


def verdict(score: float, expected: float, lower: float = 0.0, upper: float = 1.0) -> Scores:
    return Scores(cell(score), cell(expected), cell(lower), cell(upper))


def decided(
    value: float,
    rest: float,
    *,
    expected: float = 100.0,
    share: float = 0.1,
    own: float = 6.0,
    theirs: float = 8.0,
    min_deviation: float = 0.1,
    own_band: tuple[float, float] = (80.0, 120.0),
) -> Decision:
    """A slice that is expected to be 100 of 1,000, as it is decided beside a ``rest``.

    The band of its share is 89 to 111 beside the rest that is expected.
    """
    shares = count_shares(cell(value), np.array([float(value + rest)]))
    return decide(
        verdict(own, expected, *own_band),
        cell(value),
        shares,
        verdict(theirs, share, max(share - 0.01, 0.0), share + 0.01),
        min_deviation=min_deviation,
    )


@pytest.mark.parametrize(
    ("value", "rest", "score"),
    [
        pytest.param(60, 900, 8.0, id="it falls alone: its share decides"),
        pytest.param(140, 900, 8.0, id="it rises alone"),
        pytest.param(60, 540, 0.0, id="everything falls alike"),
        pytest.param(70, 500, 0.0, id="it falls less than the others"),
        pytest.param(60, 800, 8.0, id="it falls more than the others"),
        pytest.param(140, 1100, 8.0, id="it rises more than the others"),
        pytest.param(60, 1000, 8.0, id="it falls while the others rise a little"),
        pytest.param(80, 1250, 8.0, id="the others rise by a little more than it falls"),
        pytest.param(80, 1300, 0.0, id="the others rise much more than it falls"),
        pytest.param(110, 500, 0.0, id="a sibling fell: it is not to blame though it rose a little"),
        pytest.param(102, 500, 0.0, id="a sibling fell and it stayed"),
        pytest.param(92, 900, 6.0, id="it falls by less than what matters: the smaller score"),
        pytest.param(108, 900, 6.0, id="it rises by less than what matters"),
        pytest.param(90, 900, 8.0, id="it falls by just enough"),
        pytest.param(0, 900, 8.0, id="nothing is left of it"),
    ],
)
def test_a_slice_scores_by_its_share_when_it_is_the_one_that_moved(value, rest, score) -> None:
    decision = decided(value, rest)
    assert decision.scores.score.item() == score
    assert decision.by_share.item()
    assert (decision.own.item(), decision.share.item()) == (6.0, 8.0)


def test_it_falls_a_little_while_the_others_rise_by_no_more_than_they_do_now_and_then() -> None:
    assert decided(97, 950).scores.score.item() == 6.0  # not 0; the smaller one, it is no more than 3 %
    assert decided(97, 1100).scores.score.item() == 0.0


def test_a_small_deviation_scores_by_the_smaller_even_if_that_is_the_share() -> None:
    assert decided(92, 900, own=9.0).scores.score.item() == 8.0


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"theirs": NAN}, id="its share got no verdict"),
        pytest.param({"rest": LEAST_REST - 1, "share": 0.9}, id="it is nearly all of its total"),
        pytest.param({"rest": 0.0, "share": 1.0}, id="it is all of its total"),
    ],
)
def test_what_cannot_be_judged_by_its_share_is_judged_by_its_own_value(changes) -> None:
    decision = decided(**({"value": 60.0, "rest": 900.0} | changes))
    assert not decision.by_share.item()
    assert [array.item() for array in decision.scores.arrays] == [6.0, 100.0, 80.0, 120.0]


SHARP = (95.0, 105.0)


@pytest.mark.parametrize(
    ("value", "rest", "score"),
    [
        pytest.param(60, 900, 6.0, id="it falls alone: all of its score"),
        pytest.param(60, 990, 6.0, id="it falls while the others rise: all of it"),
        pytest.param(60, 540, 0.0, id="everything falls alike: nothing of it"),
        pytest.param(60, 400, 0.0, id="it falls less than the others"),
        pytest.param(64, 720, 3.0, id="the others fall half of its way: half of it"),
        pytest.param(100, 540, 0.0, id="it stays while the others fall"),
        pytest.param(156.25, 1125, 3.0, id="the others rise half of its way"),
    ],
)
def test_a_sharper_band_lets_the_own_value_decide_less_what_the_rest_moved_along(value, rest, score) -> None:
    decision = decided(value, rest, own_band=SHARP, own=6.0 if value != 100 else 0.0)
    assert not decision.by_share.item()
    assert decision.scores.score.item() == pytest.approx(score, abs=0.05)


@pytest.mark.parametrize(("narrower", "by_share"), [(1.2, True), (1.3, False)])
def test_the_own_band_must_be_narrower_by_a_quarter_to_decide(narrower, by_share) -> None:
    edge = np.log(0.11 / 0.89 / (0.09 / 0.91)) / narrower / 2
    band = (100 * np.exp(-edge), 100 * np.exp(edge))
    assert decided(60, 900, own_band=band).by_share.item() is by_share


def test_a_band_that_is_its_own_moves_with_the_rest() -> None:
    still, down, up = (decided(100, rest, own_band=SHARP).scores for rest in (900, 450, 1800))
    bands = [(scores.lower.item(), scores.upper.item()) for scores in (still, down, up)]
    np.testing.assert_allclose(bands, [(95, 105), (95 / 2, 105), (95, 105 * 2)], rtol=0.01)


def test_the_least_rest_is_enough() -> None:
    assert decided(60, LEAST_REST, share=0.9).by_share.item()


def test_where_nothing_is_left_of_slice_and_total_the_slice_scores_nothing() -> None:
    decision = decided(0, 0, theirs=NAN)
    assert decision.scores.score.item() == decision.scores.lower.item() == 0.0
    assert decision.by_share.item()
    assert np.isnan(decided(0, 0, own=NAN, theirs=NAN).scores.score.item())


def test_a_rest_that_broke_down_still_is_something_to_compare_with() -> None:
    assert decided(1, 10).by_share.item()


def test_without_a_verdict_on_its_own_value_there_is_none() -> None:
    decision = decided(60, 900, own=NAN)
    assert np.isnan(decision.scores.score.item())
    assert not decision.by_share.item()


@pytest.mark.parametrize("share", [0.0, 0.0002, 0.001])
@pytest.mark.parametrize("own_band", [(0.0, 120.0), (0.0, 3.0)])
def test_a_slice_that_was_not_expected_at_all_scores_too(share, own_band) -> None:
    assert decided(30, 900, expected=0.0, share=share, own_band=own_band).scores.score.item() > 4.0


@pytest.mark.parametrize("rest", [300.0, 600.0, 900.0, 1800.0])
@pytest.mark.parametrize("value", [0.0, 30.0, 60.0, 89.0, 100.0, 120.0, 250.0])
def test_beyond_the_band_are_just_the_values_whose_share_and_own_value_went_that_way(value, rest) -> None:
    scores = decided(value, rest).scores
    share = value / (value + rest)
    assert (value < scores.lower.item()) == (share < 0.09 and value < 100)
    assert (value > scores.upper.item()) == (share > 0.11 and value > 100)
    assert scores.lower.item() <= scores.expected.item() <= scores.upper.item()


def test_a_band_never_ends_beyond_the_whole() -> None:
    shares = count_shares(cell(900.0), np.array([1000.0]))
    own, share = verdict(5.0, 900.0, 1.0, 990.0), verdict(5.0, 0.9, 0.8, 0.999)
    decision = decide(own, cell(900.0), shares, share, min_deviation=0.1)
    assert decision.by_share.item()
    assert decision.scores.upper.item() == 1000.0


def test_shares_of_counts_are_parts_of_the_whole() -> None:
    total = np.array([200.0, 0.0, NAN, 50.0, 40.0])
    shares = count_shares(np.array([[50.0, 0.0, 3.0, NAN, 41.0]]), total)
    np.testing.assert_array_equal(shares.values, [[0.25, NAN, NAN, NAN, 1.0]])
    np.testing.assert_array_equal(shares.trials, [[200.0, NAN, NAN, 50.0, 40.0]])
    np.testing.assert_array_equal(shares.rest, [[150.0, 0.0, NAN, NAN, 0.0]])


def test_rates_are_held_against_the_rest_of_the_total() -> None:
    # 20 of 100 in the slice, 80 of 400 in the rest; then 10 of 100 beside the same rest.
    values, trials = np.array([[0.2, 0.1]]), np.full((1, 2), 100.0)
    shares = rate_shares(values, trials, np.array([100 / 500, 90 / 500]), np.full(2, 500.0))
    np.testing.assert_allclose(shares.values, [[0.5, 1 / 3]])
    np.testing.assert_allclose(shares.rest, [[0.2, 0.2]])
    np.testing.assert_array_equal(shares.rest_denominators, [[400.0, 400.0]])


@pytest.mark.parametrize(
    ("value", "trials", "total", "total_trials"),
    [
        pytest.param(NAN, NAN, 0.2, 500.0, id="nothing to divide by"),
        pytest.param(0.2, 500.0, 0.2, 500.0, id="the slice is all there is"),
        pytest.param(0.2, 100.0, NAN, NAN, id="no total"),
        pytest.param(0.0, 100.0, 0.0, 500.0, id="nobody did it"),
    ],
)
def test_rates_that_cannot_be_compared_have_no_share(value, trials, total, total_trials) -> None:
    shares = rate_shares(cell(value), cell(trials), np.array([total]), np.array([total_trials]))
    assert np.isnan(shares.values.item())
    assert np.isnan(shares.trials.item())


def test_a_rate_above_one_counts_as_one() -> None:
    shares = rate_shares(cell(1.5), cell(100.0), np.array([0.6]), np.array([500.0]))
    assert 0 <= shares.values.item() <= 1
    assert np.isfinite(shares.trials.item())


@pytest.mark.parametrize(
    ("trials", "rest_trials", "rate", "rest_rate", "tolerance"),
    [
        pytest.param(1_000, 9_000, 0.2, 0.2, 0.05, id="a small slice"),
        pytest.param(5_000, 5_000, 0.2, 0.2, 0.05, id="half of the total"),
        pytest.param(9_000, 1_000, 0.2, 0.2, 0.05, id="a large slice"),
        pytest.param(2_000, 100_000, 0.02, 0.02, 0.08, id="rare events"),
        pytest.param(1_000, 9_000, 0.9, 0.9, 0.05, id="frequent events"),
        pytest.param(5_000, 5_000, 0.1, 0.2, 0.05, id="half of the total at half the rate"),
        pytest.param(1_000, 9_000, 0.3, 0.2, 0.5, id="a higher rate: off by no more than that"),
        pytest.param(1_000, 9_000, 0.1, 0.2, 1.0, id="a lower rate: off by no more than that"),
    ],
)
def test_the_trials_of_a_rates_share_tell_what_chance_does(
    trials, rest_trials, rate, rest_rate, tolerance
) -> None:
    rng = np.random.default_rng(1)
    hits = rng.binomial(trials, rate, (1, 20_000))
    all_hits = hits + rng.binomial(rest_trials, rest_rate, (1, 20_000))
    whole = trials + rest_trials
    shares = rate_shares(
        hits / trials,
        np.full(hits.shape, float(trials)),
        all_hits[0] / whole,
        np.full(all_hits.shape[1], float(whole)),
    )
    usual = rate / (rate + rest_rate)
    chance = usual * (1 - usual) / shares.trials.mean()
    assert shares.values.var() == pytest.approx(chance, rel=tolerance)
    residual = Ratios(shares.trials).residual(shares.values, np.full(hits.shape, usual))
    assert abs(residual.mean()) < 0.1
