"""A small right catalog for tests, to be changed in one place at a time."""

from copy import deepcopy

_SHOP = {
    "source": {
        "name": "shop",
        "table": "app.orders",
        "time": "placed_at",
        "dimensions": {"os": "os", "age": "if(age < 18, 'young', 'old')"},
        "slices": [["os"], ["age", "os"]],
    },
    "defaults": {"threshold": 5.0, "owner": "@shop"},
    "metrics": [
        {
            "name": "orders",
            "title": {"ru": "Заказы", "en": "Orders"},
            "kind": "count",
            "unit": {"ru": "шт.", "en": "pcs"},
        },
        {
            "name": "buyers",
            "title": {"ru": "Покупатели", "en": "Buyers"},
            "kind": "unique",
            "expression": "user_id",
            "condition": "paid = 1",
            "unit": {"ru": "чел.", "en": "users"},
        },
        {
            "name": "share",
            "title": {"ru": "Доля", "en": "Share"},
            "kind": "ratio",
            "numerator": "orders",
            "denominator": "buyers",
            "unit": {"ru": "%", "en": "%"},
            "owner": "@share",
        },
    ],
}


def shop() -> dict:
    """A catalog file as a tree that the caller may change."""
    return deepcopy(_SHOP)


def changed(path: str, value: object = ...) -> dict:
    """The tree with the value at a dotted path replaced; without a value the key is left out."""
    tree = shop()
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    node = tree
    for step in parents:
        node = node[step]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return tree
