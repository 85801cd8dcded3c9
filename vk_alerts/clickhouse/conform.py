"""A frame made to fit its table, or refused with the column and row that do not fit."""

import pandas as pd

from vk_alerts.clickhouse.fields import fields
from vk_alerts.clickhouse.misfit import Misfit
from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.clickhouse.types import parse_type
from vk_alerts.errors import ClickHouseWriteRefused


class WireFrame(pd.DataFrame):
    """A frame whose values are fields of ClickHouse's CSV already."""

    @property
    def _constructor(self) -> type["WireFrame"]:
        # pandahouse cuts the frame into chunks, which must stay what they are.
        return WireFrame

    def csv(self) -> bytes:
        """The rows, each ended by a line feed."""
        columns = [self.iloc[:, i].tolist() for i in range(self.shape[1])]
        lines = map(",".join, zip(*columns, strict=True))
        return "\n".join((*lines, "")).encode()


def conform(spec: TableSpec, frame: pd.DataFrame) -> WireFrame:
    """The frame in the order of the table's columns, every value checked.

    Args:
        spec: the table.
        frame: one column per column of the table, in any order; the index is ignored.

    Raises:
        ClickHouseWriteRefused: a column is missing or too many, or a value does not fit its column.
    """
    missing = [name for name in spec.column_names if name not in frame.columns]
    if missing:
        raise ClickHouseWriteRefused(f"table {spec.name!r}: the rows lack column {missing[0]!r}")
    unknown = [str(name) for name in frame.columns if name not in spec.column_names]
    if unknown or frame.columns.has_duplicates:
        name = unknown[0] if unknown else str(frame.columns[frame.columns.duplicated()][0])
        known = ", ".join(spec.column_names)
        raise ClickHouseWriteRefused(
            f"table {spec.name!r}: column {name!r} is unknown or there twice; known: {known}"
        )
    columns: dict[str, pd.Series[str]] = {}
    for column in spec.columns:
        try:
            texts = fields(frame[column.name], parse_type(column.type))
        except Misfit as misfit:
            where = "" if misfit.row is None else f", row {misfit.row}"
            raise ClickHouseWriteRefused(
                f"table {spec.name!r}, column {column.name!r}{where}: {misfit}; nothing was written"
            ) from misfit
        # pandahouse knows no other dtype of text.
        columns[column.name] = pd.Series(texts, dtype=object)
    return WireFrame(columns)
