"""What a host's name tells."""


def is_loopback(host: str | None) -> bool:
    """Say whether a host, as a URL names it, is this machine."""
    return host is not None and (host in ("localhost", "::1") or host.startswith("127."))
