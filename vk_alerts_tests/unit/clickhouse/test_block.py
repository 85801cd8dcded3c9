import pytest

from vk_alerts.clickhouse.block import EVERYTHING, Block


@pytest.mark.parametrize(
    ("block", "owned", "others"),
    [
        (EVERYTHING, [("views", "all"), ("likes", "")], []),
        (Block("views"), [("views", "all"), ("views", "os=iOS")], [("likes", "all")]),
        (Block("views", low="b"), [("views", "b"), ("views", "я")], [("views", "a"), ("likes", "c")]),
        (Block("views", high="b"), [("views", "a")], [("views", "b"), ("views", "c")]),
        (Block("views", low="b", high="d", beside=("all",)), [("views", "c")], [("views", "all")]),
    ],
)
def test_a_block_owns_what_lies_between_its_keys(block, owned, others):
    assert all(block.owns(*series) for series in owned)
    assert not any(block.owns(*series) for series in others)


@pytest.mark.parametrize(
    ("block", "condition"),
    [
        (EVERYTHING, "1"),
        (Block("views"), "metric = 'views'"),
        (Block("views", high="b"), "metric = 'views' AND slice < 'b'"),
        (Block("views", low="it's"), r"metric = 'views' AND slice >= 'it\'s'"),
        (
            Block("views", low="b", high="d", beside=("all", "os=iOS")),
            "metric = 'views' AND (slice >= 'b' AND slice < 'd' OR slice IN ('all', 'os=iOS'))",
        ),
        (Block("views", beside=("all",)), "metric = 'views'"),
    ],
)
def test_the_condition_says_the_same_and_lets_in_what_lies_beside(block, condition):
    assert block.condition() == condition
