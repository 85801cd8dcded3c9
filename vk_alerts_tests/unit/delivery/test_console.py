"""The console keeps and prints what Telegram would have shown."""

import io
import json
from pathlib import Path

import pytest

from vk_alerts.delivery import ConsoleNotifier, OutgoingMessage, Receipt
from vk_alerts.errors import DeliveryPostponed, DeliveryUncertain

CAPTION = '🔴 <b>Лайки ↓ 31 %</b> · Android\n<a href="https://bi.example/c?a=1&amp;b=2">Чарт</a>'
TEXT = "🔴 Лайки ↓ 31 % · Android\nЧарт: https://bi.example/c?a=1&b=2"


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "messages.jsonl").read_text("utf-8").splitlines()]


def test_a_message_is_printed_as_telegram_shows_it(tmp_path: Path) -> None:
    stream = io.StringIO()
    ConsoleNotifier(tmp_path / "new" / "folder", stream).send(OutgoingMessage("ops", CAPTION, b"png"))
    printed = stream.getvalue()
    assert TEXT in printed
    (chart,) = (tmp_path / "new" / "folder").glob("*.png")
    assert str(chart) in printed


def test_the_chart_has_a_telling_name_and_all_its_bytes(tmp_path: Path) -> None:
    receipt = ConsoleNotifier(tmp_path, io.StringIO()).send(OutgoingMessage("ops", CAPTION, b"png"))
    (chart,) = tmp_path.glob("*.png")
    assert chart.name == "Лайки-31-Android-65f83eac.png".replace("65f83eac", chart.stem[-8:])
    assert chart.read_bytes() == b"png"
    assert receipt == Receipt("1", chart=str(chart))


def test_every_message_is_one_line_of_json(tmp_path: Path) -> None:
    console = ConsoleNotifier(tmp_path, io.StringIO())
    messages = [OutgoingMessage("ops", CAPTION), OutgoingMessage("ops", "готово", silent=True, reply_to="1")]
    with console.session() as session:
        assert [session.send(message) for message in messages] == [Receipt("1"), Receipt("2")]
    assert lines(tmp_path) == [
        {"chat": "ops", "text": TEXT, "chart": None, "silent": False, "reply_to": None},
        {"chat": "ops", "text": "готово", "chart": None, "silent": True, "reply_to": "1"},
    ]


@pytest.mark.parametrize("caption", ["", "///", "../../etc/passwd", "a" * 500, "漢" * 300])
def test_any_first_line_gives_a_file_in_the_folder(tmp_path: Path, caption: str) -> None:
    ConsoleNotifier(tmp_path, io.StringIO()).send(OutgoingMessage("ops", caption, b"png"))
    assert len(list(tmp_path.glob("*.png"))) == 1
    assert not list(tmp_path.glob("*.part"))


def test_a_folder_that_cannot_be_written_postpones(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    stream = io.StringIO()
    with pytest.raises(DeliveryPostponed) as caught:
        ConsoleNotifier(tmp_path / "file", stream).send(OutgoingMessage("ops", "текст", b"png"))
    outcome = caught.value
    assert "VK_ALERTS_HOME" in str(outcome)
    assert stream.getvalue() == ""


def test_a_closed_stream_is_uncertain_since_the_message_is_kept(tmp_path: Path) -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryUncertain):
        ConsoleNotifier(tmp_path, stream).send(OutgoingMessage("ops", "текст"))
    assert len(lines(tmp_path)) == 1
