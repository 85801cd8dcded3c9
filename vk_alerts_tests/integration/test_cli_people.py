"""``vk-alerts incidents``, ``silence`` and ``event``: tables for people, JSON for programs, plain errors."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from vk_alerts import cli
from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.state.actions import ActionRepository
from vk_alerts.state.database import open_database, sqlite_url, transaction
from vk_alerts.state.foldings import KeptTransition, note_transitions
from vk_alerts.state.incident_rows import write_groups, write_incidents
from vk_alerts.windows import STEP, last_closed

NEWEST = last_closed(datetime.now(UTC))
DROP, RISE, OLD = "4f2a000000000000", "4f9b000000000000", "0b7e000000000000"


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """The state of an installation with three incidents, one of them open."""
    monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    opened = open_database(sqlite_url(tmp_path / "state.db"))
    rows = [
        incident(DROP, "likes", "os=Android", Phase.FIRING, NEWEST - 3 * STEP),
        incident(RISE, "views", "all", Phase.CLOSED, NEWEST - timedelta(days=2)),
        incident(OLD, "likes", "all", Phase.CLOSED, NEWEST - timedelta(days=20)),
    ]
    with transaction(opened) as connection:
        write_incidents(connection, rows)
        kept = KeptTransition(DROP, NEWEST - 2 * STEP, "opened", "2 bad windows in a row", 0.0)
        note_transitions(connection, [kept])
    return opened


def incident(name: str, metric: str, slice_key: str, phase: Phase, first_bad: datetime) -> Incident:
    closed_at = first_bad + 3 * STEP if phase is Phase.CLOSED else None
    return Incident(
        *(name, "feed", metric, slice_key, Direction.DOWN, phase, first_bad, first_bad + STEP),
        *(2, 2, 0, (), -0.34, -3780.0, closed_at, name),
    )


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)


def shown(*arguments: str) -> str:
    result = invoke(*arguments)
    assert (result.exit_code, result.stderr) == (0, ""), (result.stderr, result.exception)
    return result.stdout


def refused(*arguments: str) -> str:
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (2, ""), (result.stdout, result.exception)
    (line,) = result.stderr.splitlines()
    return line


def test_incidents_are_listed_newest_first_for_people_and_programs() -> None:
    table = shown("incidents", "list")
    assert [row.split()[:4] for row in table.splitlines() if row.strip().startswith("4F")] == [
        ["4F2A", "firing", "likes", "os=Android"],
        ["4F9B", "closed", "views", "all"],
    ]
    assert "-34%" in table
    found = json.loads(shown("incidents", "list", "--days", "30", "--json"))
    assert [one["id"] for one in found] == [DROP, RISE, OLD]
    assert (found[0]["is_open"], found[0]["worst"], found[1]["is_open"]) == (True, -0.34, False)


def test_incidents_can_be_narrowed_down() -> None:
    def ids(*options: str) -> list[str]:
        return [one["id"] for one in json.loads(shown("incidents", "list", "--json", *options))]

    assert ids("--open") == [DROP]
    assert ids("--metric", "views") == [RISE]
    assert ids("--days", "30", "--metric", "likes", "--slice", "all") == [OLD]
    assert shown("incidents", "list", "--metric", "ctr") == "No incidents in the last 7 days.\n"


@pytest.mark.parametrize("name", ["4F2A", "#inc_4F2A", "4f2a", DROP])
def test_an_incident_is_shown_by_the_id_of_its_message(name: str) -> None:
    text = shown("incidents", "show", name)
    assert "2 bad windows in a row" in text
    assert "Nobody was told." in text
    card = json.loads(shown("incidents", "show", name, "--json"))
    assert [kept["what"] for kept in card["history"]] == ["opened"]
    assert (card["messages"], card["actions"]) == ([], [])


def test_an_outage_of_a_source_is_shown_by_the_id_of_its_message(engine: sa.Engine) -> None:
    state = SourceState("feed", "feed_actions", NEWEST - STEP, 0)
    outage = Outage(state, NEWEST - STEP, 2, is_late=False, last=NEWEST)
    head = incident("", "likes", "all", Phase.CLOSED, NEWEST)
    with transaction(engine) as connection:
        write_groups(connection, [Group("9c00000000000000", "feed", head, NEWEST, outage=outage)], [])
    text = shown("incidents", "show", "9C00")
    assert text.startswith("9C00: no data of feed (feed_actions) since 20")
    assert "2 windows, lasts; last event 20" in text
    card = json.loads(shown("incidents", "show", "9C00", "--json"))
    assert (card["source"], card["windows"], card["messages"]) == ("feed", 2, [])


def test_who_takes_an_incident_is_kept_and_shown(engine: sa.Engine) -> None:
    assert shown("incidents", "take", "4F2A", "--by", "ann") == "Incident 4F2A is taken by ann.\n"
    assert ActionRepository(engine).taken_by([DROP]) == {DROP: "ann"}
    assert "ann" in shown("incidents", "show", "4F2A")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("incidents", "show", "4F"), "incident '4F': 2 begin so; write more of it: "),
        (("incidents", "show", "4F2B"), "incident '4F2B': there is none; did you mean '4F"),
        (("incidents", "show", "#"), "incident '#': there is none; "),
        (("incidents", "list", "--metric", "like"), "--metric 'like': no such metric; did you mean 'likes'"),
        (
            ("incidents", "list", "--slice", "so=iOS"),
            "--slice 'so=iOS': no dimension 'so'; did you mean ",
        ),
        (("silence", "add", "--for", "2h"), "silence add: name --metric or --slice, or --all for everything"),
        (("silence", "add", "--all", "--metric", "likes", "--for", "2h"), "silence add: --all goes without"),
        (("silence", "add", "--all"), "silence add: say how long, by --for 2h or --until morning"),
        (("silence", "add", "--all", "--for", "2h", "--until", "9:00"), "silence add: say how long"),
        (("silence", "add", "--all", "--for", "2"), "--for '2': not a length of time"),
        (
            ("silence", "add", "--all", "--until", "2020-01-01 09:00"),
            "--until '2020-01-01 09:00': that is past",
        ),
        (
            ("silence", "add", "--slice", "os=android", "--for", "2h"),
            "--slice 'os=android': did you mean os=And",
        ),
        (("silence", "add", "--slice", "os", "--for", "2h"), "--slice 'os': not a slice; examples: all, "),
        (("silence", "expire", "7"), "silence 7: there is none; in force: none"),
        (("event", "add", "  "), "event add: the text has 1 to 300 characters"),
        (("event", "add", "x", "--url", "ftp://x"), "--url 'ftp://x': an address starts with http"),
        (("event", "add", "x", "--at", "soon"), "--at 'soon': not a moment; examples: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_input_is_one_line_with_what_was_meant(arguments: tuple[str, ...], said: str) -> None:
    assert refused(*arguments).startswith(f"vk-alerts: {said}")


def test_a_silence_is_added_listed_and_ended() -> None:
    where = ("--metric", "likes", "--slice", "country=Russia,os=iOS")
    added = json.loads(shown("silence", "add", *where, "--for", "2h", "--comment", "[red]x", "--json"))
    assert (added["id"], added["metric"], added["slice"]) == (1, "likes", "os=iOS,country=Russia")
    assert datetime.fromisoformat(added["ends"]) - datetime.fromisoformat(added["starts"]) == timedelta(
        hours=2
    )
    assert shown("silence", "add", "--all", "--until", "morning").startswith(
        "Silence 2: everything, until 20"
    )
    listed = shown("silence", "list")
    assert "likes · os=iOS,country=Russia" in listed
    assert "[red]x" in listed
    assert shown("silence", "expire", "1").startswith("Silence 1 has ended: likes")
    assert shown("silence", "expire", "1").startswith("Silence 1 was over since 20")
    assert [one["id"] for one in json.loads(shown("silence", "list", "--json"))] == [2]
    assert [one["id"] for one in json.loads(shown("silence", "list", "--days", "1", "--json"))] == [1, 2]


def test_an_event_is_added_and_listed() -> None:
    noted = shown("event", "add", "Android  8.42\nreleased", "--metric", "likes", "--by", "ann")
    assert noted.startswith("Event 1: Android 8.42 released, 20")
    shown("event", "add", "campaign", "--at", "2026-02-01T13:52+03:00")
    found = json.loads(shown("event", "list", "--days", "400", "--metric", "views", "--json"))
    assert [(one["text"], one["at"]) for one in found] == [("campaign", "2026-02-01T10:52:00+00:00")]
    assert "likes" in shown("event", "list")


def test_nothing_is_said_to_be_nothing() -> None:
    assert shown("silence", "list") == "No silences.\n"
    assert shown("event", "list") == "No events in the last 7 days.\n"
