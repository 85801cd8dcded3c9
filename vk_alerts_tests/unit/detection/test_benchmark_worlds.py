import json
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vk_alerts_tests.benchmarks.detection.habits import PER_DAY, draw_calendar
from vk_alerts_tests.benchmarks.detection.incidents import KINDS, LASTING, PASSING, Shape, plant
from vk_alerts_tests.benchmarks.detection.simulator import FIRST, simulate_counts, simulate_ratios
from vk_alerts_tests.benchmarks.detection.slices import simulate_slices
from vk_alerts_tests.benchmarks.detection.tail_scale import scaled
from vk_alerts_tests.benchmarks.detection.taxi import taxi_world
from vk_alerts_tests.benchmarks.detection.twitter import twitter_world


def test_there_are_twelve_kinds_of_incident_and_all_are_planted() -> None:
    planted = plant(np.random.default_rng(0), 20, 60 * PER_DAY, per_day=PER_DAY)
    assert len(KINDS) == 12
    assert {incident.kind for incident in planted.incidents} == set(KINDS)


@pytest.mark.parametrize("kind", PASSING)
def test_every_kind_deviates_and_ends(kind: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        profile = PASSING[kind](Shape(rng, PER_DAY))
        assert 1 <= len(profile) <= PER_DAY // 2
        assert (profile >= 0).all()
        assert profile[0] != 1.0


def test_incidents_leave_the_rest_alone_and_a_shift_stays() -> None:
    planted = plant(np.random.default_rng(2), 10, 60 * PER_DAY, per_day=PER_DAY)
    for row in range(10):
        mine = [i for i in planted.incidents if i.row == row]
        assert all(a.settled + PER_DAY < b.begin for a, b in pairwise(mine))
        lasting = np.ones(60 * PER_DAY)
        for incident in mine:
            if incident.kind == LASTING:
                lasting[incident.begin :] *= planted.factor[row, incident.begin] / lasting[incident.begin]
        quiet = np.ones(60 * PER_DAY, dtype=bool)
        for incident in mine:
            quiet[incident.begin : incident.settled] = False
        np.testing.assert_allclose(planted.factor[row, quiet], lasting[quiet])
        np.testing.assert_allclose(planted.settled[row, quiet], lasting[quiet])


def test_a_world_is_made_from_its_seed() -> None:
    one, same, other = (simulate_counts(series=3, weeks=1, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.values, same.values)
    assert one.incidents == same.incidents
    assert (one.values != other.values).any()


def test_counts_reach_from_few_to_many_and_ratios_stay_within_one() -> None:
    counts = simulate_counts(series=60, weeks=1, seed=7)
    usual = np.median(counts.values, axis=1)
    assert usual.min() < 10
    assert usual.max() > 20_000
    ratios = simulate_ratios(series=10, weeks=1, seed=7)
    assert np.nanmax(ratios.values) <= 1
    assert ratios.trials is not None
    assert ratios.trials.shape == ratios.values.shape


def test_holidays_are_unlike_their_weekday_and_are_told() -> None:
    calendar = draw_calendar(np.random.default_rng(3), 90 * PER_DAY)
    assert 3 <= len(calendar.holidays) <= 12
    assert ((calendar.restful > 0) & (calendar.restful < 1)).any()


def test_the_share_of_a_slice_moves_less_than_the_slice() -> None:
    slices = simulate_slices(series=8, weeks=1, seed=4)

    def week_to_week(values: np.ndarray) -> np.ndarray:
        changes = np.log((values[:, 7 * PER_DAY :] + 0.5e-9) / (values[:, : -7 * PER_DAY] + 0.5e-9))
        return np.nanmedian(np.abs(changes), axis=1)

    assert (week_to_week(slices.share.values) < week_to_week(slices.own.values)).mean() > 0.7
    assert slices.share.incidents == slices.own.incidents


def test_every_second_copy_of_the_taxi_series_is_thinned(tmp_path: Path) -> None:
    path = tmp_path / "nyc_taxi.csv"
    moments = np.datetime64("2014-07-01T00:00") + np.arange(80 * 48) * np.timedelta64(30, "m")
    rows = [f"{str(m).replace('T', ' ')}:00,{9000 + 1000 * (i % 48)}" for i, m in enumerate(moments)]
    path.write_text("\n".join(["timestamp,value", *rows]), encoding="utf-8")
    world = taxi_world(path, copies=6, seed=1)
    usual = np.median(world.values, axis=1)
    assert (usual[::2] > 20_000).all()
    assert (usual[1::2] < 1_000).all()
    assert world.first == FIRST // 2


def test_twitter_series_of_unequal_length_are_summed_and_labelled(tmp_path: Path) -> None:
    for folder in ("labels", "data/realTweets"):
        (tmp_path / folder).mkdir(parents=True)
    moments = np.datetime64("2015-02-26T21:42:53") + np.arange(20 * 288) * np.timedelta64(5, "m")
    lines = [f"{str(moment).replace('T', ' ')},2" for moment in moments]
    labels = {}
    for name, length in (("A", 20 * 288), ("B", 15 * 288)):
        text = "\n".join(["timestamp,value", *lines[:length]])
        (tmp_path / "data/realTweets" / f"{name}.csv").write_text(text, encoding="utf-8")
        labels[f"realTweets/{name}.csv"] = [["2015-03-01 21:42:53.000000", "2015-03-02 21:42:53.000000"]]
    labels["realTweets/A.csv"].append(["2015-03-14 21:42:53.000000", "2015-03-15 21:42:53.000000"])
    (tmp_path / "labels/combined_windows.json").write_text(json.dumps(labels), encoding="utf-8")
    world = twitter_world(tmp_path, step=timedelta(minutes=15))
    assert world.values.shape == (2, 20 * 96)
    assert np.isnan(world.values[1]).sum() == 5 * 96
    assert np.nanmax(world.values) == np.nanmin(world.values) == 6
    assert [(i.row, i.begin, i.end) for i in world.counted] == [(0, 16 * 96, 17 * 96 + 1)]


def test_scaling_by_the_past_does_not_look_ahead() -> None:
    score = np.abs(np.random.default_rng(0).standard_t(2, (3, 20 * 96)))
    changed = score.copy()
    changed[:, 1000:] = 50.0
    np.testing.assert_array_equal(scaled(score, per_day=96)[:, :1000], scaled(changed, per_day=96)[:, :1000])


def test_scaling_brings_calm_and_bursty_series_closer() -> None:
    calm = np.abs(np.random.default_rng(0).standard_normal((1, 30 * 96)))
    both = scaled(np.vstack([calm, 9 * calm]), per_day=96)[:, 2 * 96 :]
    tails = np.quantile(both, 0.999, axis=1)
    assert tails[1] / tails[0] == pytest.approx(3.0, rel=0.05)
