"""The replacements serve our client only; other users of pandahouse notice nothing."""

import pandahouse
import pandahouse.core
import pandahouse.http
import pandas as pd
import pytest
import requests

from vk_alerts.clickhouse import seams
from vk_alerts_tests.unit.clickhouse.faulty_server import faulty_server, whole


def test_other_users_of_pandahouse_get_what_they_always_got() -> None:
    seams.install()
    with faulty_server(whole(b"x\nUInt8\n1\n")) as server:
        frame = pandahouse.read_clickhouse("SELECT 1 AS x", connection={"host": server.target.address})

        assert server.requests[0].startswith(b"POST /?query=SELECT")
    assert frame["x"].tolist() == [1]
    assert pandahouse.core.to_csv(pd.DataFrame({"x": ["a"]})) == b'"a"\n'
    assert pandahouse.http.requests.Session is requests.Session


def test_installing_twice_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seams.install()
    before = pandahouse.http.requests, pandahouse.core.to_dataframe, pandahouse.core.to_csv
    seams.install()

    assert (pandahouse.http.requests, pandahouse.core.to_dataframe, pandahouse.core.to_csv) == before
