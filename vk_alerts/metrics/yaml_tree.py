"""YAML with the lines on which its keys stand."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

from vk_alerts.metrics.mistakes import Path


class NoYamlError(ValueError):
    """A text that is no YAML, or none that means one thing.

    Attributes:
        line: counted from 1; None = unknown.
    """

    def __init__(self, line: int | None, problem: str) -> None:
        super().__init__(problem)
        self.line = line


@dataclass(frozen=True, slots=True)
class YamlTree:
    """A text of YAML.

    Attributes:
        content: what it says.
        root: its nodes, which know their lines; None for an empty text.
    """

    content: Any
    root: yaml.Node | None

    def line(self, path: Path) -> int | None:
        """The line of the key (or item) that a path leads to, or of the last one on the way that is there."""
        node, line = self.root, None if self.root is None else self.root.start_mark.line + 1
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            mark, node = found
            line = mark.start_mark.line + 1
        return line

    def has(self, path: Path) -> bool:
        """Whether a path leads to something that is written."""
        node = self.root
        for step in path:
            found = _child(node, step)
            if found is None:
                return False
            _, node = found
        return True


def parse_yaml(text: str) -> YamlTree:
    """The tree of a text.

    Raises:
        NoYamlError: it is no YAML, or a key stands twice, or a value is none of its type.
    """
    try:
        loader = _StrictLoader(text)
        try:
            root = loader.get_single_node()
            content = None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _told(error, text) from error
    except RecursionError as error:
        raise NoYamlError(None, "nested too deeply") from error
    return YamlTree(content, root)


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


def _child(node: yaml.Node | None, step: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """The node whose line a step has, and the node to go on from."""
    if isinstance(node, yaml.MappingNode):
        found = [(key, value) for key, value in node.value if key.value == str(step)]
        # Merged keys come first, and what is written over them last.
        return found[-1] if found else None
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _told(error: yaml.YAMLError, text: str) -> NoYamlError:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return NoYamlError(line, f"character {chr(error.character)!r} is not allowed in YAML")
    mark = getattr(error, "problem_mark", None)
    return NoYamlError(mark.line + 1 if mark else None, getattr(error, "problem", None) or "not YAML")
