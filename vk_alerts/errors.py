"""The exceptions people see: each message is one line that names the thing and the remedy.

VkAlertsError
├── ConfigurationError            an environment variable or a command's option
├── CatalogError                  a catalog file
├── ClickHouseError
│   ├── ClickHouseUnavailable     nobody answers, or not in time, or not to the end
│   ├── ClickHouseDenied          wrong user, password or rights
│   ├── ClickHouseQueryError      the server refused the query (code, name)
│   └── ClickHouseWriteRefused    a value does not fit its column; nothing was sent
├── DetectionInputError           also a ValueError: shapes, start, step, detector
├── RootCauseInputError           also a ValueError: columns and values of leaves
├── StateError                    the state database
├── PipelineError                 a step cannot be taken yet (no history, no snapshot)
└── DeliveryError
    ├── DeliveryRefused           certainly not delivered, and would not be next time
    ├── DeliveryPostponed         certainly not delivered; try again (after_seconds)
    │   ├── DeliverySlowedDown    … and leave the chat alone until then
    │   ├── DeliveryHalted        … and send nothing at all until then: the bot is refused
    │   └── BotConflict           … and ask for no updates until then: another program does
    └── DeliveryUncertain         may have been delivered
"""


class VkAlertsError(Exception):
    """Anything that goes wrong in a way the user can mend."""


class ConfigurationError(VkAlertsError):
    """An environment variable or option holds what it cannot hold."""


class CatalogError(VkAlertsError):
    """The catalog says something that cannot be true."""


class ClickHouseError(VkAlertsError):
    """ClickHouse did not do what it was asked."""


class ClickHouseUnavailable(ClickHouseError):  # noqa: N818
    """No answer, no timely answer, or half an answer."""


class ClickHouseDenied(ClickHouseError):  # noqa: N818
    """The server knows us not, or lets us not."""


class ClickHouseQueryError(ClickHouseError):
    """The server refused the query.

    Attributes:
        code: ClickHouse's number of the error, 0 when the server gave none.
        name: its name such as ``UNKNOWN_TABLE``, empty when unknown.
    """

    def __init__(self, message: str, *, code: int = 0, name: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.name = name


class ClickHouseWriteRefused(ClickHouseError):  # noqa: N818
    """A value does not fit the declared column; nothing was sent."""


class DetectionInputError(VkAlertsError, ValueError):
    """The arguments of a scoring function do not fit together."""


class RootCauseInputError(VkAlertsError, ValueError):
    """The table of leaves cannot be searched."""


class StateError(VkAlertsError):
    """The state database cannot be used."""


class PipelineError(VkAlertsError):
    """A step of the pipeline lacks what it needs."""


class DeliveryError(VkAlertsError):
    """A message was not confirmed."""


class DeliveryRefused(DeliveryError):  # noqa: N818
    """Certainly not delivered, and trying again would not help."""


class DeliveryPostponed(DeliveryError):  # noqa: N818
    """Certainly not delivered; try again.

    Attributes:
        after_seconds: how long to wait at least.
    """

    def __init__(self, message: str, *, after_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class DeliverySlowedDown(DeliveryPostponed):
    """The chat takes no more for a while."""


class DeliveryHalted(DeliveryPostponed):
    """The bot itself is refused: no message of it will pass."""


class BotConflict(DeliveryPostponed):
    """Another program gets what people say to the bot."""


class DeliveryUncertain(DeliveryError):  # noqa: N818
    """May or may not have been delivered."""
