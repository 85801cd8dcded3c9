"""Answers in ClickHouse's Native format."""

import re
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.clickhouse.native import parse_native
from vk_alerts.errors import ClickHouseQueryError, ClickHouseUnavailable


def varint(number: int) -> bytes:
    head = bytearray()
    while number > 0x7F:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])


def text(value: str) -> bytes:
    raw = value.encode()
    return varint(len(raw)) + raw


def block(rows: int, *columns: tuple[str, str, bytes]) -> bytes:
    body = b"".join(text(name) + text(kind) + values for name, kind, values in columns)
    return varint(len(columns)) + varint(rows) + body


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def ends(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


TWO = block(
    2,
    ("metric", "String", text("likes") + text("лайки\n\t\\")),
    ("values", "Array(Float64)", ends(2, 3) + floats(1.5, float("nan"), -0.0)),
    ("n", "UInt64", ends(2**64 - 1, 0)),
)


def test_strings_numbers_and_arrays_come_back() -> None:
    found = parse_native(TWO)
    assert found.texts("metric") == ["likes", "лайки\n\t\\"]
    assert found.arrays("values").lengths.tolist() == [2, 1]
    np.testing.assert_array_equal(found.arrays("values").flat, [1.5, np.nan, -0.0])
    assert found.by_name["n"].tolist() == [2**64 - 1, 0]


def test_blocks_are_put_one_after_the_other_and_empty_ones_left_out() -> None:
    found = parse_native(TWO + block(0) + TWO)
    assert found.texts("metric") == ["likes", "лайки\n\t\\"] * 2
    assert found.arrays("values").lengths.tolist() == [2, 1, 2, 1]
    assert found.arrays("values").flat.shape == (6,)
    assert found.by_name["n"].shape == (4,)


@pytest.mark.parametrize("body", [b"", block(0)])
def test_an_answer_without_rows_has_empty_columns(body: bytes) -> None:
    found = parse_native(body)
    assert found.texts("metric") == []
    assert (found.arrays("values").lengths.size, found.arrays("values").flat.size) == (0, 0)


@given(st.integers(1, len(TWO) - 1))
def test_an_answer_that_ends_anywhere_is_not_whole(size: int) -> None:
    with pytest.raises(
        ClickHouseUnavailable, match=r"^the answer of ClickHouse ends in the middle of a block"
    ):
        parse_native(TWO[:size])


@pytest.mark.parametrize("kind", ["Nullable(Float64)", "Array(String)", "LowCardinality(String)"])
def test_other_types_are_refused_by_name(kind: str) -> None:
    complaint = re.escape(f"type {kind}: not read as arrays; read it as rows")
    with pytest.raises(ClickHouseQueryError, match=f"^{complaint}$"):
        parse_native(block(1, ("x", kind, b"\0" * 16)))


def test_a_column_is_what_it_is_asked_for_as() -> None:
    found = parse_native(TWO)
    with pytest.raises(ClickHouseQueryError, match=r"^column n: not a column of strings$"):
        found.texts("n")
    with pytest.raises(ClickHouseQueryError, match=r"^column metric: not a column of arrays$"):
        found.arrays("metric")
