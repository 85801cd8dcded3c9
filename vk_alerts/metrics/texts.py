"""Names, texts and expressions as the catalog takes them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

NAME = r"^[a-z][a-z0-9_]*$"
COLUMN_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
TABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$"
URL = r"^https?://[^\s<>\"]+$"

Name = Annotated[str, StringConstraints(pattern=NAME, max_length=60)]
ColumnName = Annotated[str, StringConstraints(pattern=COLUMN_NAME, max_length=100)]
TableName = Annotated[str, StringConstraints(pattern=TABLE_NAME)]
Expression = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Url = Annotated[str, StringConstraints(pattern=URL, max_length=2000)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Frozen(BaseModel):
    """Text from outside: what is not known is refused, what was read does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Frozen):
    """One text in the languages that messages are told in."""

    ru: Text
    en: Text
