"""Where events lie, and by what they are parted."""

from typing import Self

from pydantic import field_validator, model_validator

from vk_alerts.metrics.mistakes import Path, raise_any
from vk_alerts.metrics.near import hint
from vk_alerts.metrics.texts import ColumnName, Expression, Frozen, Name, TableName


class Source(Frozen):
    """A table of events."""

    name: Name
    table: TableName
    time: ColumnName
    dimensions: dict[Name, Expression]
    slices: tuple[tuple[Name, ...], ...] = ()

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """The combinations of dimensions that are watched; the empty one, everybody, comes first."""
        return ((), *self.slices)

    @field_validator("slices")
    @classmethod
    def _slices_are_sets(cls, slices: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        wrong: list[tuple[Path, str]] = []
        names = ["+".join(sorted(grouping)) for grouping in slices]
        for number, grouping in enumerate(slices):
            if not grouping:
                wrong.append(((number,), "an empty slice: everybody is always watched, leave it out"))
            elif len(set(grouping)) < len(grouping):
                wrong.append(((number,), f"slice {list(grouping)} names a dimension twice"))
            elif names[number] in names[:number]:
                wrong.append(((number,), f"slice {names[number]} stands twice"))
        raise_any(wrong)
        return slices

    @model_validator(mode="after")
    def _slices_use_known_dimensions(self) -> Self:
        wrong: list[tuple[Path, str]] = []
        for number, grouping in enumerate(self.slices):
            for place, name in enumerate(grouping):
                if name not in self.dimensions:
                    here = f"slice {list(grouping)}: unknown dimension {name!r}"
                    wrong.append((("slices", number, place), f"{here}; {hint(name, self.dimensions)}"))
        raise_any(wrong)
        return self
