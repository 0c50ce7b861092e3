"""Options that are read the same for every command."""

from pathlib import Path

import pytest

from ingest.errors import UsageError
from ingest.reading import Reading, open_sources, read_indexes


@pytest.mark.parametrize(
    ("given", "field", "kind"),
    [
        ("metadata.rating:float", "metadata.rating", "float"),
        (" question:text ", "question", "text"),
        ("metadata.Điểm:integer", "metadata.Điểm", "integer"),
        ("metadata.Điê\u0309m số:keyword", 'metadata."Điểm số"', "keyword"),
        ('metadata."a.b":bool', 'metadata."a.b"', "bool"),
        ("metadata.a:b:datetime", 'metadata."a:b"', "datetime"),
    ],
)
def test_an_index_is_a_path_of_qdrant_and_a_kind(given: str, field: str, kind: str) -> None:
    assert read_indexes([given]) == ((field, kind),)


@pytest.mark.parametrize("given", ["metadata.rating", "metadata.rating:decimal", ":float", ".:float", ""])
def test_another_form_is_refused_with_the_right_one(given: str) -> None:
    with pytest.raises(
        UsageError, match=r"write FIELD:KIND, metadata\.rating:float; kinds are keyword, integer, float"
    ):
        read_indexes([given])


@pytest.mark.parametrize("given", ["source:text", "ingest.dataset:integer"])
def test_an_index_of_ours_is_left_alone(given: str) -> None:
    with pytest.raises(UsageError, match="has its index already"):
        read_indexes([given])


def test_the_environment_names_indexes_and_contexts_one_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATE_VECTOR_DB_INDEX", "metadata.a:float\n\nmetadata.b:bool\n")
    monkeypatch.setenv("CREATE_VECTOR_DB_CONTEXT", "Loại\nNăm")
    assert read_indexes([]) == (("metadata.a", "float"), ("metadata.b", "bool"))
    assert read_indexes(["metadata.c:text"]) == (("metadata.c", "text"),)
    [source] = open_sources(Reading(excel=[Path("a.xlsx")]))
    assert source.reading["context"] == ["loại", "năm"]
    [source] = open_sources(Reading(excel=[Path("a.xlsx")], context_columns=["Nhóm"]))
    assert source.reading["context"] == ["nhóm"]


def test_a_context_that_cannot_be_a_name_is_refused() -> None:
    with pytest.raises(UsageError, match="--context"):
        open_sources(Reading(excel=[Path("a.xlsx")], context_columns=[" "]))
