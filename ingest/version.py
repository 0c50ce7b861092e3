"""The version of this tool, as collections record it."""


def read_version() -> str:
    """Give the installed version; "" for a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - heavy: it brings zipfile

    try:
        return version("create-vector-db")
    except PackageNotFoundError:
        return ""
