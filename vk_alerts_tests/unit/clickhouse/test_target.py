"""A URL becomes a target, or an error that does not give the password away."""

from pathlib import Path

import pytest

from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://u:p@h:1/d", ("http", "h", 1, "d", "u", "p")),
        ("http://h", ("http", "h", 8123, "default", "default", "")),
        ("https://h/", ("https", "h", 8443, "default", "default", "")),
        ("http://h:9/d/", ("http", "h", 9, "d", "default", "")),
        ("http://u%40x:p%40%3A%2F%23%3F%25@h/d", ("http", "h", 8123, "d", "u@x", "p@:/#?%")),
        ("http://u:%D0%BF%D0%B0%D1%80@[::1]:8123/d", ("http", "::1", 8123, "d", "u", "пар")),
        ("http://:p@h/%D0%B4", ("http", "h", 8123, "д", "default", "p")),
        ("  http://h/d\n", ("http", "h", 8123, "d", "default", "")),
    ],
)
def test_every_part_of_a_url_is_understood(url: str, expected: tuple[object, ...]) -> None:
    target = Target.from_url(url)

    assert (
        target.scheme,
        target.host,
        target.port,
        target.database,
        target.user,
        target.password,
    ) == expected


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "the scheme must be http or https"),
        ("h:8123", "the scheme must be http or https"),
        ("clickhouse://u:hunter2@h:9000/d", "the scheme must be http or https"),
        ("http://", "the host is missing"),
        ("http://u:hunter2@/d", "the host is missing"),
        ("http://u:hunter2@h:port/d", "it is not a URL"),
        ("http://u:hunter2@h:99999/d", "it is not a URL"),
        ("http://u:hunter2@h:0/d", "port 0"),
        ("http://u:hunter2/x@h/d", "it is not a URL"),
        ("http://u:hunter2#x@h/d", "it is not a URL"),
        ("http://u:hunter2@h/d/e", "comes the database only"),
        ("http://u:hunter2@h/d#e", "comes the database only"),
        ("http://u:hunter2%0Ax@h/d", "control characters"),
        ("http://u:%20hunter2@h/d", "begin or end with a blank"),
        ("http://u:hunter2%09@h/d", "control characters"),
        ("http://u:hunter2%C2%A0@h/d", "begin or end with a blank"),
        ("http://u:hunter2@h/d?user=x", "the only option"),
        ("http://u:hunter2@h/d?x", "the only option"),
        ("http://u:hunter2@h/d?ca_file=/x", "https only"),
        ("https://u:hunter2@h/d?ca_file=/not/there.pem", "no file '/not/there.pem'"),
    ],
)
def test_a_bad_url_names_the_variable_the_form_and_the_reason(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Target.from_url(url)

    text = str(caught.value)
    assert reason in text
    assert text.startswith("VK_ALERTS_CLICKHOUSE_URL: ")
    assert text.endswith("http[s]://user:password@host:port/database")
    assert "hunter2" not in text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_variable_can_be_another() -> None:
    with pytest.raises(ConfigurationError, match=r"^VK_ALERTS_RESULTS_URL: "):
        Target.from_url("x", variable="VK_ALERTS_RESULTS_URL")


def test_the_password_is_shown_nowhere() -> None:
    target = Target.from_url("http://u:hunter2@h:1/d")

    assert target.shown == "http://u@h:1/d"
    assert "hunter2" not in f"{target!r} {target} {target.shown} {target.address}"


def test_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")

    with pytest.raises(ConfigurationError, match=r"the file '.*/ca\.pem' holds no certificates"):
        Target.from_url(f"https://h/d?ca_file={tmp_path}/ca.pem")
