"""pydantic's complaints about a file's tree, in one line each that names the place and what is known."""

import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vk_alerts.metrics.mistakes import MistakesError, Path
from vk_alerts.metrics.near import hint, meant
from vk_alerts.metrics.texts import COLUMN_NAME, NAME, TABLE_NAME, URL
from vk_alerts.metrics.yaml_tree import YamlTree

_QUOTED = re.compile(r"'([^']*)'")
_WORDS = {
    "tuple_type": "a list is needed",
    "dict_type": "a mapping is needed",
    "too_short": "at least one is needed",
    "string_type": "a text is needed; quote it",
    "float_parsing": "a number is needed",
    "int_parsing": "a whole number is needed",
    "int_from_float": "a whole number is needed",
}
_PATTERNS = {
    NAME: "a name is needed, of small letters, digits and _, with a letter first",
    COLUMN_NAME: "a column's name is needed, of letters, digits and _",
    TABLE_NAME: "a table's name is needed, such as events or app.events",
    URL: "an address is needed that starts with http:// or https://",
}
_KEY_OF_METRIC = 3  # metrics, which one, its key


def complaints(error: ValidationError, tree: YamlTree, model: type[BaseModel]) -> list[tuple[Path, str]]:
    """For each complaint its path in the tree and its text, in the order of the model's keys.

    What a metric only inherits is left out: the same is said of the defaults.
    """
    details = error.errors()
    # Where no item is good, pydantic also misses items.
    paths = [one["loc"] for one in details]
    details = [one for one in details if one["type"] != "too_short" or not _is_above(one["loc"], paths)]
    found = [one for each in details for one in _told(each, model)]
    of_all = {said for path, _, said in found if path[:1] == ("defaults",)}
    texts: list[tuple[Path, str]] = []
    for path, below, said in found:
        if said in of_all and path[:1] == ("metrics",) and not tree.has((*path, *below)[:_KEY_OF_METRIC]):
            continue
        where = ".".join(_step(part, path[:i], tree) for i, part in enumerate(path))
        texts.append(((*path, *below), f"{where}: {said}" if where else said))
    return texts


def _told(error: ErrorDetails, model: type[BaseModel]) -> Iterator[tuple[Path, Path, str]]:
    """For each complaint the path that is told, what leads on to the line, and what is said."""
    path: Path = tuple(error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        known = sorted(_model_at(model, path[:-1]).model_fields)
        yield path, (), f"unknown key; {hint(path[-1], known, most=len(known))}"
        return
    if kind == "missing":
        yield path, (), "is missing"
        return
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, MistakesError):
        yield from ((path, below, said) for below, said in cause.mistakes)
        return
    said = _said(error, _model_at(model, path))
    given = error.get("input")
    is_shown = isinstance(given, str | int | float) and kind != "value_error"
    shown = f" (given: {given!r})" if is_shown else ""
    near = meant(given, _QUOTED.findall(said)) if kind in ("enum", "literal_error") and is_shown else ""
    yield path, (), f"{said}{shown}{'; ' + near.strip() if near else ''}"


def _said(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Pydantic's words, or plainer ones."""
    kind = error["type"]
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(error.get("ctx", {})["pattern"], error["msg"])
    if kind in ("model_type", "model_attributes_type"):
        return f"a mapping is needed, with the keys {', '.join(model.model_fields)}"
    return _WORDS.get(kind, error["msg"].removeprefix("Value error, "))


def _is_above(path: Path, paths: list[Path]) -> bool:
    return any(len(other) > len(path) and other[: len(path)] == path for other in paths)


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model of the mapping that a path leads to."""
    annotation: Any = model
    for step in path:
        annotation = _below(annotation, step)
    return next(_models_in(annotation), model)


def _below(annotation: Any, step: int | str) -> Any:
    """What a step of a path leads to in a type: a field, an item, or a value of a mapping."""
    for one in _models_in(annotation):
        if step in one.model_fields:
            return one.model_fields[str(step)].annotation
    for one in _alternatives(annotation):
        arguments = [argument for argument in get_args(one) if argument is not Ellipsis]
        if get_origin(one) in (dict, tuple, list) and arguments:
            return arguments[-1]
    return annotation


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    for one in _alternatives(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield one


def _alternatives(annotation: Any) -> Iterator[Any]:
    """The members of a union, without what annotates them."""
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _alternatives(one)
    else:
        yield annotation


def _step(part: int | str, before: Path, tree: YamlTree) -> str:
    """A step of the path; an item of a list of metrics goes by its name."""
    if isinstance(part, int) and before == ("metrics",):
        metrics = tree.content["metrics"]
        metric = metrics[part] if isinstance(metrics, list) else None
        if isinstance(metric, dict) and isinstance(metric.get("name"), str):
            part = metric["name"]
    text = str(part)
    return text if text.isprintable() else repr(text)
