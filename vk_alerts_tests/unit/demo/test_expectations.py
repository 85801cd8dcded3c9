import pytest

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.expectations import (
    all_told,
    exactly,
    examine,
    headed_by,
    headed_in_place,
    none_left_standing,
    tells,
    told_after,
)
from vk_alerts.demo.matching import match
from vk_alerts.demo.messages import AGAIN
from vk_alerts_tests.unit.demo.test_outcome import LIKES, MESSAGES, told

OPEN, WORSE, RESOLVED = NotificationKind.OPEN, NotificationKind.WORSE, NotificationKind.RESOLVED
FALSE = [told("open", 40, group="f"), told("resolved", 42, group="f")]


def found(expectation, messages, planted=(LIKES,)):
    (finding,) = examine([expectation], match(planted, messages))
    return finding


@pytest.mark.parametrize(
    ("counts", "kinds", "holds"),
    [
        pytest.param({OPEN: 1, RESOLVED: 1}, ["open", "resolved"], True, id="just these"),
        pytest.param({OPEN: 1, RESOLVED: 1}, ["open", "update", "resolved"], True, id="edits do not count"),
        pytest.param({OPEN: 1, RESOLVED: 1}, ["open"], False, id="one is missing"),
        pytest.param({OPEN: 1, RESOLVED: 1}, ["open", "open", "resolved"], False, id="one too many"),
        pytest.param({OPEN: 1}, ["open", "worse"], False, id="a kind that was not named"),
        pytest.param({OPEN: 1, WORSE: (0, 2)}, ["open"], True, id="at the least of a span"),
        pytest.param({OPEN: 1, WORSE: (0, 2)}, ["open", "worse", "worse"], True, id="at the most of a span"),
        pytest.param({OPEN: 1, WORSE: (0, 2)}, ["open", *["worse"] * 3], False, id="beyond a span"),
        pytest.param({}, [], True, id="nothing"),
        pytest.param({}, ["open"], False, id="something instead of nothing"),
    ],
)
def test_messages_are_counted_by_kind(counts, kinds, holds):
    messages = [told(kind, number + 1) for number, kind in enumerate(kinds)]
    assert found(exactly(counts), messages).holds is holds


def test_what_opens_again_is_counted_apart():
    messages = [told("open", 1), told("resolved", 2), told("open", 3, sequence=1), told("resolved", 4)]
    finding = found(exactly({OPEN: 1, AGAIN: 1, RESOLVED: 2}), messages)
    assert (finding.found, finding.holds) == ("1 open, 2 resolved, 1 open again", True)
    assert not found(exactly({OPEN: 2, RESOLVED: 2}), messages).holds


def test_what_false_alerts_tell_is_not_counted():
    assert found(exactly({OPEN: 1}), [told("open", 1), *FALSE]).holds


def test_counts_are_told_in_words():
    finding = found(exactly({OPEN: 1, WORSE: (0, 2), RESOLVED: (1, 2)}), [told("open", 1), told("worse", 2)])
    assert finding.expected == "1 open, at most 2 worse, 1 to 2 resolved, nothing else"
    assert finding.found == "1 open, 1 worse"
    assert found(exactly({}), []).expected == "no message"
    assert found(exactly({}), []).found == "no message"


@pytest.mark.parametrize(
    ("messages", "words", "holds"),
    [
        ([told("open", 1)], "likes · all users", True),
        ([told("nodata", 1)], "likes · all users", True),
        ([told("open", 1, slice_key="os=iOS")], "likes · os=iOS", False),
        ([told("open", 1, metric="ctr")], "ctr · all users", False),
        ([told("resolved", 1)], "no opening", False),
        ([told("open", 1), told("open", 2, metric="ctr")], "likes · all users", True),
    ],
)
def test_the_first_opening_has_the_headline(messages, words, holds):
    finding = found(headed_by("all", "views", "likes"), messages)
    assert (finding.expected, finding.found, finding.holds) == (
        "headline: views or likes · all users",
        words,
        holds,
    )


def test_something_is_told_when_any_message_tells_it():
    hard = tells("that it is hard", lambda message: message.kind is OPEN)
    assert found(hard, [told("worse", 1), told("open", 2)]).found == "told"
    assert found(hard, [told("worse", 1)]).found == "not told"
    assert not found(hard, FALSE).holds


@pytest.mark.parametrize(
    ("messages", "words", "holds"),
    [
        ([told("open", 1), told("resolved", 6)], "1 of 2 told, 1 of 2 ends", False),
        (
            [
                told("open", 1),
                told("resolved", 6),
                told("open", 6, source="messenger", group="m"),
                told("resolved", 9, source="messenger", group="m"),
            ],
            "2 of 2 told, 2 of 2 ends",
            True,
        ),
        ([], "0 of 2 told, 0 of 2 ends", False),
    ],
)
def test_all_is_told_when_every_incident_and_its_end_is(messages, words, holds):
    finding = found(all_told(), messages, (LIKES, MESSAGES))
    assert (finding.found, finding.holds) == (words, holds)


@pytest.mark.parametrize(
    ("messages", "words", "holds"),
    [
        ([], "0 told, 0 taken back", True),
        ([told("open", 1)], "1 told, 0 taken back", False),
        ([told("open", 1), told("resolved", 3)], "1 told, 0 taken back", False),
        ([told("open", 1), told("correction", 2)], "1 told, 1 taken back", True),
        ([told("open", 1), told("correction", 2, group="h")], "1 told, 0 taken back", False),
        ([told("open", 1), told("open", 2, group="h"), told("correction", 2)], "2 told, 1 taken back", False),
    ],
)
def test_nothing_is_left_standing_when_each_opening_was_taken_back(messages, words, holds):
    finding = found(none_left_standing(), messages)
    assert (finding.found, finding.holds) == (words, holds)


@pytest.mark.parametrize(
    ("messages", "words", "holds"),
    [
        ([told("open", 1)], "after 1 windows", False),
        ([told("open", 2)], "after 2 windows", True),
        ([told("open", 3), told("open", 6, group="h")], "after 3 windows", True),
        ([told("open", 4)], "after 4 windows", False),
        ([], "not told", False),
    ],
)
def test_an_incident_is_told_neither_too_soon_nor_too_late(messages, words, holds):
    finding = found(told_after(2, 3), messages)
    assert (finding.found, finding.holds) == (words, holds)


@pytest.mark.parametrize(
    ("slices", "said", "holds"),
    [
        pytest.param(["os=Android", "all"], "os=Android, all users", True, id="both where they are"),
        pytest.param(["all", "all"], "all users, all users", False, id="one is told of too much"),
        pytest.param(["os=Android"], "os=Android, not told", False, id="one is missed"),
    ],
)
def test_each_planted_incident_is_headed_by_where_it_is(slices, said, holds):
    kinds = [("feed", 1), ("messenger", 7)]
    messages = [
        told("open", number, source=source, group=source, slice_key=key)
        for (source, number), key in zip(kinds, slices, strict=False)
    ]
    finding = found(headed_in_place(), messages, (LIKES, MESSAGES))
    assert (finding.found, finding.holds) == (said, holds)
