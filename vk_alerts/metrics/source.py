"""Where events lie, and by what they are parted."""

from typing import Self

from pydantic import field_validator, model_validator

from vk_alerts.metrics.texts import ColumnName, Expression, Frozen, Name, TableName, repeated


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
        for grouping in slices:
            if not grouping:
                raise ValueError("an empty slice: everybody is always watched, leave it out")
            if len(set(grouping)) < len(grouping):
                raise ValueError(f"slice {list(grouping)} names a dimension twice")
        twice = repeated(["+".join(sorted(grouping)) for grouping in slices])
        if twice:
            raise ValueError(f"slice {twice} stands twice")
        return slices

    @model_validator(mode="after")
    def _slices_use_known_dimensions(self) -> Self:
        for grouping in self.slices:
            for dimension in grouping:
                if dimension not in self.dimensions:
                    raise ValueError(
                        f"slice {list(grouping)}: unknown dimension {dimension!r}; "
                        f"known: {', '.join(self.dimensions) or 'none'}"
                    )
        return self
