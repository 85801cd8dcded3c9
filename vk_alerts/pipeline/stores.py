"""Opens everything the use cases read and write."""

from dataclasses import dataclass

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ConfigurationError
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import Catalog
from vk_alerts.settings import EMBEDDED, Settings
from vk_alerts.state.actions import ActionRepository
from vk_alerts.state.corrections import CorrectionRepository
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.events import EventRepository
from vk_alerts.state.foldings import FoldingRepository
from vk_alerts.state.incidents import IncidentRepository
from vk_alerts.state.outbox import OutboxRepository
from vk_alerts.state.silences import SilenceRepository
from vk_alerts.state.summaries import SummaryRepository
from vk_alerts.state.tolerances import ToleranceRepository


@dataclass(frozen=True, slots=True)
class Stores:
    """The catalog, and the places where data lie.

    Attributes:
        settings: what the environment said.
        catalog: the metrics.
        events: the database with the event tables.
        results: snapshots and scores.
        incidents: incidents and watermark in the state database.
        outbox: messages in the state database.
    """

    settings: Settings
    catalog: Catalog
    events: ClickHouse
    results: ResultRepository
    incidents: IncidentRepository
    outbox: OutboxRepository

    @property
    def silences(self) -> SilenceRepository:
        """Who wants to hear nothing about what."""
        return SilenceRepository(self.incidents.engine)

    @property
    def actions(self) -> ActionRepository:
        """What people did about incidents."""
        return ActionRepository(self.incidents.engine)

    @property
    def tolerances(self) -> ToleranceRepository:
        """What is judged less strictly for a while, because people called it false."""
        return ToleranceRepository(self.incidents.engine)

    @property
    def noted_events(self) -> EventRepository:
        """What people did to the app: deploys, campaigns."""
        return EventRepository(self.incidents.engine)

    @property
    def summaries(self) -> SummaryRepository:
        """What was told of outages of the pipeline."""
        return SummaryRepository(self.incidents.engine)

    @property
    def corrections(self) -> CorrectionRepository:
        """What computing windows again did to incidents."""
        return CorrectionRepository(self.incidents.engine)

    @property
    def foldings(self) -> FoldingRepository:
        """What the fold did, window by window."""
        return FoldingRepository(self.incidents.engine)

    def close(self) -> None:
        """Gives back the connections to the state database; what comes after opens new ones."""
        self.incidents.engine.dispose()


def open_stores(settings: Settings) -> Stores:
    """The stores of a process; starts the embedded engine when no ClickHouse is configured.

    Raises:
        VkAlertsError: a store or the catalog cannot be used.
    """
    catalog = load_catalog(settings.catalog)
    events = ClickHouse(events_target(settings))
    results = ResultRepository(
        events if settings.results_url is None else ClickHouse(results_target(settings))
    )
    try:
        results.create_tables()
    except ClickHouseDenied as error:
        events.ping()  # a user who is not known at all is told so
        if settings.results_url is not None:
            raise
        raise ClickHouseDenied(
            f"{error}; snapshots and scores may also go elsewhere, see VK_ALERTS_RESULTS_URL"
        ) from error
    engine = open_database(settings.state_url or sqlite_url(settings.home / "state.db"))
    return Stores(
        settings=settings,
        catalog=catalog,
        events=events,
        results=results,
        incidents=IncidentRepository(engine),
        outbox=OutboxRepository(engine),
    )


def events_target(settings: Settings) -> Target:
    """Where the events are: the configured ClickHouse, or the embedded engine, started if need be."""
    if settings.clickhouse_url is None:
        return ensure_running(settings.home)
    return Target.from_url(settings.clickhouse_url, variable="VK_ALERTS_CLICKHOUSE_URL")


def results_target(settings: Settings) -> Target:
    """Where snapshots and scores go: ``VK_ALERTS_RESULTS_URL``, or where the events are."""
    if settings.results_url is None:
        return events_target(settings)
    if settings.results_url == EMBEDDED:
        return ensure_running(settings.home)
    try:
        return Target.from_url(settings.results_url, variable="VK_ALERTS_RESULTS_URL")
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}, or the word {EMBEDDED!r}") from None
