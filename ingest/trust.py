"""Whose certificates are believed, the same for every service that is asked."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


def make_trust(scheme: str) -> "ssl.SSLContext":
    """Make the trust of a connection: SSL_CERT_FILE or SSL_CERT_DIR, else the system's store.

    Where truststore is missing (huggingface_hub brings it since 2.0), OpenSSL's idea of that store, and certifi's.
    """
    import ssl  # noqa: PLC0415 - heavy

    if scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and is made in no time
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context()  # OpenSSL reads both
    try:
        import truststore  # noqa: PLC0415 - optional
    except ImportError:
        import certifi  # noqa: PLC0415 - heavy

        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
