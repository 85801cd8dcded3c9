"""Whether the strongest series is the one that broke: slices by their own values, by shares, and as decided.

``python -m vk_alerts_tests.benchmarks.slice_headlines [--seeds 1 2]``

Apps of two operating systems and two sources of users. The app moves for reasons of its own (1 to 5 % within
hours), and so do its parts (0.5 to 1.5 %). Incidents of -15, -20, -30, -50 and +30 % lie in all of the app,
in a slice of one dimension, or in one of two.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from vk_alerts.detection import Scores, count_shares, decide, score_history
from vk_alerts_tests.benchmarks.detection.habits import (
    PER_DAY,
    autocorrelated,
    draw_calendar,
    habit,
    restless,
)
from vk_alerts_tests.benchmarks.detection.simulator import FIRST
from vk_alerts_tests.benchmarks.detection.world import MONDAY

APPS = 30
WEEKS = 3
THRESHOLD, LEAST_DEVIATION = 5.0, 0.1
TOTAL = "all"
LEAVES = tuple(f"os={os},source={source}" for os in "AI" for source in ("ads", "organic"))
PARENTS = ("os=A", "os=I", "source=ads", "source=organic")
CAUSES = (TOTAL, *PARENTS, *LEAVES[::3])
SIZES = (-0.15, -0.2, -0.3, -0.5, 0.3)


@dataclass(frozen=True)
class Incident:
    """A deviation of one slice of one app in the windows [begin, end)."""

    app: int
    begin: int
    end: int
    cause: str
    size: float


def simulate(seed: int) -> tuple[dict[str, np.ndarray], list[Incident], list]:
    """Counts by slice, (APPS, n_windows), the incidents, and the holidays."""
    rng = np.random.default_rng(seed)
    windows = FIRST + WEEKS * 7 * PER_DAY
    calendar = draw_calendar(rng, windows)

    def wander(hours: float, low: float, high: float) -> np.ndarray:
        return np.exp(autocorrelated(rng, APPS, windows, hours=hours) * rng.uniform(low, high, (APPS, 1)))

    def taste() -> np.ndarray:
        return wander(10.0, 0.005, 0.015) * habit(rng, APPS, windows, calendar) ** 0.1

    size = np.exp(rng.uniform(np.log(2_000), np.log(60_000), (APPS, 1)))
    whole = (
        size * habit(rng, APPS, windows, calendar) * restless(rng, APPS, windows) * wander(3.0, 0.01, 0.05)
    )
    android, ads = rng.uniform(0.5, 0.75, (APPS, 1)), rng.uniform(0.15, 0.4, (APPS, 1))
    part = {"os=A": android, "os=I": 1 - android, "source=ads": ads, "source=organic": 1 - ads}
    part = {key: share * taste() for key, share in part.items()}
    factor = {leaf: np.ones((APPS, windows)) for leaf in LEAVES}
    incidents = []
    for app in range(APPS):
        begin = FIRST + int(rng.integers(0, PER_DAY))
        while begin < windows - PER_DAY:
            cause, change = str(rng.choice(CAUSES)), float(rng.choice(SIZES))
            end = begin + int(rng.integers(4, 20))
            for leaf in LEAVES:
                if cause == TOTAL or set(cause.split(",")) <= set(leaf.split(",")):
                    factor[leaf][app, begin:end] = 1 + change
            incidents.append(Incident(app, begin, end, cause, change))
            begin = end + int(rng.integers(PER_DAY, 5 * PER_DAY // 2))
    counts = {}
    for leaf in LEAVES:
        os, source = leaf.split(",")
        counts[leaf] = rng.poisson(whole * part[os] * part[source] * factor[leaf] * taste()).astype(float)
    for parent in PARENTS:
        counts[parent] = sum(counts[leaf] for leaf in LEAVES if parent in leaf.split(","))
    counts[TOTAL] = counts["os=A"] + counts["os=I"]
    return counts, incidents, calendar.holidays


def scored(counts: dict[str, np.ndarray], holidays: list) -> dict[str, dict[str, np.ndarray]]:
    """For each way of judging the scores by slice; 0 where the deviation does not matter."""

    def score(values: np.ndarray, trials: np.ndarray | None = None) -> Scores:
        return score_history(values, start=MONDAY, trials=trials, holidays=holidays, first=FIRST)

    own = {key: score(values) for key, values in counts.items()}
    ways: dict[str, dict[str, np.ndarray]] = {"own value": {key: own[key].score for key in own}}
    for way, parent_of in (
        ("share of the total", lambda _key: TOTAL),
        ("share of the coarser slice", lambda key: key.split(",")[0] if "," in key else TOTAL),
    ):
        ways[way] = {TOTAL: own[TOTAL].score}
        for key in (*PARENTS, *LEAVES):
            whole = counts[parent_of(key)]
            pieces = [count_shares(counts[key][[app]], whole[app]) for app in range(APPS)]
            theirs = score(
                *(np.concatenate([getattr(p, name) for p in pieces]) for name in ("values", "trials"))
            )
            ways[way][key] = np.concatenate(
                [
                    decide(
                        Scores(*(array[[app]] for array in own[key].arrays)),
                        counts[key][[app]],
                        pieces[app],
                        Scores(*(array[[app]] for array in theirs.arrays)),
                        min_deviation=LEAST_DEVIATION,
                    ).scores.score
                    for app in range(APPS)
                ]
            )
    matters = {
        key: np.abs(values / own[key].expected - 1) >= LEAST_DEVIATION for key, values in counts.items()
    }
    return {
        way: {key: np.where(matters[key], np.nan_to_num(score), 0.0) for key, score in by_slice.items()}
        for way, by_slice in ways.items()
    }


def graded(scores: dict[str, np.ndarray], incidents: list[Incident]) -> dict[str, float]:
    """Shares of the incidents told at all, by the right slice, headed by it; other series; false windows."""
    quiet = np.ones(scores[TOTAL].shape, dtype=bool)
    quiet[:, :FIRST] = False
    told, right, head, others = [], [], [], []
    for incident in incidents:
        here = slice(incident.begin, incident.end)
        quiet[incident.app, incident.begin : incident.end + 4] = False
        bad = {key: score[incident.app, here] > THRESHOLD for key, score in scores.items()}
        first = np.flatnonzero(np.any(list(bad.values()), axis=0))
        told.append(len(first) > 0)
        right.append(bad[incident.cause].any())
        others.append(sum(windows.any() for key, windows in bad.items() if key != incident.cause))
        if len(first):
            strongest = max(scores, key=lambda key: scores[key][incident.app, incident.begin + first[0]])
            head.append(strongest == incident.cause)
    false = sum(int(((score > THRESHOLD) & quiet).sum()) for score in scores.values())
    return {
        "told": float(np.mean(told)),
        "right slice": float(np.mean(right)),
        "right headline": float(np.mean(head)),
        "others": float(np.mean(others)),
        "false windows a series-week": false / (quiet.sum() * len(scores) / (7 * PER_DAY)),
    }


def main() -> None:
    """Prints a line per seed and way of judging."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    for seed in parser.parse_args().seeds:
        counts, incidents, holidays = simulate(seed)
        for way, scores in scored(counts, holidays).items():
            figures = ", ".join(f"{name} {value:.3f}" for name, value in graded(scores, incidents).items())
            print(f"seed {seed}, {len(incidents)} incidents, {way:<27}: {figures}")


if __name__ == "__main__":
    main()
