"""YAML files → catalog, with errors of one line that name file, line, key and what is known."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from vk_alerts.errors import CatalogError
from vk_alerts.metrics.complaints import complaints
from vk_alerts.metrics.mistakes import Mistake
from vk_alerts.metrics.model import Catalog, SourceFile, SystemFile
from vk_alerts.metrics.near import hint
from vk_alerts.metrics.slices import ALL_KEY, Slice
from vk_alerts.metrics.yaml_tree import NoYamlError, YamlTree, parse_yaml

_Model = TypeVar("_Model", bound=BaseModel)

SYSTEM_FILE = "system.yaml"
"""The one file that describes no source."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A source's file, and how it is written.

    Attributes:
        name: of the file.
        content: what it says.
        tree: knows the lines.
    """

    name: str
    content: SourceFile
    tree: YamlTree


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a catalog's texts came to.

    Attributes:
        catalog: None when there are mistakes.
        files: those of sources that could be read, in the order of their names.
        mistakes: all of them, file by file.
    """

    catalog: Catalog | None
    files: tuple[WrittenFile, ...]
    mistakes: tuple[Mistake, ...]


def load_catalog(folder: Path | None = None) -> Catalog:
    """The catalog in a folder's ``*.yaml`` files, or the packaged one.

    Raises:
        CatalogError: a file is missing, is no YAML, or says what cannot be true.
    """
    return parse_catalog(catalog_texts(folder))


def parse_catalog(texts: dict[str, str]) -> Catalog:
    """The catalog that the texts of files, by name, describe.

    Raises:
        CatalogError: as :func:`load_catalog`; of several mistakes it tells the first.
    """
    reading = read_catalog(texts)
    if reading.catalog is None:
        raise CatalogError(str(reading.mistakes[0]))
    return reading.catalog


def catalog_texts(folder: Path | None = None) -> dict[str, str]:
    """The texts of a folder's ``*.yaml`` files, or of the packaged ones, in the order of their names.

    Raises:
        CatalogError: there is no such folder or file, or one cannot be read.
    """
    if folder is not None:
        return _texts_of(folder)
    packaged = resources.files("vk_alerts.metrics") / "catalog"
    items = sorted(packaged.iterdir(), key=lambda item: item.name)
    return {item.name: item.read_text("utf-8") for item in items if item.name.endswith(".yaml")}


def read_catalog(texts: dict[str, str]) -> Reading:
    """The catalog that the texts of files, by name, describe, or all mistakes in them."""
    mistakes: list[Mistake] = []
    system, system_tree, files = SystemFile(), YamlTree(None, None), []
    if SYSTEM_FILE in texts:
        content, system_tree = _parsed(SYSTEM_FILE, texts[SYSTEM_FILE], SystemFile, mistakes)
        system = content or system
    for name, text in texts.items():
        if name != SYSTEM_FILE:
            file, tree = _parsed(name, text, SourceFile, mistakes)
            files += [] if file is None else [WrittenFile(name, file, tree)]
    if texts and not set(texts) - {SYSTEM_FILE}:
        alone = "stands alone; a catalog needs a file for each source"
        mistakes.append(Mistake(SYSTEM_FILE, None, alone))
    mistakes += _repeated_names(files)
    if len(files) == len(set(texts) - {SYSTEM_FILE}):  # else what is unknown may stand where nobody can read
        mistakes += _lost_routes(system, system_tree, [file.content for file in files])
    catalog = Catalog(files=tuple(file.content for file in files), system=system) if not mistakes else None
    return Reading(catalog, tuple(files), tuple(mistakes))


def _parsed(
    name: str, text: str, model: type[_Model], mistakes: list[Mistake]
) -> tuple[_Model | None, YamlTree]:
    """A file's content and tree; what is wrong is added to the mistakes."""
    try:
        tree = parse_yaml(text)
    except NoYamlError as error:
        mistakes.append(Mistake(name, error.line, str(error)))
        return None, YamlTree(None, None)
    if not isinstance(tree.content, dict):
        needed = "source, metrics" if model is SourceFile else "alert_budget"
        mistakes.append(Mistake(name, None, f"holds no mapping; needed keys: {needed}"))
        return None, tree
    try:
        return model.model_validate(tree.content), tree
    except ValidationError as error:
        mistakes += [Mistake(name, tree.line(path), text) for path, text in complaints(error, tree, model)]
        return None, tree


def _repeated_names(files: list[WrittenFile]) -> list[Mistake]:
    """Sources and metrics of one name in two files."""
    mistakes: list[Mistake] = []
    seen: dict[tuple[str, str], str] = {}
    for file in files:
        owned = [("source", file.content.source.name, file.tree.line(("source", "name")))]
        for number, metric in enumerate(file.content.metrics):
            owned.append(("metric", metric.name, file.tree.line(("metrics", number, "name"))))
        for what, name, line in owned:
            if (what, name) in seen:
                text = f"{what} {name!r} already stands in {seen[what, name]}"
                mistakes.append(Mistake(file.name, line, text))
            seen.setdefault((what, name), f"{file.name}:{line}")
    return mistakes


def _lost_routes(system: SystemFile, tree: YamlTree, files: list[SourceFile]) -> list[Mistake]:
    """Routes for metrics or slices that are not there: no alert would ever go along them."""
    metrics = [metric.name for file in files for metric in file.metrics]
    dimensions = list(dict.fromkeys(name for file in files for name in file.source.dimensions))
    mistakes: list[Mistake] = []
    for number, route in enumerate(system.routes):
        for key, kind, names, known in (
            ("metric", "metric", route.metric, metrics),
            ("slice", "dimension", _dimensions_of(route.slice), dimensions),
        ):
            for name in names:
                if name not in known:
                    line = tree.line(("routes", number, key))
                    text = f"routes.{number}.{key}: unknown {kind} {name!r}; {hint(name, known)}"
                    mistakes.append(Mistake(SYSTEM_FILE, line, text))
    return mistakes


def _dimensions_of(slices: tuple[str, ...]) -> list[str]:
    return [name for key in slices if key != ALL_KEY for name, _ in Slice.from_key(key).items]


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
