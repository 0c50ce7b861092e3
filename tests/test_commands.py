"""What keeps a collection for years: remove, --rebuild, --alias, --adopt, as they are typed."""

import unicodedata

import pytest
from qdrant_client import QdrantClient, models

from tests.commandline import Command, write_faq
from tests.embedders.fakes import answer_embed
from tests.loopback import serve
from tests.stores.rest import serve_qdrant

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
HASHING = ("--embedder", "hashing")


def test_a_dataset_is_removed_when_a_script_says_yes(command: Command) -> None:
    write_faq("nhân sự.csv")
    write_faq("thuế.csv")
    assert command("--excel", "nhân sự.csv", "--excel", "thuế.csv", *HASHING).code == 0
    asked = command("remove", "nhân sự.csv")
    assert asked.code == 2
    assert "6 points" in asked.err
    assert "--yes" in asked.err
    done = command("remove", unicodedata.normalize("NFD", "nhân sự.csv"), "--yes", "--json")
    assert (done.code, done.json) == (0, {"dataset": "nhân sự.csv", "removed": 6})
    left = command("info", "--json").json
    assert (left["points"], list(left["datasets"])) == (6, ["thuế.csv"])
    gone = command("remove", "nhân sự.csv", "--yes")
    assert gone.code == 2
    assert "thuế.csv" in gone.err


def test_a_rebuild_of_the_embedded_store_takes_another_model(command: Command) -> None:
    write_faq()
    with serve(answer_embed) as server:
        assert command("--excel", "faq.csv", "--embedder", server.url, "--model", "one").code == 0
        refused = command("--excel", "faq.csv", "--embedder", server.url, "--model", "two")
        assert refused.code == 6
        assert "--rebuild" in refused.err
        done = command("--excel", "faq.csv", "--embedder", server.url, "--model", "two", "--rebuild")
        assert done.code == 0, done.err
        assert command("info", "--json").json["identity"]["model"] == "two"
        again = command("--excel", "faq.csv", "--embedder", server.url, "--model", "two", "--json").json
        assert (again["unchanged"], again["requests"]) == (6, 0)


def test_a_rebuild_behind_an_alias_switches_it_and_leaves_one_collection(command: Command) -> None:
    write_faq()
    with serve_qdrant() as server:
        where = ("--qdrant-url", server.url, "--alias", "laws")
        assert command("--excel", "faq.csv", *HASHING, *where).code == 0
        client = QdrantClient(server.url, check_compatibility=False)
        assert [item.name for item in client.get_collections().collections] == ["legal_rag-1"]
        done = command("--excel", "faq.csv", *HASHING, *where, "--rebuild", "--json")
        assert done.code == 0, done.err
        assert done.json["notes"][-1] == "laws now stands for legal_rag-2; legal_rag-1 was removed"
        assert [item.name for item in client.get_collections().collections] == ["legal_rag-2"]
        assert client.count("laws").count == 6
        assert command("search", "Câu hỏi", "--qdrant-url", server.url, "--collection", "laws", "--json").code == 0
        assert command("info", "--json", *where).json["points"] == 6


def test_a_rebuild_without_an_alias_names_the_setting_that_uses_it(command: Command) -> None:
    write_faq()
    with serve_qdrant() as server:
        where = ("--qdrant-url", server.url)
        assert command("--excel", "faq.csv", *HASHING, *where).code == 0
        done = command("--excel", "faq.csv", *HASHING, *where, "--rebuild")
        assert done.code == 0, done.err
        assert "COLLECTION_NAME=legal_rag-2" in done.out
        assert command("info", "--json", *where, "--collection", "legal_rag-2").json["points"] == 6
        assert "COLLECTION_NAME=legal_rag-3" in command("--excel", "faq.csv", *HASHING, *where, "--rebuild", "-q").err
        assert command("info", "--json", *where).json["points"] == 6


def test_a_dry_run_of_a_rebuild_switches_nothing(command: Command) -> None:
    write_faq()
    assert command("--excel", "faq.csv", *HASHING).code == 0
    before = command("info", "--json").json
    done = command("--excel", "faq.csv", *HASHING, "--rebuild", "--dry-run", "--json")
    assert (done.code, done.json["added"], done.json["embedded"]) == (0, 6, 0)
    assert command("info", "--json").json == before


def test_a_collection_of_another_program_is_adopted_and_its_points_go_last(command: Command) -> None:
    write_faq()
    with serve_qdrant() as server:
        where = ("--qdrant-url", server.url)
        client = QdrantClient(server.url, check_compatibility=False)
        client.create_collection("legal_rag", models.VectorParams(size=768, distance=models.Distance.COSINE))
        client.upsert("legal_rag", [models.PointStruct(id=1, vector=[0.1] * 768, payload={"page_content": "cũ"})])
        refused = command("--excel", "faq.csv", *HASHING, *where)
        assert refused.code == 6
        assert "--adopt" in refused.err
        assert command("--excel", "faq.csv", *HASHING, *where, "--adopt", "--dry-run").code == 0
        assert client.count("legal_rag").count == 1
        done = command("--excel", "faq.csv", *HASHING, *where, "--adopt")
        assert done.code == 0, done.err
        assert "1 points that another program made were deleted" in done.out
        assert client.count("legal_rag").count == 6
        assert command("--excel", "faq.csv", *HASHING, *where).code == 0


def test_adopting_keeps_to_the_guard(command: Command) -> None:
    write_faq()
    with serve_qdrant() as server:
        where = ("--qdrant-url", server.url)
        client = QdrantClient(server.url, check_compatibility=False)
        client.create_collection("legal_rag", models.VectorParams(size=768, distance=models.Distance.COSINE))
        old = [models.PointStruct(id=number, vector=[0.1] * 768) for number in range(40)]
        client.upsert("legal_rag", old)
        refused = command("--excel", "faq.csv", *HASHING, *where, "--adopt")
        assert refused.code == 7
        assert "--max-delete" in refused.err
        assert "what another program put into collection 'legal_rag'" in refused.err
        assert client.count("legal_rag").count == 46
        nightly = command("--excel", "faq.csv", *HASHING, *where, "--json")
        left = "40 points that another program made are still in the collection: a run with --adopt deletes them"
        assert (nightly.code, nightly.json["notes"]) == (0, [left])
        planned = command("--excel", "faq.csv", *HASHING, *where, "--adopt", "--max-delete", "100%", "-n", "--json")
        assert planned.json["notes"] == ["40 points that another program made would be deleted"]
        assert command("--excel", "faq.csv", *HASHING, *where, "--adopt", "--max-delete", "100%").code == 0
        assert client.count("legal_rag").count == 6
        assert command("--excel", "faq.csv", *HASHING, *where, "--json").json["notes"] == []


def test_adopting_behind_an_alias_that_stands_for_nothing_says_how(command: Command) -> None:
    write_faq()
    with serve_qdrant() as server:
        client = QdrantClient(server.url, check_compatibility=False)
        client.create_collection("legal_rag", models.VectorParams(size=768, distance=models.Distance.COSINE))
        run = ("--excel", "faq.csv", *HASHING, "--qdrant-url", server.url, "--adopt")
        for words in ([], ["--dry-run"]):
            refused = command(*run, "--alias", "laws", *words)
            assert refused.code == 2
            assert "without --alias first" in refused.err
        assert [item.name for item in client.get_collections().collections] == ["legal_rag"]
        assert command(*run).code == 0
        assert command(*run, "--alias", "laws").code == 0
        assert client.count("laws").count == 6


def test_a_dry_run_after_a_run_finds_nothing_changed(command: Command) -> None:
    write_faq()
    with serve_qdrant() as server:
        run = ("--excel", "faq.csv", *HASHING, "--qdrant-url", server.url)
        assert command(*run).code == 0
        assert command(*run, "--dry-run", "--json").json["origins"] == {
            "added": 0,
            "changed": 0,
            "gone": 0,
            "unchanged": 1,
        }


@pytest.mark.parametrize("words", [("--adopt", "--rebuild"), ("--drop-others",), ("--alias", "laws")])
def test_what_does_not_go_together_is_a_usage_error(command: Command, words: tuple[str, ...]) -> None:
    write_faq()
    assert command("--excel", "faq.csv", *HASHING, *words).code == 2


@pytest.mark.parametrize("query", ["", " \t"])
def test_a_search_for_nothing_is_a_mistake(command: Command, query: str) -> None:
    write_faq()
    command("--excel", "faq.csv", *HASHING)
    found = command("search", query)
    assert (found.code, found.out) == (2, "")
    assert "nothing to look for" in found.err


def test_a_search_takes_the_name_of_a_dataset_as_the_other_commands_do(command: Command) -> None:
    write_faq("nhân sự.csv")
    command("--excel", "nhân sự.csv", *HASHING)
    decomposed = unicodedata.normalize("NFD", "nhân sự.csv")
    assert len(command("search", "số 2?", "--json", "--dataset", decomposed).json["hits"]) == 3
    near = command("search", "số 2?", "--dataset", "nhan su.csv")
    assert near.code == 2
    assert "did you mean nhân sự.csv?" in near.err
