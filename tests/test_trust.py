import ssl
import sys
from pathlib import Path

import certifi
import pytest

from ingest.trust import make_trust


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_of_the_environment_are_the_only_ones(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = Path(certifi.where()).read_text(encoding="ascii").partition("-----END CERTIFICATE-----")
    (tmp_path / "ca.pem").write_text(f"{bundle[0]}{bundle[1]}\n", encoding="ascii")
    for other in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(other, str(tmp_path / "nothing"))
    monkeypatch.setenv(name, str(tmp_path / "ca.pem" if name == "SSL_CERT_FILE" else tmp_path))
    context = make_trust("https")
    assert isinstance(context, ssl.SSLContext)
    assert len(context.get_ca_certs()) == (name == "SSL_CERT_FILE")  # a folder is read when it is needed


def test_the_system_is_trusted_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "truststore", None)
    assert len(make_trust("https").get_ca_certs()) > 50
    monkeypatch.undo()
    assert not make_trust("http").get_ca_certs()
