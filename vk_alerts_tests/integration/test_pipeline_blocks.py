"""How a source's series are cut into blocks does not show in their scores."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from vk_alerts.clickhouse.block import EVERYTHING
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.pipeline import Stores, blocks, score_windows, take_snapshots
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.worlds import BROKEN, END, LIVE, live

BY = live(END)
# Of 62 days, so that each metric of the small app is cut into several blocks.
FEW_POINTS = 40_000


@pytest.fixture
def stores(stores_with_history: Stores) -> Stores:
    take_snapshots(stores_with_history, "feed", LIVE, BROKEN + STEP, by=BY)
    catalog = stores_with_history.catalog
    feed = catalog.source_file("feed")
    some = tuple(metric for metric in feed.metrics if metric.name in {"views", "likes", "ctr"})
    feed = feed.model_copy(update={"metrics": some})
    return replace(stores_with_history, catalog=catalog.model_copy(update={"files": (feed,)}))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The blocks that were read."""
    found: list[object] = []
    original = ResultRepository.history

    def noted(self: ResultRepository, *args: object, **how: object) -> object:
        found.append(how.get("block", EVERYTHING))
        return original(self, *args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(ResultRepository, "history", noted)
    return found


def scores(stores: Stores, windows: int = 1) -> pd.DataFrame:
    end = BROKEN + STEP
    score_windows(stores, end - windows * STEP, end, by=BY)
    frame = stores.results.scores(end - windows * STEP, end)
    frame = frame.set_index(["window_start", "metric", "slice"])
    assert frame.index.is_unique
    return frame


def forget_memories(stores: Stores) -> None:
    stores.events.execute("TRUNCATE TABLE detector_memories")


def forget(stores: Stores, condition: str) -> None:
    """Takes snapshot rows out of the past, as if there had been none."""
    stores.events.execute("CREATE TABLE kept AS metric_snapshots")
    stores.events.execute(f"INSERT INTO kept SELECT * FROM metric_snapshots WHERE NOT ({condition})")
    stores.events.execute("RENAME TABLE metric_snapshots TO whole, kept TO metric_snapshots")


NIGHT = int((LIVE - timedelta(days=3)).timestamp())


@pytest.mark.parametrize(
    "condition",
    [
        "0",
        # New in the catalog: unknown before, rather than 0.
        f"slice LIKE 'country=%' AND window_start < {NIGHT}",
        # The large ones were silent for a while, which the small ones witness.
        f"slice LIKE 'country=%' AND numerator > 5 AND window_start BETWEEN {NIGHT} AND {NIGHT + 7200}",
        # There today, for the first time, and not in the newest window.
        f"slice LIKE 'age=%' AND window_start != {int(LIVE.timestamp())}",
    ],
)
def test_blocks_get_the_scores_of_all_series_at_once(
    stores: Stores, asked: list[object], monkeypatch: pytest.MonkeyPatch, condition: str
) -> None:
    forget(stores, condition)
    fresh, remembered, in_range = scores(stores), scores(stores), scores(stores, windows=3)
    assert set(asked) == {EVERYTHING}
    asked.clear()
    forget_memories(stores)
    monkeypatch.setattr(blocks, "MOST_POINTS", FEW_POINTS)
    pd.testing.assert_frame_equal(scores(stores), fresh)
    assert len(set(asked)) > 12
    pd.testing.assert_frame_equal(scores(stores), remembered)
    pd.testing.assert_frame_equal(scores(stores, windows=3), in_range)
