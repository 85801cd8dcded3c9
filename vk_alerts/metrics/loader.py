"""YAML files → catalog, with errors of one line that name file, key and what is known."""

import difflib
from collections.abc import Hashable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vk_alerts.errors import CatalogError
from vk_alerts.metrics.calendar import Calendar
from vk_alerts.metrics.model import (
    AlertBudget,
    Catalog,
    Metric,
    Policy,
    Source,
    SourceFile,
    SystemFile,
    Words,
)
from vk_alerts.metrics.routes import Route

_Model = TypeVar("_Model", bound=BaseModel)

SYSTEM_FILE = "system.yaml"
"""The one file that describes no source."""


def load_catalog(folder: Path | None = None) -> Catalog:
    """The catalog in a folder's ``*.yaml`` files, or the packaged one.

    Raises:
        CatalogError: a file is missing, is no YAML, or says what cannot be true.
    """
    if folder is None:
        packaged = resources.files("vk_alerts.metrics") / "catalog"
        texts = {
            item.name: item.read_text("utf-8") for item in packaged.iterdir() if item.name.endswith(".yaml")
        }
    else:
        texts = _texts_of(folder)
    return parse_catalog(dict(sorted(texts.items())))


def parse_catalog(texts: dict[str, str]) -> Catalog:
    """The catalog that the texts of files, by name, describe.

    Raises:
        CatalogError: as :func:`load_catalog`.
    """
    system = SystemFile()
    if SYSTEM_FILE in texts:
        system = _parse_file(SYSTEM_FILE, texts[SYSTEM_FILE], SystemFile, needed="alert_budget")
    files = {
        name: _parse_file(name, text, SourceFile, needed="source, metrics")
        for name, text in texts.items()
        if name != SYSTEM_FILE
    }
    if texts and not files:
        raise CatalogError(f"{SYSTEM_FILE}: stands alone; a catalog needs a file for each source")
    seen: dict[tuple[str, str], str] = {}
    for name, file in files.items():
        owned = [("source", file.source.name), *(("metric", metric.name) for metric in file.metrics)]
        for what in owned:
            if what in seen:
                raise CatalogError(f"{name}: {what[0]} {what[1]!r} already stands in {seen[what]}")
            seen[what] = name
    _check_routes(system, [metric for what, metric in seen if what == "metric"])
    return Catalog(files=tuple(files.values()), system=system)


def _check_routes(system: SystemFile, metrics: list[str]) -> None:
    for number, route in enumerate(system.routes):
        for metric in route.metric:
            if metric not in metrics:
                raise CatalogError(
                    f"{SYSTEM_FILE}: routes.{number}.metric: unknown metric {metric!r}; "
                    f"known: {', '.join(metrics)}"
                )


def _texts_of(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise CatalogError(f"{folder}: no such folder; VK_ALERTS_CATALOG names a folder of *.yaml files")
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise CatalogError(f"{folder}: holds no *.yaml; unset VK_ALERTS_CATALOG for the packaged catalog")
    return {path.name: _text_of(path) for path in paths}


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CatalogError(f"{path.name}:{line}: not UTF-8; save the file in that encoding") from error
    except OSError as error:
        raise CatalogError(f"{path}: cannot be read: {error.strerror or error}") from error


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key which stands twice in a mapping, and says where a value is none of its type."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands twice", node.value[number][0].start_mark
                )
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # What looks like a date or a number but is none (2026-02-30) ends in Python's own exceptions.
            kind = node.tag.rpartition(":")[2]
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value!r} is no {kind}; quote it if text is meant", node.start_mark
            ) from error


def _parse_file(name: str, text: str, model: type[_Model], *, needed: str) -> _Model:
    try:
        tree = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise CatalogError(f"{name}{_complaint(error, text)}") from error
    except RecursionError as error:
        raise CatalogError(f"{name}: nested too deeply") from error
    if not isinstance(tree, dict):
        raise CatalogError(f"{name}: holds no mapping; needed keys: {needed}")
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise CatalogError(f"{name}: {_told(error.errors()[0], tree, model)}") from error


def _complaint(error: yaml.YAMLError, text: str) -> str:
    """Line and problem of what the YAML reader refuses."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f":{line}: character {chr(error.character)!r} is not allowed in YAML"
    mark = getattr(error, "problem_mark", None)
    where = f":{mark.line + 1}" if mark else ""
    return f"{where}: {getattr(error, 'problem', None) or 'not YAML'}"


_MODELS: dict[str, type[BaseModel]] = {
    "source": Source,
    "calendar": Calendar,
    "defaults": Policy,
    "metrics": Metric,
    "title": Words,
    "unit": Words,
    "alert_budget": AlertBudget,
    "routes": Route,
}


def _told(error: ErrorDetails, tree: dict[str, Any], model: type[BaseModel]) -> str:
    """One line for pydantic's first complaint: where, what, and what is known."""
    location = list(error["loc"])
    where = ".".join(_step(part, location[:i], tree) for i, part in enumerate(location))
    kind = error["type"]
    if kind == "extra_forbidden":
        holders = [part for part in location[:-1] if isinstance(part, str)]
        known = sorted((_MODELS[holders[-1]] if holders else model).model_fields)
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"{where}: unknown key; {hint}known: {', '.join(known)}"
    if kind == "missing":
        return f"{where}: is missing"
    said = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float) and kind != "value_error" else ""
    return f"{where}: {said}{shown}" if where else said


def _step(part: int | str, before: list[int | str], tree: dict[str, Any]) -> str:
    """A step of the path; an item of a list of metrics goes by its name."""
    if isinstance(part, int) and before == ["metrics"]:
        metrics = tree["metrics"]
        metric = metrics[part] if isinstance(metrics, list) else None
        if isinstance(metric, dict) and isinstance(metric.get("name"), str):
            part = metric["name"]
    text = str(part)
    return text if text.isprintable() else repr(text)
