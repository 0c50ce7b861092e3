"""Where a token may go, and where nobody answers any more."""

from urllib.parse import urlsplit

import pytest

from ingest.embedders.credentials import is_hugging_face, refuse_retired
from ingest.errors import UsageError


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        ("https://router.huggingface.co/x", True),
        ("https://abc.endpoints.huggingface.cloud", True),
        ("http://router.huggingface.co", False),
        ("https://huggingface.co.example.com", False),
        ("https://myhuggingface.co", False),
        ("https://someone.hf.space", False),
    ],
)
def test_only_hosts_of_hugging_face_are_its_own(url: str, theirs: bool) -> None:
    assert is_hugging_face(urlsplit(url)) == theirs


def test_the_retired_host_is_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match="retired: use --embedder hf"):
        refuse_retired(urlsplit("https://API-inference.huggingface.co/models/a/b"))
    refuse_retired(urlsplit("https://router.huggingface.co/models/a/b"))
