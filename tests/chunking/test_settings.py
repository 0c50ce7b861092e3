"""What a chunker takes, records, and refuses."""

import pytest

from ingest.chunking import open_chunker
from ingest.errors import UsageError
from ingest.model import Json

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
