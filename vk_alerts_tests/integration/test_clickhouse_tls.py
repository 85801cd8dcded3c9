"""A real server over https, with a certificate of our own authority."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ClickHouseUnavailable
from vk_alerts_tests.integration.clickhouse_server import Node, free_port, server_target
from vk_alerts_tests.unit.clickhouse.certificates import Certificates, key_of, make_certificates

pytestmark = pytest.mark.server
SPEC = TableSpec("over_tls", (Column("x", "String"),), "ENGINE = Memory")
_HTTPS = """<https_port>{port}</https_port><openSSL><server>
  <certificateFile>{certificate}</certificateFile><privateKeyFile>{key}</privateKeyFile>
  <verificationMode>none</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile>
</server></openSSL>"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def target(certificates: Certificates) -> Target:
    """A server of its own; it ends with the tests."""
    server_target()  # skips the test where there is no clickhouse-server
    certificate, port = certificates.loopback, free_port()
    node = Node()
    node.configure(config=_HTTPS.format(port=port, certificate=certificate, key=key_of(certificate)))
    node.start()
    node.wait()
    return replace(node.target, scheme="https", port=port)


def trusting(target: Target, authority: Path) -> ClickHouse:
    return ClickHouse(Target.from_url(f"{target.url_with_password()}?ca_file={authority}"))


def test_rows_go_and_come_over_tls(target: Target, certificates: Certificates) -> None:
    client = trusting(target, certificates.authority)
    client.execute(create_statement(SPEC))

    assert client.insert(SPEC, pd.DataFrame({"x": ["y" * 100] * 50_000})) == 50_000

    assert client.read("SELECT count() AS n, sum(length(x)) AS m FROM over_tls").iloc[0].tolist() == [
        50_000,
        5e6,
    ]
    assert len(client.read("SELECT x FROM over_tls")) == 50_000


def test_a_wrong_password_over_tls_is_told_as_such(target: Target, certificates: Certificates) -> None:
    with pytest.raises(ClickHouseDenied, match="does not accept user"):
        trusting(replace(target, password="wr0ng"), certificates.authority).ping()


def test_a_server_of_another_authority_is_refused(target: Target, certificates: Certificates) -> None:
    with pytest.raises(ClickHouseUnavailable, match="its certificate is not trusted"):
        trusting(target, certificates.stranger).ping()
    with pytest.raises(ClickHouseUnavailable, match="its certificate is not trusted"):
        ClickHouse(target).ping()
