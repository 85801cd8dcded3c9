import numpy as np
import pandas as pd
import yaml

from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.metrics.query import snapshot_query
from vk_alerts.pipeline.snapshots import snapshot_rows
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.alerting.series import START
from vk_alerts_tests.unit.metrics.catalogs import changed, shop

EPOCH = int(START.timestamp())
COLUMNS = ["window_epoch", "slice", "events", "value_orders", "value_buyers"]


def rows_of(answer, tree=None):
    (file,) = parse_catalog({"shop.yaml": yaml.safe_dump(tree or shop(), sort_keys=False)}).files
    query = snapshot_query(file, START, START + 2 * STEP)
    return snapshot_rows(file, query, pd.DataFrame(answer, columns=COLUMNS))


def cells(rows, *columns):
    return [tuple(row) for row in rows[list(columns)].itertuples(index=False)]


ANSWER = [
    (EPOCH, "all", 9, 9, 4),
    (EPOCH, "os=iOS", 5, 5, 0),
    (EPOCH, "os=Android", 4, 4, 4),
    (EPOCH, "age=old,os=Android", 4, 4, 4),
    (EPOCH + 900, "all", 1, 0, 1),
]


def test_there_is_one_row_per_window_slice_and_metric():
    rows = rows_of(ANSWER)
    assert len(rows) == len(ANSWER) * 3
    assert not rows.duplicated(["metric", "slice", "window_start"]).any()
    assert list(rows.index) == list(range(len(rows)))


def test_rows_have_the_slices_of_the_answer():
    rows = rows_of(ANSWER)
    assert cells(rows[rows["metric"] == "orders"], "slice", "value") == [
        ("all", 9.0),
        ("os=iOS", 5.0),
        ("os=Android", 4.0),
        ("age=old,os=Android", 4.0),
        ("all", 0.0),
    ]


def test_a_count_is_its_own_numerator_over_one():
    rows = rows_of(ANSWER)
    buyers = rows[rows["metric"] == "buyers"]
    assert cells(buyers, "value", "numerator", "denominator", "events") == [
        (4.0, 4.0, 1.0, 9),
        (0.0, 0.0, 1.0, 5),
        (4.0, 4.0, 1.0, 4),
        (4.0, 4.0, 1.0, 4),
        (1.0, 1.0, 1.0, 1),
    ]


def test_a_ratio_keeps_its_parts_and_is_unknown_where_there_is_nothing_to_divide_by():
    rows = rows_of(ANSWER)
    share = rows[rows["metric"] == "share"].reset_index(drop=True)
    np.testing.assert_array_equal(share["value"], [2.25, np.nan, 1.0, 1.0, 0.0])
    assert cells(share, "numerator", "denominator") == [
        (9.0, 4.0),
        (5.0, 0.0),
        (4.0, 4.0),
        (4.0, 4.0),
        (0.0, 1.0),
    ]


def test_a_metric_named_after_another_takes_its_own_column():
    tree = changed("metrics.2.numerator", "buyers")
    tree["metrics"][2]["denominator"] = "orders"
    share = rows_of(ANSWER, tree).query("metric == 'share'")
    np.testing.assert_allclose(share["value"].iloc[:2], [4 / 9, 0.0])


def test_windows_are_named_by_their_start_in_utc():
    starts = rows_of(ANSWER)["window_start"]
    assert str(starts.dt.tz) == "UTC"
    assert sorted(set(starts)) == [pd.Timestamp(START), pd.Timestamp(START + STEP)]


def test_no_events_give_no_rows():
    rows = rows_of([])
    assert len(rows) == 0
    assert list(rows.columns) == [
        "metric",
        "slice",
        "window_start",
        "value",
        "numerator",
        "denominator",
        "events",
    ]


def test_the_answer_is_not_changed():
    answer = pd.DataFrame(ANSWER, columns=COLUMNS)
    (file,) = parse_catalog({"shop.yaml": yaml.safe_dump(shop(), sort_keys=False)}).files
    snapshot_rows(file, snapshot_query(file, START, START + STEP), answer)
    pd.testing.assert_frame_equal(answer, pd.DataFrame(ANSWER, columns=COLUMNS))
