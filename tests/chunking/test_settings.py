"""What a chunker takes, records, and refuses."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ingest.chunking import open_chunker
from ingest.errors import UsageError
from ingest.model import Json
from ingest.protocols import Window

DEFAULT: dict[str, Json] = {"version": 2, "unit": "characters", "size": 400, "overlap": 0}


def test_recorded_before_given_before_default() -> None:
    assert open_chunker().settings == DEFAULT
    assert open_chunker({}).settings == DEFAULT
    recorded: dict[str, Json] = {**DEFAULT, "size": 300, "overlap": 20}
    assert open_chunker(recorded).settings == recorded
    assert open_chunker(recorded, size=300, overlap=20).settings == recorded
    assert open_chunker(size=40, overlap=19).settings == {**DEFAULT, "size": 40, "overlap": 19}


@pytest.mark.parametrize(
    ("settings", "size", "overlap", "words"),
    [
        ({}, 39, None, ["39", "40"]),
        ({}, -1, None, ["-1", "40"]),
        ({}, 100, 50, ["50", "100", "0 to 49"]),
        ({}, 101, 51, ["51", "101", "0 to 50"]),
        ({}, 100, -1, ["-1", "0 to 49"]),
        ({"overlap": 60}, 100, None, ["60", "100"]),
        (DEFAULT, 500, None, ["400", "500", "--chunk-size", "--rechunk"]),
        (DEFAULT, None, 10, ["of 0", "10", "--chunk-overlap", "--rechunk"]),
        ({"size": "400"}, None, None, ["'400'"]),
        ({"size": True}, None, None, ["True"]),
        ({"overlap": 1.5}, None, None, ["1.5"]),
        ({"version": 1}, None, None, ["1", "--rechunk"]),
        ({"version": 3}, None, None, ["3", "--rechunk"]),
        ({"unit": "words"}, None, None, ["'words'", "'characters'", "'tokens'", "--rechunk"]),
        ({}, "many", None, ["'many'", "400", "126t"]),
        ({}, "12.5", None, ["'12.5'"]),
        ({}, True, None, ["True"]),
        ({}, "19t", None, ["19", "20 tokens"]),
        (DEFAULT, "400t", None, ["400 characters", "400 tokens", "--rechunk"]),
        ({**DEFAULT, "unit": "estimated tokens"}, "400t", None, ["400 estimated tokens", "--rechunk"]),
        ({}, "100t", 150, ["150", "100 tokens", "0 to 149"]),
        ({}, "100t", None, ["--chunk-size 100t", "no tokenizer"]),
    ],
)
def test_what_cannot_be_used_is_named(
    settings: dict[str, Json], size: int | str | None, overlap: int | None, words: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        open_chunker(settings, size=size, overlap=overlap)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words)


def test_the_largest_overlap_is_accepted() -> None:
    assert open_chunker(size=101, overlap=50).settings["overlap"] == 50
    assert open_chunker(size=100, overlap=49).settings["overlap"] == 49


class Words:
    """Counts words, and two tokens around them."""

    def count_each(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(text.split()) + 2 for text in texts]


ABSENT = Window("m", 128, "the tokenizer of m is not on this machine")
THERE = Window("m", 64, Words(), digest="a1")
TOKENS: dict[str, Json] = {"version": 2, "unit": "tokens", "size": 64, "overlap": 0, "tokenizer": "a1"}


@pytest.mark.parametrize(
    ("recorded", "size", "fetches", "settings"),
    [
        (None, None, True, TOKENS),
        (None, "64t", True, TOKENS),
        (TOKENS, None, True, TOKENS),
        ({**TOKENS, "tokenizer": "b2"}, None, True, {**TOKENS, "tokenizer": "b2"}),
        (None, 400, False, DEFAULT),
        (DEFAULT, None, False, DEFAULT),
        ({**DEFAULT, "unit": "estimated tokens"}, None, False, {**DEFAULT, "unit": "estimated tokens"}),
    ],
)
def test_a_tokenizer_is_fetched_only_to_count_tokens_and_recorded(
    recorded: dict[str, Json] | None, size: int | str | None, fetches: bool, settings: dict[str, Json]
) -> None:
    fetched = []

    def fetch() -> Window:
        fetched.append(1)
        return THERE

    chunker = open_chunker(recorded, size=size, window=replace(ABSENT, fetch=fetch))
    assert chunker.settings == settings
    assert bool(fetched) is fetches
    assert chunker.window
    assert chunker.window.digest == ("a1" if fetches else "")
    assert open_chunker(chunker.settings, window=THERE).settings == settings


def test_what_cannot_be_fetched_is_estimated_or_told() -> None:
    window = replace(ABSENT, fetch=lambda: ABSENT)
    assert open_chunker(window=window).settings["unit"] == "estimated tokens"
    with pytest.raises(UsageError, match="the tokenizer of m is not on this machine"):
        open_chunker(TOKENS, window=window)
