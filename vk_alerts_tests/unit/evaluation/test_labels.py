"""What really happened, from a file of one's own or from the simulator's ledger."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.evaluation.labels import Label, find_labels, read_labels
from vk_alerts.simulator import Incident, Simulation, write_ledger
from vk_alerts_tests.unit.evaluation.boards import CATALOG, DAY, START, at

ZONE = "Europe/Moscow"


def written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding)
    return path


def read(path: Path) -> tuple[Label, ...]:
    return read_labels(path, catalog=CATALOG, zone=ZONE).incidents


def test_labels_are_read_oldest_first_in_the_zone_of_the_users(tmp_path: Path) -> None:
    text = (
        "start,end,metric,slice\n"
        '2026-03-06 14:15,2026-03-06 15:00,likes,"os=Android,source=ads"\n'
        "2026-03-05T14:15:00Z, 2026-03-05T16:00:00+01:00,,\n"
    )
    first, second = read(written(tmp_path, text))
    assert first == Label(datetime(2026, 3, 5, 14, 15, tzinfo=UTC), datetime(2026, 3, 5, 15, tzinfo=UTC))
    assert second.start == datetime(2026, 3, 6, 11, 15, tzinfo=UTC)
    assert (second.metric, second.slice_key, second.source) == ("likes", "os=Android,source=ads", "feed")


def test_two_columns_suffice_and_a_spreadsheets_mark_of_order_is_no_matter(tmp_path: Path) -> None:
    path = written(tmp_path, "start,end\r\n2026-03-06 14:15,2026-03-06 15:00\r\n", encoding="utf-8-sig")
    (label,) = read(path)
    assert label.metric == ""
    assert label.overlaps(label.start, label.end, source="messenger")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the first line must name the columns start,end[,metric,slice]; 'start' is missing"),
        ("start,stop\n", "'end' is missing"),
        ("start,end,what\n", "unknown column 'what'; known: start, end, metric, slice"),
        ("start,end\nyesterday,2026-03-05\n", "line 2, start: 'yesterday' is no time such as"),
        ("start,end\n2026-03-05,2026-03-05\n", "line 2: ends at 2026-03-05, not after its start"),
        ("start,end\n2026-03-05\n", "line 2: not as many fields as the first line names"),
        ("start,end\n2026-03-05,2026-03-06,likes\n", "line 2: not as many fields as the first line names"),
        (
            "start,end,metric\n2026-03-05,2026-03-06,like\n",
            "line 2: unknown metric 'like'; known: feed_users, views, likes",
        ),
    ],
)
def test_a_bad_file_is_one_line_that_names_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        read(path)
    assert str(caught.value).startswith(f"--labels {path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"labels\.csv: cannot be read: No such file"):
        read(tmp_path / "labels.csv")
    (tmp_path / "labels.csv").write_bytes(b"start,end\n\xff\xfe")
    with pytest.raises(ConfigurationError, match="is no CSV file in UTF-8"):
        read(tmp_path / "labels.csv")


def test_what_the_simulator_planted_is_found_in_the_home(tmp_path: Path) -> None:
    assert find_labels(None, home=tmp_path, catalog=CATALOG, zone=ZONE) is None
    planted = [
        Incident("feed", "like", (("os", "iOS"),), 0.5, at(number), at(number + 4), "likes", "os=iOS")
        for number in (40, 8)
    ]
    write_ledger(tmp_path / "ledger.json", Simulation(1, start=START, incidents=tuple(planted)))
    found = find_labels(None, home=tmp_path, catalog=CATALOG, zone=ZONE)
    assert found is not None
    assert [label.start for label in found.incidents] == [at(8), at(40)]
    assert found.incidents[0] == Label(at(8), at(12), "likes", "os=iOS", "feed")
    assert "planted" in found.origin


def test_only_what_began_in_the_period_and_could_be_seen_counts(tmp_path: Path) -> None:
    text = "start,end,metric\n" + "".join(
        f"2026-03-{day:02},2026-03-{day + 1:02},{metric}\n"
        for day, metric in ((4, "likes"), (6, "likes"), (7, "messages"), (8, ""), (12, "likes"))
    )
    labels = read_labels(written(tmp_path, text), catalog=CATALOG, zone=ZONE)
    within = labels.within(START, START + 5 * DAY, sources=["feed"])
    assert [label.metric for label in within.incidents] == ["likes", ""]
    assert within.origin == "labels.csv"


def test_an_hour_after_its_end_an_incident_is_over() -> None:
    label = Label(at(4), at(8), "likes", "all", "feed")
    touches = {
        number: label.overlaps(at(number), at(number + 1), source="feed") for number in (3, 4, 7, 11, 12)
    }
    assert touches == {3: False, 4: True, 7: True, 11: True, 12: False}
    assert not label.overlaps(at(4), at(5), source="messenger")
    assert label.overlaps(at(3), at(4) + timedelta(seconds=1), source="feed")


def test_what_people_called_correct_stands_beside_what_was_planted_and_a_file_is_all_there_is(
    tmp_path: Path,
) -> None:
    confirmed = [Label(at(3), at(5), "likes", "os=Android", "feed"), Label(at(1), at(2), "x", "all", "gone")]
    found = find_labels(None, home=tmp_path, catalog=CATALOG, zone=ZONE, confirmed=confirmed)
    assert found is not None
    assert (found.incidents, found.origin) == ((confirmed[0],), "1 confirmed in Telegram")
    text = "start,end\n2026-03-06 14:15,2026-03-06 15:00\n"
    path = written(tmp_path, text)
    alone = find_labels(path, home=tmp_path, catalog=CATALOG, zone=ZONE, confirmed=confirmed)
    assert alone is not None
    assert (len(alone.incidents), alone.origin) == (1, "labels.csv")
