"""The command as its users type it: settings before and after a subcommand, exit codes, what is printed where."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cli import find_env_file, leave, spread_sources
from ingest.errors import StoreError
from ingest.stores import open_store
from tests.commandline import Command, write_faq
from tests.embedders.fakes import answer_embed
from tests.loopback import Answer, Request, script, serve
from tests.stores.rest import serve_qdrant

SAMPLE = Path(__file__).parent.parent / "sample_data"
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")


def test_the_first_command_of_the_readme_and_again(command: Command) -> None:
    words = ("--excel", str(SAMPLE / "faq.xlsx"), "--text-dir", str(SAMPLE / "laws"), "--embedder", "hashing", "--json")
    first = command(*words)
    assert first.code == 0, first.err
    assert first.json["embedded"] > 60
    again = command(*words)
    assert (again.code, again.json["embedded"], again.json["requests"], again.json["added"]) == (0, 0, 0, 0)
    assert again.json["unchanged"] == first.json["added"]


def test_a_run_says_what_it_used_and_what_it_did(command: Command) -> None:
    write_faq()
    run = command("--excel", "faq.csv", "--embedder", "hashing")
    assert "hashing" in run.err.splitlines()[0]
    assert "legal_rag" in run.err.splitlines()[0]
    assert "6 added" in run.out
    quiet = command("--excel", "faq.csv", "--embedder", "hashing", "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_search_and_info_know_what_was_filled(command: Command) -> None:
    write_faq()
    command("--excel", "faq.csv", "--embedder", "hashing")
    found = command("search", "số 2?", "-k", "1", "--json")
    assert found.json["hits"][0]["question"].endswith("số 2?")
    assert "ingest" not in found.json["hits"][0]
    assert "faq.csv" in command("search", "số 2?").out
    info = command("info", "--json")
    assert info.json["points"] == info.json["datasets"]["faq.csv"]["points"] == 6
    assert info.json["datasets"]["faq.csv"]["last_run"]["added"] == 6
    assert "hashing" in command("info").out


def test_shared_settings_stand_before_and_after_a_subcommand(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    write_faq()
    command("--excel", "faq.csv", "--embedder", "hashing", "--qdrant-path", "there", "--collection", "mine")
    for words in (
        ("--qdrant-path", "there", "--collection", "mine", "info", "--json"),
        ("--json", "info", "--qdrant-path", "there", "--collection", "mine"),
        ("--collection", "other", "--qdrant-path", "there", "info", "--json", "--collection", "mine"),
    ):
        assert command(*words).json["points"] == 6
    monkeypatch.setenv("COLLECTION_NAME", "mine")
    monkeypatch.setenv("QDRANT_PATH", "there")
    assert command("info", "--json").json["points"] == 6
    assert command("--collection", "other", "info").code == 6


def test_a_dotenv_of_the_working_directory_is_read_and_named(command: Command) -> None:
    write_faq()
    Path(".env").write_text("CREATE_VECTOR_DB_EMBEDDER=hashing\nCOLLECTION_NAME=mine\n", encoding="utf-8")
    run = command("--excel", "faq.csv")
    assert run.code == 0
    assert ".env" in run.err.splitlines()[0]
    Path(".env").rename("settings")
    assert command("info").code == 6
    assert command("info", "--env-file", "settings").code == 0
    assert command("--env-file=settings", "info").code == 0
    assert command("--env-file", "nothing", "info").code == 2
    ended = command("--env-file", "nothing", "info", "--json")
    assert ended.json == {"exit_code": 2, "error": "--env-file nothing: no such file"}


def test_run_options_before_a_subcommand_are_an_error(command: Command) -> None:
    run = command("--limit", "3", "info")
    assert run.code == 2
    assert "--limit" in run.err


def test_a_shells_pattern_gives_further_workbooks(command: Command) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        write_faq(name)
    run = command("--excel", "a.csv", "b.csv", "c.csv", "--embedder", "hashing", "--json")
    assert [item["dataset"] for item in run.json["datasets"]] == ["a.csv", "b.csv", "c.csv"]


@given(st.lists(st.sampled_from(["--excel", "--csv", "--text-dir", "--excel=x", "--json", "info", ".", "nothing"])))
def test_spreading_only_ever_adds_the_flag_that_stands_before(words: list[str]) -> None:
    spread = spread_sources(words, ["info"])
    kept = iter(spread)
    assert all(word in kept for word in words)
    assert set(spread) <= set(words) | {"--excel"}
    assert spread_sources(spread, ["info"]) == spread


def test_the_env_file_is_found_wherever_it_stands() -> None:
    assert find_env_file(["info", "--env-file", "a"], {}) == "a"
    assert find_env_file(["--env-file=b", "info"], {"CREATE_VECTOR_DB_ENV_FILE": "c"}) == "b"
    assert find_env_file(["info"], {"CREATE_VECTOR_DB_ENV_FILE": "c"}) == "c"
    assert find_env_file(["info"], {}) is None


def test_a_dry_run_writes_nothing_and_says_what_would_be_done(command: Command) -> None:
    write_faq()
    words = ("--excel", "faq.csv", "--embedder", "hashing", "--json")
    dry = command(*words, "-n")
    assert (dry.code, dry.json["added"], dry.json["requests"]) == (0, 6, 2)  # as many as the run makes
    assert command("info").code == 6
    command(*words)
    write_faq(rows=4)
    assert command(*words, "--dry-run").json["added"] == 2
    assert command("info", "--json").json["points"] == 6


def test_a_limit_goes_on_with_the_next_run(command: Command) -> None:
    write_faq(rows=9)
    words = ("--excel", "faq.csv", "--embedder", "hashing", "--json")
    assert command(*words, "--limit", "4").json["added"] == 4
    assert command(*words).json["added"] == 2 * 9 - 4


def test_without_an_embedder_the_way_out_is_told(command: Command) -> None:
    write_faq()
    run = command("--excel", "faq.csv")
    assert run.code == 2
    assert all(way in run.err for way in ("HF_TOKEN", "--embedder hashing"))
    assert not Path("qdrant_data").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "--excel"),
        (("--excel", "nothing.xlsx"), 4, "nothing.xlsx"),
        (("--text-dir", "nothing"), 4, "nothing"),
        (("--text-dir", "faq.csv"), 4, "faq.csv"),
        (("--text-dir", "empty"), 4, "empty"),
        (("--excel", "empty"), 4, "empty"),
        (("--excel", "text.xlsx"), 4, "text.xlsx"),
        (("--excel", "broken.xlsx"), 4, "broken.xlsx"),
        (("--excel", "headless.csv"), 4, "--map"),
        (("--excel", "faq.csv", "--text-dir", "laws", "--dataset", "x"), 2, "--dataset"),
        (("--excel", "faq.csv", "--excel", "sub/faq.csv"), 2, "faq.csv"),
        (("--excel", "faq.csv", "--map", "nonsense"), 2, "--map"),
        (("--excel", "faq.csv", "--map", "page_content=Không có"), 4, "Câu hỏi"),
        (("--excel", "faq.csv", "--max-delete", "many"), 2, "many"),
        (("--excel", "faq.csv", "--chunk-size", "1"), 2, "1"),
        (("--excel", "faq.csv", "--embedder", "magic"), 2, "magic"),
        (("--excel", "faq.csv", "--qdrant-path", "faq.csv"), 6, "faq.csv"),
        (("--excel", "faq.csv", "--qdrant-url", "http://127.0.0.1:9"), 6, "127.0.0.1:9"),
        (("--excel", "faq.csv", "--qdrant-url", "http://127.0.0.1:9", "--qdrant-path", "x"), 2, "--qdrant-path"),
    ],
)
def test_bad_input_gets_one_clear_line_and_its_code(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    for folder in ("sub", "empty", "laws"):
        Path(folder).mkdir()
    write_faq()
    write_faq("sub/faq.csv")
    Path("laws/a.txt").write_text("Điều 1. Luật.", encoding="utf-8")
    Path("text.xlsx").write_text("this is no workbook", encoding="utf-8")
    Path("broken.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    Path("headless.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    run = command(*words, *([] if "--embedder" in words else ["--embedder", "hashing"]), "-q")
    assert run.code == code, run.err
    assert said in run.err
    assert "Traceback" not in run.err
    assert len(run.err.strip().splitlines()) == 1, run.err


def test_a_failing_source_leaves_the_others_and_what_it_had(command: Command) -> None:
    write_faq("a.csv")
    write_faq("b.csv")
    words = ("--excel", "a.csv", "--excel", "b.csv", "--embedder", "hashing", "--json")
    command(*words)
    Path("a.csv").unlink()
    write_faq("b.csv", rows=4)
    run = command(*words)
    assert run.code == 4
    assert command("info", "--json").json["points"] == 14


def test_the_version_is_told(command: Command) -> None:
    assert command("--version").out.startswith("create-vector-db ")


def test_python_has_the_same_road(command: Command) -> None:
    from ingest import open_embedder, open_source, open_store, sync  # noqa: PLC0415 - as in the README

    write_faq()
    store = open_store(path="qdrant_data")
    report = sync([open_source("excel", "faq.csv")], embedder=open_embedder("hashing"), store=store)
    store.close()
    assert (report.exit_code, report.total("added")) == (0, 6)
    assert command("info", "--json").json["points"] == 6


def test_two_runs_at_once_are_refused_and_the_holder_is_named(command: Command) -> None:
    write_faq()
    words = ("--excel", "faq.csv", "--embedder", "hashing")
    with closing(open_store(path="qdrant_data")):
        run = command(*words)
    assert run.code == 75
    assert str(os.getpid()) in run.err
    assert command(*words).code == 0


def test_two_runs_at_once_on_a_server_are_refused_and_searches_are_not(command: Command) -> None:
    write_faq()
    with serve_qdrant() as server:
        words = ("--excel", "faq.csv", "--embedder", "hashing", "--qdrant-url", server.url)
        assert command(*words).code == 0
        with closing(open_store(url=server.url)):
            run = command(*words)
            assert run.code == 75
            assert str(os.getpid()) in run.err
            assert command("info", "--json", "--qdrant-url", server.url).json["points"] == 6
            assert command(*words, "--dry-run").code == 0
        assert command(*words).code == 0


def test_the_settings_of_many_a_project_work_against_a_server_on_this_machine(command: Command) -> None:
    """`.env.example` as it stands, but for the port, and the key that stays an example."""
    write_faq()
    example = (SAMPLE.parent / ".env.example").read_text(encoding="utf-8")
    with serve_qdrant() as server:
        port = server.url.rpartition(":")[2]
        Path(".env").write_text(example.replace("6333", port), encoding="utf-8")
        run = command("--excel", "faq.csv", "--embedder", "hashing")
        assert run.code == 0, run.err
        assert "paraphrase-multilingual-mpnet-base-v2" not in run.err
        assert "QDRANT_API_KEY" in run.err, "that the example was left out is said"
        assert command("info", "--json").json["points"] == 6
        Path(".env").write_text(example.replace("6333", port).replace("your_qdrant_api_key", "secret"), "utf-8")
        assert command("info", "--json").json["collection"] == "legal_rag"
        assert server.requests[-1].headers["api-key"] == "secret"
    assert command("--excel", "faq.csv").code == 2, "the token is an example, too"


def test_a_copy_to_a_server_equals_the_embedded_collection(command: Command) -> None:
    write_faq()
    command("--excel", "faq.csv", "--embedder", "hashing")
    with serve_qdrant() as server:
        assert command("copy", "--to-qdrant-url", server.url).code == 0
        there = command("search", "số 2?", "--json", "--qdrant-url", server.url)
        here = command("search", "số 2?", "--json")
        assert [hit["id"] for hit in there.json["hits"]] == [hit["id"] for hit in here.json["hits"]]
        again = command("--excel", "faq.csv", "--embedder", "hashing", "--qdrant-url", server.url, "--json")
        assert (again.json["unchanged"], again.json["embedded"]) == (6, 0)


def test_a_dry_run_counts_what_the_run_embeds(command: Command) -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        for name in range(5):
            Path(f"{folder}/{name}.txt").write_text("the same text\n" * 60, encoding="utf-8")
    words = ("--text-dir", "a", "--text-dir", "b", "--embedder", "hashing", "--json", "--chunk-size", "100")
    dry, wet = command(*words, "-n").json, command(*words).json
    for count in ("added", "embedded", "reused"):
        assert dry[count] == wet[count]


def test_a_typed_path_wins_over_a_server_of_the_environment(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    write_faq()
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    assert command("--excel", "faq.csv", "--embedder", "hashing", "--qdrant-path", "here").code == 0
    assert command("info", "--qdrant-path", "here", "--json").json["points"] == 6
    monkeypatch.setenv("QDRANT_PATH", "here")
    assert command("info").code == 2, "two stores in the environment: neither is chosen in silence"


def test_the_first_real_embedder_replaces_the_trial_and_search_follows_it(command: Command) -> None:
    write_faq()
    assert command("--excel", "faq.csv", "--embedder", "hashing").code == 0
    with serve(answer_embed) as server:
        run = command("--excel", "faq.csv", "--embedder", server.url, "--model", "org/model")
        assert run.code == 0, run.err
        assert "trial" in run.out
        found = command("search", "Câu hỏi faq.csv số 2?\nTrả lời 2 của faq.csv", "-k", "1", "--json")
        assert found.json["hits"][0]["question"].endswith("số 2?")
        assert command("info", "--json").json["identity"]["model"] == "org/model"
    assert command("--excel", "faq.csv", "--embedder", "hashing").code == 6


def test_an_embedder_in_the_environment_is_used_by_a_run_and_its_token_never_shown(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_faq()
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    with serve(script(Answer(401, {"error": "no"}))) as server:
        run = command("--excel", "faq.csv", "--embedder", server.url, "--model", "org/model", "--send-token", "-vv")
    assert run.code == 2
    assert "HF_TOKEN" in run.err
    assert "hf_secretsecret" not in run.err + run.out
    assert not Path("qdrant_data").exists()


def test_a_second_collection_from_the_same_sources_asks_the_service_for_the_canaries_alone(command: Command) -> None:
    write_faq(rows=40)
    with serve(answer_embed) as server:
        words = ("--excel", "faq.csv", "--embedder", server.url, "--model", "org/model", "--json")
        assert command(*words).json["cached"] == 0
        before = len(server.requests)
        again = command(*words, "--collection", "another")
        assert (again.json["cached"], again.json["added"]) == (80, 80)
        assert server.count("POST") - sum(request.method == "POST" for request in server.requests[:before]) == 1
        assert command(*words, "--collection", "third", "--no-cache").json["cached"] == 0


def test_a_fallback_takes_over_where_the_first_fails_for_good(command: Command) -> None:
    write_faq()
    with serve(script(Answer(402, {"error": "no credits"}))) as first, serve(answer_embed) as second:
        words = ("--excel", "faq.csv", "--embedder", first.url, "--model", "org/model", "--json")
        assert command(*words).code == 5
        run = command(*words, "--fallback", second.url)
        assert run.code == 0, run.err
        assert "402" in run.err
    assert command("info", "--json").json["points"] == 6


def test_models_and_doctor_tell_what_there_is_and_whether_it_works(command: Command) -> None:
    assert "intfloat/multilingual-e5-base" in command("models").out
    assert command("doctor").code == 2, "no embedder is configured"
    examined = command("doctor", "--embedder", "hashing", "--json")
    assert examined.code == 0
    assert examined.json["checks"]


def test_a_text_generator_is_refused_by_name(command: Command) -> None:
    write_faq()
    run = command("--excel", "faq.csv", "--embedder", "hf", "--model", "meta-llama/Llama-3.1-8B-Instruct")
    assert run.code == 2
    assert "Llama" in run.err


def test_no_prune_deletes_nothing_and_the_next_run_does(command: Command) -> None:
    write_faq(rows=9)
    words = ("--excel", "faq.csv", "--embedder", "hashing", "--json")
    command(*words)
    write_faq(rows=2)
    kept = command(*words, "--no-prune")
    assert (kept.code, kept.json["deleted"], kept.json["kept"]) == (0, 0, 14)
    assert command(*words).code == 7
    assert command(*words, "--max-delete", "100%").json["deleted"] == 14


def test_info_tells_by_its_exit_code_whether_a_job_still_runs(command: Command) -> None:
    write_faq()
    command("--excel", "faq.csv", "--embedder", "hashing")
    assert command("info", "--max-age", "26h").code == 0
    store = open_store(path="qdrant_data")
    described = store.describe()
    assert described
    store.record("faq.csv", {**described.datasets["faq.csv"], "last_run": {"finished": "2020-01-01T00:00:00+00:00"}})
    store.close()
    old = command("info", "--max-age", "26h")
    assert old.code == 9
    assert "faq.csv" in old.err
    assert command("info", "--max-age", "soon").code == 2


def test_a_report_is_written_whole_with_each_skipped_text(command: Command) -> None:
    write_faq()

    def answer(request: Request) -> Answer:
        if request.method == "POST" and any("số 1" in text for text in request.json["inputs"]):
            return Answer(422, {"error": "no"})
        return answer_embed(request)

    Path("report.json").write_text("of an earlier run", encoding="utf-8")
    with serve(answer) as server:
        run = command("--excel", "faq.csv", "--embedder", server.url, "--model", "org/m", "--report", "report.json")
    assert run.code == 3
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    alone, answered = report["datasets"][0]["skipped"]
    assert alone["text"] == "Câu hỏi faq.csv số 1?"
    assert answered["text"] == f"{alone['text']}\nTrả lời 1 của faq.csv"
    assert (report["exit_code"], report["added"]) == (3, 4)
    refused = command("--excel", "faq.csv", "--embedder", "hashing", "--collection", "b", "--report", "no/r.json")
    assert refused.code == 2
    assert "no/r.json" in refused.err
    assert command("--excel", "faq.csv", "--report", "report.json").code == 2  # no embedder
    failed = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert failed["exit_code"] == 2
    assert "HF_TOKEN" in failed["error"]
    assert failed["started"] <= failed["finished"]
    assert [path.name for path in Path().glob("*.tmp")] == []


def test_a_run_may_be_told_by_the_environment_alone(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command().code == 2
    write_faq()
    monkeypatch.setenv("CREATE_VECTOR_DB_EXCEL", "faq.csv")
    monkeypatch.setenv("EMBEDDER", "hashing")
    assert command().code == 0


@pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")
def test_a_name_that_is_no_utf8_is_indexed_and_printed(command: Command) -> None:
    write_faq().rename(os.fsdecode(b"caf\xe9.csv"))
    run = command("--excel", os.fsdecode(b"caf\xe9.csv"), "--embedder", "hashing", "--json")
    assert run.json["added"] == 6
    assert run.json["datasets"][0]["dataset"] == "caf\\xe9.csv"


def test_a_refusal_prints_the_command_that_goes_on_without_its_secrets(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_faq(rows=9)
    words = ["--excel", "faq.csv", "--embedder", "hashing", "--cache-url", "redis://:SECRET@127.0.0.1:9/0"]
    monkeypatch.setattr("sys.argv", ["create-vector-db", *words])
    command(*words)
    write_faq(rows=2)
    run = command(*words)
    assert run.code == 7
    assert "create-vector-db --excel faq.csv" in run.err
    assert "SECRET" not in run.err


def test_what_is_typed_wins_over_every_other_place_of_the_environment(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    assert "127.0.0.2" in command("info", "--qdrant-host", "127.0.0.2", "--qdrant-port", "9").err
    monkeypatch.setenv("QDRANT_PATH", "here")
    assert "127.0.0.3" in command("info", "--qdrant-url", "http://127.0.0.3:9").err


@pytest.mark.parametrize("words", [("--qdrant-url", "my host"), ("--qdrant-url", "http://my host:6333")])
def test_a_url_that_is_none_is_a_usage_error(command: Command, words: tuple[str, ...]) -> None:
    assert command("info", *words).code == 2


def test_every_command_speaks_json(command: Command) -> None:
    assert command("models", "--json").json["models"]
    failed = command("doctor", "-q")
    assert failed.code == 2
    assert len(failed.err.splitlines()) == 1
    assert "--map goes" in command("--map", "page_content=x", "info").err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--excel", "faq.csv"], 2, "no embedder is configured"),
        (["--excel", "faq.csv", "--embedder", "hashing", "--share", "0/8"], 2, "--share '0/8' is no share"),
        (["--excel", "faq.csv", "--embedder", "hashing", "--batch-size", "0"], 2, "--batch-size"),
        (["--excel", "faq.csv", "--nonsense"], 2, "--nonsense"),
        (["--excel", "faq.csv", "info"], 2, "--excel goes with a run"),
        (["--embedder", "hashing"], 2, "nothing to index"),
        (["info"], 6, "there is no collection"),
        (["info", "--nonsense"], 2, "--nonsense"),
        (["search", "x"], 6, "there is no collection"),
        (["list"], 6, "there is no collection"),
        (["show", "faq.csv"], 6, "there is no collection"),
        (["verify", "--excel", "faq.csv"], 6, "there is no collection"),
        (["remove", "faq.csv"], 6, "there is no collection"),
        (["copy", "--to-qdrant-url", "http://127.0.0.1:1"], 6, "there is no collection"),
        (["preview"], 2, ""),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_ends_a_command_before_it_has_anything_to_show_is_one_object(
    command: Command, words: list[str], code: int, said: str, first: bool
) -> None:
    write_faq()
    ended = command("--json", *words) if first else command(*words, "--json")
    assert ended.code == ended.json["exit_code"] == code
    assert said in ended.json["error"]
    plain = command(*words)
    assert (plain.code, plain.out) == (code, "")
    assert ended.err == plain.err  # which says it, too


def test_what_ends_a_run_early_says_what_the_run_knew(command: Command) -> None:
    write_faq()
    run = ("--excel", "faq.csv", "--embedder", "hashing", "--json", "--report", "report.json")
    with serve(script(Answer(401, {"status": {"error": "no key"}}))) as server:
        ended = command(*run, "--qdrant-url", server.url)
    assert ended.code == 2
    assert "QDRANT_API_KEY" in ended.json["error"]
    assert (ended.json["collection"], ended.json["store"]) == ("legal_rag", server.url)
    assert ended.json["started"] <= ended.json["finished"]
    assert json.loads(Path("report.json").read_text(encoding="utf-8")) == ended.json
    assert command(*run, "--share", "9/8").code == 2
    assert "9/8" in json.loads(Path("report.json").read_text(encoding="utf-8"))["error"]


def test_what_fails_behind_the_report_prints_no_second_object(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise StoreError("the disk is full")

    write_faq()
    monkeypatch.setattr("ingest.stores.embedded.EmbeddedStore.compact", fail)
    run = command("--excel", "faq.csv", "--embedder", "hashing", "--json")
    assert run.code == 6
    assert run.json["added"] == 6
    assert "the disk is full" in run.err


def test_a_run_that_another_locks_out_says_so_and_leaves_the_report(command: Command) -> None:
    write_faq()
    Path("report.json").write_text("of its holder", encoding="utf-8")
    with closing(open_store(path="qdrant_data")):
        locked = command("--excel", "faq.csv", "--embedder", "hashing", "--json", "--report", "report.json")
    assert locked.code == locked.json["exit_code"] == 75
    assert Path("report.json").read_text(encoding="utf-8") == "of its holder"


def test_a_thread_that_hangs_holds_up_no_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("ingest.cli.os._exit", ended.append)
    for hangs, codes in ((True, [5]), (False, [])):
        ended.clear()
        monkeypatch.setattr("ingest.cli.is_any_left", lambda hangs=hangs: hangs)
        with pytest.raises(SystemExit) as raised:
            leave(5)
        assert (ended, raised.value.code) == (codes, 5)
