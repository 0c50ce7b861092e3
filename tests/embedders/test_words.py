import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.words import LENGTH, quote, tidy


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b'{"error": "Model is overloaded", "error_type": "Overloaded"}', "Model is overloaded"),
        (b'{"message": "batch size 33 > 32", "code": 413}', "batch size 33 > 32"),
        (b'{"error": {"message": "busy", "code": 429}}', "busy"),
        (b'{"detail": [{"loc": ["body"], "msg": "too long"}, {"msg": "again"}]}', "too long; again"),
        (b'{"errors": ["one", "two"]}', "one; two"),
        (b'{"status": 3}', '{"status": 3}'),
        (b'["no", "way"]', "no; way"),
        (b'"plain"', "plain"),
        (b"Failed to buffer\n the  request body", "Failed to buffer the request body"),
        (b"<html><head><title>404 Not Found</title></head><body>long</body>", "404 Not Found"),
        (b"<h1>Bad\x00Gateway</h1>", "Bad Gateway"),
        (b"\xff\xfe broken", "�� broken"),
        (b"[" * 100_000, "[" * (LENGTH - 1) + "…"),
    ],
)
def test_the_sentence_of_a_body(body: bytes, words: str) -> None:
    assert quote(body) == words


@given(st.binary(max_size=600), st.sampled_from(["hf_secret", "s3cr3t"]))
def test_one_short_line_without_the_secret(noise: bytes, secret: str) -> None:
    words = quote(noise + secret.encode() + noise, [secret])
    assert secret not in words
    assert len(words) <= LENGTH
    assert words.isprintable()


def test_no_secret_is_none() -> None:
    assert tidy("ab", [""]) == "ab"
