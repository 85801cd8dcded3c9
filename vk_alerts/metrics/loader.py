"""YAML files → catalog, with errors of one line that name file, key and what is known."""

import difflib
from collections.abc import Hashable
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vk_alerts.errors import CatalogError
from vk_alerts.metrics.model import Catalog, Metric, Policy, Source, SourceFile, Words


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
    files = {name: _parse_file(name, text) for name, text in texts.items()}
    seen: dict[tuple[str, str], str] = {}
    for name, file in files.items():
        owned = [("source", file.source.name), *(("metric", metric.name) for metric in file.metrics)]
        for what in owned:
            if what in seen:
                raise CatalogError(f"{name}: {what[0]} {what[1]!r} already stands in {seen[what]}")
            seen[what] = name
    return Catalog(files=tuple(files.values()))


def _texts_of(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise CatalogError(f"{folder}: no such folder; VK_ALERTS_CATALOG names a folder of *.yaml files")
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise CatalogError(f"{folder}: holds no *.yaml; unset VK_ALERTS_CATALOG for the packaged catalog")
    try:
        return {path.name: path.read_text("utf-8") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{folder}: cannot be read: {error}") from error


class _NoRepeatedKeys(yaml.SafeLoader):
    """YAML that refuses a key which stands twice in one mapping, instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} stands twice", key.start_mark
                )
        return super().construct_mapping(node, deep=deep)


def _parse_file(name: str, text: str) -> SourceFile:
    try:
        tree = yaml.load(text, Loader=_NoRepeatedKeys)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise CatalogError(f"{name}{where}: {getattr(error, 'problem', None) or 'not YAML'}") from error
    if not isinstance(tree, dict):
        raise CatalogError(f"{name}: holds no mapping; needed keys: source, metrics")
    try:
        return SourceFile.model_validate(tree)
    except ValidationError as error:
        raise CatalogError(f"{name}: {_told(error.errors()[0], tree)}") from error


_MODELS: dict[str, type[BaseModel]] = {
    "source": Source,
    "defaults": Policy,
    "metrics": Metric,
    "title": Words,
    "unit": Words,
}


def _told(error: ErrorDetails, tree: dict[str, Any]) -> str:
    """One line for pydantic's first complaint: where, what, and what is known."""
    location = list(error["loc"])
    where = ".".join(_step(part, location[:i], tree) for i, part in enumerate(location))
    kind = error["type"]
    if kind == "extra_forbidden":
        holders = [part for part in location[:-1] if isinstance(part, str)]
        known = sorted((_MODELS[holders[-1]] if holders else SourceFile).model_fields)
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
        metric = tree["metrics"][part]
        if isinstance(metric, dict) and isinstance(metric.get("name"), str):
            return str(metric["name"])
    return str(part)
