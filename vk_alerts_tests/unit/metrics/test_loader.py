import re
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

from vk_alerts.errors import CatalogError
from vk_alerts.metrics.loader import load_catalog, parse_catalog, read_catalog
from vk_alerts.metrics.model import Metric, MetricKind, Policy, Source
from vk_alerts_tests.unit.metrics.catalogs import changed, shop

METRIC_KEYS = ", ".join(sorted(Metric.model_fields))
POLICY_KEYS = ", ".join(sorted(Policy.model_fields))
SOURCE_KEYS = ", ".join(sorted(Source.model_fields))
KINDS = ", ".join(f"'{kind}'" for kind in [*MetricKind][:-1]) + f" or '{[*MetricKind][-1]}'"
NO_NUMBER = "a number is needed"
TABLE = "a table's name is needed, such as events or app.events"
NAME = "a name is needed, of small letters, digits and _, with a letter first"
URL = "an address is needed that starts with http:// or https://"


def parse(tree):
    return parse_catalog({"shop.yaml": yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)})


def refusal(texts):
    with pytest.raises(CatalogError) as caught:
        parse_catalog(texts if isinstance(texts, dict) else {"shop.yaml": texts})
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def without_line(said):
    return re.sub(r"^([a-z]+\.yaml):\d+: ", r"\1: ", said)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        # unknown keys
        (
            changed("sources", {}),
            "sources: unknown key; did you mean 'source'? known: calendar, defaults, metrics, source",
        ),
        (changed("x", 1), "x: unknown key; known: calendar, defaults, metrics, source"),
        (
            changed("calendar", {"county": "RU"}),
            "calendar.county: unknown key; did you mean 'country'? known: country, dates, without",
        ),
        (
            changed("source.dimension", {}),
            f"source.dimension: unknown key; did you mean 'dimensions'? known: {SOURCE_KEYS}",
        ),
        (
            changed("defaults.treshold", 5),
            f"defaults.treshold: unknown key; did you mean 'threshold'? known: {POLICY_KEYS}",
        ),
        (
            changed("metrics.1.expresion", "x"),
            f"metrics.buyers.expresion: unknown key; did you mean 'expression'? known: {METRIC_KEYS}",
        ),
        (changed("metrics.0.zzz", "x"), f"metrics.orders.zzz: unknown key; known: {METRIC_KEYS}"),
        (changed("metrics.0.title.de", "x"), "metrics.orders.title.de: unknown key; known: en, ru"),
        (
            changed("metrics.0.unit.ru_", "x"),
            "metrics.orders.unit.ru_: unknown key; did you mean 'ru'? known: en, ru",
        ),
        # what is missing
        (changed("source"), "source: is missing"),
        (changed("metrics"), "metrics: is missing"),
        (changed("source.table"), "source.table: is missing"),
        (changed("source.dimensions"), "source.dimensions: is missing"),
        (changed("metrics.0.name"), "metrics.0.name: is missing"),
        (changed("metrics.0.kind"), "metrics.orders.kind: is missing"),
        (changed("metrics.0.title.en"), "metrics.orders.title.en: is missing"),
        (changed("metrics", []), "metrics: at least one is needed"),
        # kinds and what they need
        (
            changed("metrics.0.kind", "sum"),
            f"metrics.orders.kind: Input should be {KINDS} (given: 'sum')",
        ),
        (changed("metrics.1.expression"), "metrics.buyers: a unique needs the key 'expression'"),
        (changed("metrics.2.denominator"), "metrics.share: a ratio needs the key 'denominator'"),
        (changed("metrics.2.numerator"), "metrics.share: a ratio needs the key 'numerator'"),
        (changed("metrics.2.condition", "x = 1"), "metrics.share: a ratio has no 'condition'"),
        (changed("metrics.2.expression", "x"), "metrics.share: a ratio has no 'expression'"),
        (changed("metrics.0.expression", "x"), "metrics.orders: a count has no 'expression'"),
        (changed("metrics.0.numerator", "buyers"), "metrics.orders: a count has no 'numerator'"),
        (changed("metrics.1.denominator", "orders"), "metrics.buyers: a unique has no 'denominator'"),
        (
            changed("metrics.2.denominator", "viewers"),
            "metric 'share': unknown denominator 'viewers'; known: orders, buyers",
        ),
        (
            changed("metrics.2.numerator", "share"),
            "metric 'share': unknown numerator 'share'; known: orders, buyers",
        ),
        # names
        (changed("metrics.1.name", "orders"), "metric 'orders' stands twice"),
        (changed("metrics.0.name", "Orders"), f"metrics.Orders.name: {NAME} (given: 'Orders')"),
        (changed("metrics.0.name", "a\nb"), f"metrics.'a\\nb'.name: {NAME} (given: 'a\\nb')"),
        (changed("source.name", "my shop"), f"source.name: {NAME} (given: 'my shop')"),
        (changed("source.name", 7), "source.name: a text is needed; quote it (given: 7)"),
        (
            changed("source.table", "app.orders; DROP TABLE x"),
            f"source.table: {TABLE} (given: 'app.orders; DROP TABLE x')",
        ),
        (
            changed("source.time", "`time`"),
            "source.time: a column's name is needed, of letters, digits and _ (given: '`time`')",
        ),
        # dimensions and slices
        (
            changed("source.slices", [["os"], ["city"]]),
            "source: slice ['city']: unknown dimension 'city'; known: os, age",
        ),
        (
            changed("source.slices", [["os", "os"]]),
            "source.slices: slice ['os', 'os'] names a dimension twice",
        ),
        (
            changed("source.slices", [["os", "age"], ["age", "os"]]),
            "source.slices: slice age+os stands twice",
        ),
        (
            changed("source.slices", [[]]),
            "source.slices: an empty slice: everybody is always watched, leave it out",
        ),
        (changed("source.slices", ["os"]), "source.slices.0: a list is needed (given: 'os')"),
        (changed("source.dimensions", ["os"]), "source.dimensions: a mapping is needed"),
        (
            changed("source.dimensions.os", ""),
            "source.dimensions.os: String should have at least 1 character (given: '')",
        ),
        (changed("source.dimensions.OS", "os"), f"source.dimensions.OS.[key]: {NAME} (given: 'OS')"),
        # causes
        (
            changed("metrics.0.causes", ["viewers"]),
            "metric 'orders': unknown cause 'viewers'; known: orders, buyers, share",
        ),
        (changed("metrics.0.causes", ["orders"]), "metric 'orders' is a cause of itself"),
        (
            changed("metrics.0.causes", "buyers"),
            "metrics.orders.causes: a list is needed (given: 'buyers')",
        ),
        # policies
        (
            changed("defaults.for_windows", 0),
            "defaults.for_windows: Input should be greater than or equal to 1 (given: 0)",
        ),
        (changed("defaults.threshold", 0), "defaults.threshold: Input should be greater than 0 (given: 0)"),
        (changed("defaults.threshold", "much"), f"defaults.threshold: {NO_NUMBER} (given: 'much')"),
        (
            changed("metrics.0.threshold", 1001),
            "metrics.orders.threshold: Input should be less than or equal to 1000 (given: 1001)",
        ),
        (changed("defaults.hard_threshold", 4), "defaults: hard_threshold 4 is below threshold 5"),
        (changed("metrics.0.hard_threshold", 3), "metrics.orders: hard_threshold 3 is below threshold 5"),
        (
            changed("metrics.0.min_deviation", -0.1),
            "metrics.orders.min_deviation: Input should be greater than or equal to 0 (given: -0.1)",
        ),
        (
            changed("defaults.detector", "prophet"),
            "defaults.detector: Input should be 'seasonal', 'iqr' or 'day_ago' (given: 'prophet')",
        ),
        (
            changed("metrics.0.owner", "   "),
            "metrics.orders.owner: String should have at least 1 character (given: '   ')",
        ),
        (
            changed("metrics.0.chart_url", "bi.example"),
            f"metrics.orders.chart_url: {URL} (given: 'bi.example')",
        ),
        (
            changed("defaults.dashboard_url", "javascript:x"),
            f"defaults.dashboard_url: {URL} (given: 'javascript:x')",
        ),
        # calendars
        (
            changed("calendar", {"country": "Russia"}),
            "calendar.country: unknown country 'Russia'; known: codes such as RU, BY, KZ; null for none",
        ),
        (
            changed("calendar", {"country": "kz"}),
            (
                "calendar.country: unknown country 'kz'; did you mean 'KZ'? known: codes such as RU, BY, KZ; "
                "null for none"
            ),
        ),
        (
            changed("calendar", {"country": False}),
            'calendar.country: YAML reads no as false; write "NO" for Norway, null for no country',
        ),
        (
            changed("calendar", {"country": 7}),
            "calendar.country: a text is needed; quote it (given: 7)",
        ),
        (
            changed("calendar", {"dates": ["10.05.2026"]}),
            "calendar.dates.0: '10.05.2026' is no date; write one such as 2026-05-10",
        ),
        (
            changed("calendar", {"dates": [date(2026, 5, 10), 20260511]}),
            "calendar.dates.1: '20260511' is no date; write one such as 2026-05-10",
        ),
        (
            changed("calendar", {"without": [datetime(2026, 5, 10, 12)]}),
            "calendar.without.0: '2026-05-10 12:00:00' is no date; write one such as 2026-05-10",
        ),
        (
            changed("calendar", {"dates": "2026-05-10"}),
            "calendar.dates: a list is needed (given: '2026-05-10')",
        ),
        (
            changed("calendar", {"dates": [date(2026, 5, 10)], "without": ["2026-05-10"]}),
            "calendar: 2026-05-10 stands twice in dates and without",
        ),
        (changed("calendar", []), "calendar: a mapping is needed, with the keys country, dates, without"),
        # other shapes
        (changed("metrics", {"orders": {}}), "metrics: a list is needed"),
        (
            changed("metrics.1", "buyers"),
            "metrics.1: a mapping is needed, with the keys "
            + ", ".join(Metric.model_fields)
            + " (given: 'buyers')",
        ),
        (
            changed("defaults", [1]),
            "defaults: a mapping is needed, with the keys " + ", ".join(Policy.model_fields),
        ),
        ([shop()], "holds no mapping; needed keys: source, metrics"),
        ("shop", "holds no mapping; needed keys: source, metrics"),
        (None, "holds no mapping; needed keys: source, metrics"),
    ],
)
def test_a_wrong_catalog_is_refused_in_one_line_with_file_key_and_what_is_known(tree, message):
    said = refusal(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))
    assert without_line(said) == f"shop.yaml: {message}"
    assert (said == without_line(said)) is message.startswith("holds no mapping")


WRITTEN = """\
source:
  name: shop
  table: orders
  time: placed_at
  dimensions:
    os: os
    city: city
  slices:
    - [os]
    - [city]
defaults:
  threshold: 5
metrics:
  - name: orders
    kind: count
    title: {ru: Заказы, en: Orders}
    unit: {ru: шт., en: pcs}
  - name: buyers
    kind: unique
    expression: user_id
    title: {ru: Покупатели, en: Buyers}
    unit: {ru: чел., en: users}
  - name: share
    kind: ratio
    numerator: orders
    denominator: buyers
    causes: [orders]
    title:
      ru: Доля
      en: Share
    unit: {ru: "%", en: "%"}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ("  table: orders\n", "", 1, "source.table: is missing"),
        ("time: placed_at", "time: '`t`'", 4, "source.time: a column's name is needed"),
        ("city: city", "city: ''", 7, "source.dimensions.city"),
        ("threshold: 5", "treshold: 5", 12, "defaults.treshold: unknown key; did you mean 'threshold'?"),
        (
            "kind: count",
            "kind: coutn",
            15,
            f"metrics.orders.kind: Input should be {KINDS} (given: 'coutn'); did you mean 'count'?",
        ),
        ("expression: user_id", "condition: paid", 18, "metrics.buyers: a unique needs the key 'expression'"),
        ("ru: Доля", "de: Teil", 28, "metrics.share.title.ru: is missing"),
        (
            "- [city]",
            "- [sity]",
            10,
            "source: slice ['sity']: unknown dimension 'sity'; did you mean 'city'?",
        ),
        ("- [city]", "- [os]", 10, "source.slices: slice os stands twice"),
        ("threshold: 5", "hard_threshold: 4", 12, "defaults: hard_threshold 4 is below threshold 5"),
        ("name: buyers", "name: orders", 18, "metric 'orders' stands twice"),
        ("kind: unique", "kind: count", 20, "metrics.buyers: a count has no 'expression'"),
        (
            "numerator: orders",
            "numerator: order",
            25,
            "metric 'share': unknown numerator 'order'; did you mean 'orders'? known: orders, buyers",
        ),
        (
            "causes: [orders]",
            "causes:\n    - orders\n    - buyer",
            29,
            "metric 'share': unknown cause 'buyer'; did you mean 'buyers'? known: orders, buyers, share",
        ),
        ("causes: [orders]", "causes: [share]", 27, "metric 'share' is a cause of itself"),
        ("en: Share", "en: Share\n    detector: seasnal", 31, "metrics.share.detector: Input should be"),
    ],
)
def test_a_mistake_is_told_with_the_line_of_its_key(right, wrong, line, message):
    assert WRITTEN.count(right) == 1
    assert refusal(WRITTEN.replace(right, wrong)).startswith(f"shop.yaml:{line}: {message}")


def test_all_mistakes_are_told_in_the_order_of_the_files():
    wrong = WRITTEN.replace("threshold: 5", "threshold: 0").replace("kind: count", "kind: cnt")
    zoo = other(source="zoo").replace("kind: count", "kind: ratio")
    reading = read_catalog(
        {"shop.yaml": wrong, "zoo.yaml": zoo, "system.yaml": "alive_hour: 24\nroutes:\n- {topic: 0}\n"}
    )
    assert reading.catalog is None
    assert [str(one).split(": ")[:2] for one in reading.mistakes] == [
        ["system.yaml:3", "routes.0.topic"],
        ["system.yaml:1", "alive_hour"],
        ["shop.yaml:12", "defaults.threshold"],
        ["shop.yaml:15", "metrics.orders.kind"],
        ["zoo.yaml:5", "metrics.other_orders"],
    ]


def test_a_route_for_what_is_not_there_is_told_with_what_is_meant():
    system = "routes:\n- metric: [orders, buyer]\n  chat: -1\n- slice: sity=Moscow\n"
    reading = read_catalog({"shop.yaml": WRITTEN, "system.yaml": system})
    assert [str(one) for one in reading.mistakes] == [
        (
            "system.yaml:2: routes.0.metric: unknown metric 'buyer'; did you mean 'buyers'? "
            "known: orders, buyers, share"
        ),
        "system.yaml:4: routes.1.slice: unknown dimension 'sity'; did you mean 'city'? known: os, city",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "shop.yaml: holds no mapping; needed keys: source, metrics"),
        ("# nothing\n", "shop.yaml: holds no mapping; needed keys: source, metrics"),
        ("source:\n  name: [a\nmetrics: []\n", "shop.yaml:3: expected ',' or ']', but got ':'"),
        ("source:\n  name: a\n   table: b\n", "shop.yaml:3: mapping values are not allowed here"),
        ("source:\n\tname: a\n", "shop.yaml:2: found character '\\t' that cannot start any token"),
        ("source:\n  name: *other\n", "shop.yaml:2: found undefined alias 'other'"),
        ("source: !secret x\n", "shop.yaml:1: could not determine a constructor for the tag '!secret'"),
        ("a: 1\n--- \nb: 2\n", "shop.yaml:2: but found another document"),
        ("source:\n  name: a\n  time: t\n  name: b\n", "shop.yaml:4: key 'name' stands twice"),
        ("source: {}\nmetrics: []\nsource: {}\n", "shop.yaml:3: key 'source' stands twice"),
        ("source: {}\nsource:\n  name: a\n", "shop.yaml:2: key 'source' stands twice"),
        ("\n\x07", "shop.yaml:2: character '\\x07' is not allowed in YAML"),
        ("source:\n  ? [a]\n  : b\n", "shop.yaml:2: found unhashable key"),
        (
            "metrics:\n  - name: x\n    owner: 2026-02-30\n",
            "shop.yaml:3: '2026-02-30' is no timestamp; quote it if text is meant",
        ),
        ("source:\n  name: 0x_\n", "shop.yaml:2: '0x_' is no int; quote it if text is meant"),
        ("source: !!map a\n", "shop.yaml:1: expected a mapping node, but found scalar"),
        ("source:\n  name: a\n  # \x07\n", "shop.yaml:3: character '\\x07' is not allowed in YAML"),
        ("[" * 5000, "shop.yaml: nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_refused_in_one_line_with_file_and_line(text, message):
    assert refusal(text) == message


LONG_URL = "https://bi.example/" + "x" * 1981


@pytest.mark.parametrize(
    ("path", "longest"),
    [
        ("source.name", "s" * 60),
        ("metrics.0.name", "m" * 60),
        ("source.time", "T" * 100),
        ("source.dimensions.os", "x" * 2000),
        ("metrics.1.expression", "x" * 2000),
        ("metrics.0.title.ru", "я" * 200),
        ("metrics.0.owner", "@" + "o" * 199),
        ("metrics.0.chart_url", LONG_URL),
    ],
)
def test_texts_have_a_greatest_length(path, longest):
    tree = changed(path, longest)
    tree["metrics"] = tree["metrics"][:2]  # the ratio would miss what is renamed
    assert parse(tree)
    node = tree
    *parents, last = path.split(".")
    for step in parents:
        node = node[int(step) if step.isdigit() else step]
    node[last] += "x"
    said = refusal(yaml.safe_dump(tree, allow_unicode=True, width=10_000))
    assert f"String should have at most {len(longest)} characters" in said


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("threshold", [0.01, 1000], [0, -1, 1000.5, "x"]),
        ("hard_threshold", [5, 10_000], [0, 4.9, 10_001]),
        ("min_deviation", [0, 10], [-0.01, 10.5]),
        ("min_evidence", [0, 1e9], [-1]),
        ("for_windows", [1, 96], [0, 97, 1.5]),
    ],
)
def test_numbers_lie_in_ranges(key, good, bad):
    for value in good:
        tree = changed(f"metrics.0.{key}", value)
        tree["metrics"][0].setdefault("hard_threshold", 10_000)
        assert getattr(parse(tree).metric("orders"), key) == value
    for value in bad:
        tree = changed(f"metrics.0.{key}", value)
        assert "metrics.orders" in refusal(yaml.safe_dump(tree))


def test_causes_may_not_lead_back_to_a_metric():
    tree = changed("metrics.0.causes", ["buyers"])
    tree["metrics"][1]["causes"] = ["orders"]
    assert "metric 'orders' is a cause of itself" in refusal(yaml.safe_dump(tree))
    del tree["metrics"][0]["causes"]
    assert parse(tree).metric("buyers").causes == ("orders",)


def test_space_around_texts_and_expressions_does_not_matter():
    tree = changed("metrics.1.expression", "  user_id\n")
    tree["metrics"][1]["owner"] = " @shop "
    tree["source"]["dimensions"]["os"] = " os "
    catalog = parse(tree)
    assert (catalog.metric("buyers").expression, catalog.metric("buyers").owner) == ("user_id", "@shop")
    assert catalog.sources[0].dimensions["os"] == "os"


def other(**changes):
    tree = shop()
    tree["source"]["name"] = changes.get("source", "other")
    tree["metrics"] = [tree["metrics"][0] | {"name": changes.get("metric", "other_orders")}]
    return yaml.safe_dump(tree)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (other(source="shop"), "zoo.yaml:17: source 'shop' already stands in shop.yaml:38"),
        (other(metric="orders"), "zoo.yaml:6: metric 'orders' already stands in shop.yaml:6"),
        (other(metric="other"), None),
    ],
)
def test_names_are_unique_across_files(second, message):
    texts = {"shop.yaml": yaml.safe_dump(shop()), "zoo.yaml": second}
    if message is None:
        assert [source.name for source in parse_catalog(texts).sources] == ["shop", "other"]
    else:
        assert refusal(texts) == message


def test_a_merge_key_may_be_written_over():
    metric = "  - {name: a, kind: count, unit: &unit {ru: шт., en: pcs}, title: {<<: *unit, ru: Штуки}}\n"
    text = "source: {name: s, table: t, time: t, dimensions: {}}\nmetrics:\n" + metric
    title = parse_catalog({"s.yaml": text}).metric("a").title
    assert (title.ru, title.en) == ("Штуки", "pcs")


def test_a_right_catalog_says_what_it_said():
    catalog = parse(shop())
    assert [source.name for source in catalog.sources] == ["shop"]
    assert [(m.name, m.kind) for m in catalog.metrics] == [
        ("orders", MetricKind.COUNT),
        ("buyers", MetricKind.UNIQUE),
        ("share", MetricKind.RATIO),
    ]
    assert catalog.sources[0].groupings == ((), ("os",), ("age", "os"))
    assert catalog.metric("buyers").condition == "paid = 1"
    assert catalog.source_of("share").table == "app.orders"
    assert catalog.source_file("shop") is catalog.files[0]


def test_defaults_reach_every_metric_that_says_nothing_else():
    catalog = parse(changed("metrics.1.threshold", 7.0))
    assert [(m.threshold, m.owner, m.min_deviation) for m in catalog.metrics] == [
        (5.0, "@shop", 0.1),
        (7.0, "@shop", 0.1),
        (5.0, "@share", 0.1),
    ]


def test_without_defaults_the_built_in_policy_holds():
    (metric, *_) = parse(changed("defaults")).metrics
    assert {key: getattr(metric, key) for key in Policy.model_fields} == Policy().model_dump()


def test_a_source_may_have_no_dimensions():
    tree = changed("source.slices")
    tree["source"]["dimensions"] = {}
    assert parse(tree).sources[0].groupings == ((),)


@pytest.mark.parametrize("ask", ["source_file", "metric", "source_of"])
def test_an_unknown_name_is_a_key_error(ask):
    with pytest.raises(KeyError, match="nobody"):
        getattr(parse(shop()), ask)("nobody")


def test_a_catalog_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        parse(shop()).metric("orders").threshold = 1.0


def write(folder: Path, name: str, text: str | bytes) -> None:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    write(tmp_path, "b.yaml", yaml.safe_dump(shop()))
    write(tmp_path, "a.yaml", other())
    write(tmp_path, "notes.txt", "not: [read")
    assert [source.name for source in load_catalog(tmp_path).sources] == ["other", "shop"]


def test_a_byte_order_mark_does_not_matter(tmp_path):
    write(tmp_path, "shop.yaml", b"\xef\xbb\xbf" + yaml.safe_dump(shop()).encode())
    assert load_catalog(tmp_path) == parse(shop())


def load_refusal(folder):
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    return str(caught.value)


def test_a_missing_folder_is_refused(tmp_path):
    gone = tmp_path / "gone"
    assert load_refusal(gone) == f"{gone}: no such folder; VK_ALERTS_CATALOG names a folder of *.yaml files"


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    write(tmp_path, "shop.yaml", yaml.safe_dump(shop()))
    file = tmp_path / "shop.yaml"
    assert load_refusal(file) == f"{file}: no such folder; VK_ALERTS_CATALOG names a folder of *.yaml files"


def test_an_empty_folder_is_refused(tmp_path):
    write(tmp_path, "shop.yml", yaml.safe_dump(shop()))
    message = f"{tmp_path}: holds no *.yaml; unset VK_ALERTS_CATALOG for the packaged catalog"
    assert load_refusal(tmp_path) == message


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    write(tmp_path, "shop.yaml", "source:\n  name: a\n  table: заказы\n".encode("cp1251"))
    assert load_refusal(tmp_path) == "shop.yaml:3: not UTF-8; save the file in that encoding"


def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path):
    (tmp_path / "shop.yaml").mkdir()
    assert load_refusal(tmp_path) == f"{tmp_path / 'shop.yaml'}: cannot be read: Is a directory"


def test_the_packaged_catalog_watches_these_metrics_in_these_slices(snapshot):
    catalog = load_catalog()
    assert {
        file.source.name: {
            "table": file.source.table,
            "slices": ["+".join(grouping) or "all" for grouping in file.source.groupings],
            "metrics": {
                metric.name: f"{metric.kind}: {metric.title.ru} / {metric.title.en}, {metric.owner}"
                for metric in file.metrics
            },
        }
        for file in catalog.files
    } == snapshot
