"""The JSON Schema of a catalog's files, for editors."""

from typing import Any, Literal

from vk_alerts.metrics.model import SourceFile, SystemFile

_USE = (
    "Save as {name}.schema.json beside the catalog and write as the first line of each file: "
    "# yaml-language-server: $schema={name}.schema.json"
)


def json_schema(of: Literal["source", "system"]) -> dict[str, Any]:
    """The schema of a source's file, or of ``system.yaml``."""
    model = SourceFile if of == "source" else SystemFile
    schema = model.model_json_schema()
    # Descriptions are written for readers of the code; the keys speak for themselves.
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": _USE.format(name=of),
        "title": f"vk_alerts: {'a source of the catalog' if of == 'source' else 'system.yaml'}",
    }
    return head | {key: value for key, value in schema.items() if key != "title"}
