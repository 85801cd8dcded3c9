"""Whatever the catalog holds, its query is one that an engine of 2018 understands."""

import ast
import re
from collections import Counter
from datetime import UTC, datetime

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vk_alerts.errors import CatalogError
from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.metrics.model import Catalog, MetricKind
from vk_alerts.metrics.query import snapshot_query
from vk_alerts.windows import STEP

START = datetime(2026, 3, 5, 11, tzinfo=UTC)
# Everything that the composed part of a query may call; ClickHouse 18.16 has all of it.
ALLOWED = {
    "arrayConcat",
    "arrayMap",
    "arrayUniq",
    "concat",
    "count",
    "countIf",
    "groupArrayArray",
    "groupUniqArray",
    "groupUniqArrayIf",
    "ifNull",
    "replaceAll",
    "sum",
    "toDateTime",
    "toStartOfFifteenMinutes",
    "toString",
    "toUInt8",
    "toUInt32",
}

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
columns = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@st.composite
def catalog_trees(draw: st.DrawFn) -> dict[str, object]:
    dimensions = draw(st.lists(names, max_size=4, unique=True))
    pairs = [
        list(pair)
        for n, a in enumerate(dimensions)
        for pair in [(a,), *((a, b) for b in dimensions[n + 1 :])]
    ]
    slices = draw(st.lists(st.sampled_from(pairs), unique_by=tuple, max_size=5)) if pairs else []
    metrics: list[dict[str, object]] = []
    bases: list[str] = []
    for name in draw(st.lists(names, min_size=1, max_size=5, unique=True)):
        words = {"ru": name, "en": name}
        kinds = [MetricKind.COUNT, MetricKind.UNIQUE, *([MetricKind.RATIO] if bases else [])]
        kind = draw(st.sampled_from(kinds))
        metric: dict[str, object] = {"name": name, "title": words, "unit": words, "kind": kind.value}
        if kind is MetricKind.RATIO:
            metric |= {"numerator": draw(st.sampled_from(bases)), "denominator": draw(st.sampled_from(bases))}
        else:
            bases.append(name)
            if kind is MetricKind.UNIQUE:
                metric["expression"] = draw(columns)
            if draw(st.booleans()):
                metric["condition"] = f"{draw(columns)} = 'x'"
        metrics.append(metric)
    source = {
        "name": draw(names),
        "table": ".".join(draw(st.lists(columns, min_size=1, max_size=2))),
        "time": draw(columns),
        "dimensions": {name: draw(columns) for name in dimensions},
        "slices": slices,
    }
    return {"source": source, "metrics": metrics}


def catalog_of(tree: dict[str, object]) -> Catalog:
    return parse_catalog({"file.yaml": yaml.safe_dump(tree, allow_unicode=True)})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(catalog_trees(), st.integers(1, 700))
def test_a_query_is_determined_and_uses_nothing_new(tree, windows):
    (file,) = catalog_of(tree).files
    end = START + windows * STEP
    query = snapshot_query(file, START, end)
    assert query == snapshot_query(catalog_of(tree).files[0], START, end)
    assert set(re.findall(r"(\w+)\(", query.sql)) <= ALLOWED
    assert ";" not in query.sql
    assert "--" not in query.sql
    assert query.sql.count("(") == query.sql.count(")")
    assert f">= toDateTime({int(START.timestamp())})" in query.sql
    assert f"< toDateTime({int(end.timestamp())})" in query.sql


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(catalog_trees())
def test_a_query_computes_every_metric_in_every_slice_once(tree):
    (file,) = catalog_of(tree).files
    query = snapshot_query(file, START, START + STEP)
    assert set(query.value_columns) == {m.name for m in file.metrics if m.kind is not MetricKind.RATIO}
    answered = re.findall(r"AS (\w+)", query.sql.partition("\nFROM")[0])
    assert Counter(answered) == Counter([*query.value_columns.values(), "window_epoch", "events"])
    keys = query.sql[query.sql.index("\nARRAY JOIN") : query.sql.rindex("\nGROUP BY")]
    prefixes = re.findall(r"'(\w+)='", query.sql)
    found = [tuple(prefixes[place - 1] for place in places) for places in _groupings_in(keys, len(prefixes))]
    assert Counter(found) == Counter(file.source.groupings)


def _groupings_in(keys, dimensions):
    """Of ``ARRAY JOIN … AS slice`` the places of the dimensions of each slice."""
    mapped = re.compile(r"arrayMap\(\(([^)]*)\) -> (.*?), (\[\d[\d, ]*\](?:, \[[\d, ]+\])*)\)")
    for names, body, lists in mapped.findall(keys):
        for places in zip(*ast.literal_eval(f"({lists},)"), strict=True):
            place_of = dict(zip(names.split(", "), places, strict=True))
            yield [place_of[name] for name in re.findall(r"pairs_of_leaf\[(\w+)\]", body)]
    written = re.compile(r"concat\((.*?)\)|pairs_of_leaf\[(\d+)\]|(pairs_of_leaf)(?!\[)|'(all)'")
    for several, one, every, everybody in written.findall(mapped.sub("", keys)):
        if every:
            yield from ([place] for place in range(1, dimensions + 1))
        elif everybody:
            yield []
        else:
            yield [int(place) for place in re.findall(r"\[(\d+)\]", several)] or [int(one)]


_PIECES = (
    "source:", "metrics:", "defaults:", "\n", "  ", "- ", "name: x", "? ", "[a, b]", "{", "}", "&a", "*a",
    "<<: ",
    "!!int ", "!!set ", "!!map ", "!!timestamp ", "!!float ", "!!bool ", "!!binary ", "2026-02-30", "0x_",
    "kind: count", "'", '"', "|", "%", "\t", "\0", ": ", ", ", "[", "~", ".inf", "---", "=",
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=14).map("".join))
def test_any_text_is_a_catalog_or_refused_in_one_line_with_its_file(text):
    assert_good_or_refused_in_one_line(text)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(catalog_trees(), st.data())
def test_a_catalog_with_anything_in_place_of_a_part_is_a_catalog_or_refused_in_one_line(tree, data):
    holder, key = _any_place(tree, data)
    holder[key] = data.draw(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=5)
        | st.just([])
        | st.just({})
    )
    assert_good_or_refused_in_one_line(yaml.safe_dump(tree, allow_unicode=True))


def assert_good_or_refused_in_one_line(text: str) -> None:
    said = "file.yaml"
    try:
        parse_catalog({"file.yaml": text})
    except CatalogError as error:
        said = str(error)
    assert said.startswith("file.yaml")
    assert len(said.splitlines()) == 1


def _any_place(tree, data):
    places = []
    todo = [tree]
    while todo:
        node = todo.pop()
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        places += [(node, key) for key in keys]
        todo += [node[key] for key in keys if isinstance(node[key], dict | list)]
    return data.draw(st.sampled_from(places))
