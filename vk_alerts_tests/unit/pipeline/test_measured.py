"""Quantiles and gauges are judged on a scale without counting noise, whatever their unit."""

from datetime import UTC, datetime

import numpy as np
import pytest
import yaml

from vk_alerts.clickhouse.grid import SeriesGrid
from vk_alerts.detection import day_start, day_state, tick_ranges
from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.pipeline.judging import judge_panel
from vk_alerts.pipeline.panels import panels_of
from vk_alerts.pipeline.scoring import score_metrics
from vk_alerts.pipeline.ticking import score_tick_panel
from vk_alerts.windows import STEP

WORDS = {"ru": "с", "en": "s"}
ZONE = "Europe/Moscow"
DAYS = 30
START = datetime(2026, 2, 2, 21, tzinfo=UTC)  # midnight in Moscow
WINDOWS = DAYS * 96 + 40
FILE = parse_catalog(
    {
        "api.yaml": yaml.safe_dump(
            {
                "source": {
                    "name": "api",
                    "table": "requests",
                    "time": "time",
                    "dimensions": {"os": "os"},
                    "slices": [["os"]],
                },
                "calendar": {"country": None},
                "metrics": [
                    {
                        "name": "p95",
                        "title": WORDS,
                        "unit": WORDS,
                        "kind": "quantile",
                        "expression": "duration",
                        "quantile": 0.95,
                    }
                ],
            }
        )
    }
).files[0]


def grid(values, *, events=1000.0, slices=("all",)):
    values = np.atleast_2d(values)
    return SeriesGrid(
        starts=int(START.timestamp()) + 900 * np.arange(values.shape[1], dtype=np.int64),
        metrics=("p95",) * len(values),
        slices=slices,
        numerators=values,
        denominators=np.where(np.isnan(values), 0.0, events),
        is_committed=np.ones(values.shape[1], dtype=bool),
        has_events=np.ones(values.shape[1], dtype=bool),
    )


def usual(seed=1, *, noise=0.08, windows=WINDOWS):
    """A p95 in seconds with a day's course and noise of its own."""
    day = np.sin(2 * np.pi * np.arange(windows) / 96)
    return 0.180 * np.exp(0.3 * day + noise * np.random.default_rng(seed).standard_normal(windows))


def judged(values, *, first=WINDOWS - 96, **how):
    (scored,) = score_metrics(FILE, grid(values, **how), first=first, zone=ZONE)
    return scored


@pytest.mark.parametrize("unit", [1e-3, 1e3, 1e9])
def test_scores_are_those_of_any_other_unit(unit):
    here, there = judged(usual()).scores, judged(usual() * unit).scores
    np.testing.assert_allclose(there.score, here.score, atol=2e-3)
    for mine, theirs in zip(here.arrays[1:], there.arrays[1:], strict=True):
        np.testing.assert_allclose(theirs, mine * unit, rtol=1e-4)


def test_half_as_much_again_is_found_and_noise_is_not():
    values = usual()
    quiet = judged(values).scores.score[0, -96:]
    assert np.quantile(quiet, 0.99) < 5.0
    values[-4:] *= 1.5
    loud = judged(values)
    assert (loud.scores.score[0, -4:] > 5.0).all()
    assert (loud.measured[0, -4:-1] > loud.scores.upper[0, -4:-1]).all()
    assert loud.scores.expected[0, -1] == pytest.approx(values[-1] / 1.5, rel=0.25)


def test_zeros_and_gaps_and_what_is_below_zero_leave_all_scores_finite():
    values = usual()
    values[5:1200:7] = 0.0
    values[3:1200:11] = np.nan
    values[-3], values[-2], values[-1] = 0.0, -4.0, np.nan
    scored = judged(values)
    assert np.isfinite(scored.scores.score[0, -96:-2]).all()
    assert np.isnan(scored.scores.score[0, -2:]).all()
    assert scored.scores.score[0, -3] > 5.0
    assert scored.measured[0, -2] == -4.0


@pytest.mark.parametrize("level", [0.0, 1e-6, 0.25, 7e12])
def test_a_gauge_that_never_moves_is_judged_too(level):
    scored = judged(np.full(WINDOWS, level))
    assert (scored.scores.score[0, -96:] == 0).all()
    np.testing.assert_allclose(scored.scores.expected[0, -96:], level, atol=1e-12)


def test_a_slice_is_judged_by_its_own_value_and_rests_on_its_events():
    values = np.vstack([usual(1), usual(2) / 3])
    scored = judged(values, slices=("all", "os=iOS"), events=31.0)
    assert not scored.by_share.any()
    assert np.isnan(scored.share).all()
    np.testing.assert_array_equal(scored.scores.score, scored.own)
    assert (scored.evidence[:, -96:] == 31.0).all()


def test_a_tick_says_what_a_backtest_says():
    values = usual()
    values[-2:] *= 1.3
    history = grid(values)
    window = START + (WINDOWS - 1) * STEP
    day = day_start(window, step=STEP, timezone=ZONE)
    memories = {}
    for panel in panels_of(FILE, history.before(day)):
        (memories["p95", "all"],) = day_state(panel.comparable, start=START, timezone=ZONE)
    ranges = tick_ranges(window, step=STEP, timezone=ZONE, holidays=())
    recent = history.within([(max(low, START), high) for low, high in ranges if high > START])
    (panel,) = panels_of(FILE, recent)
    tick = judge_panel(
        panel,
        lambda one: score_tick_panel(one, recent, memories, special=(), zone=ZONE),
        windows=1,
    ).scores
    whole = judged(values).scores.columns(slice(-1, None))
    assert whole.score[0, 0] > 1.0
    for mine, theirs in zip(tick.arrays, whole.arrays, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)
