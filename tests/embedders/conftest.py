import os
import sys
from collections.abc import Iterator

import pytest

os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


@pytest.fixture(autouse=True)
def _plain_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep a developer's proxy and tokens out of the tests."""
    for name in (*os.environ,):
        if name.upper().endswith("_PROXY") or name.startswith(("HF_", "HUGGING")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    yield
    if "huggingface_hub" in sys.modules:
        from huggingface_hub import close_session  # noqa: PLC0415 - only where a test has asked it

        close_session()
