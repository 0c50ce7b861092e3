"""`list` and `show` as they are typed."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.commandline import Command, write_faq
from tests.stores.rest import serve_qdrant

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
HASHING = ("--embedder", "hashing")
LAW = """Chương I TIỀN LƯƠNG

Điều 8. Kỳ trả lương
1. Tiền lương được trả vào ngày 05 hằng tháng.

Điều 9. Hiệu lực
Quy chế này có hiệu lực từ ngày ký.
"""


def write_laws() -> None:
    for origin, text in {"vi/luật.txt": LAW, "ko/규칙.txt": "제6조(신청) 직원은 신청서를 제출하여야 한다.\n"}.items():
        path = Path("laws", origin)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_origins_are_listed(command: Command) -> None:
    write_faq()
    write_laws()
    assert command("--excel", "faq.csv", "--text-dir", "laws", *HASHING).code == 0
    listed = command("list")
    laws = command("list", "--json").json["datasets"]["laws"]
    points = laws["origins"]
    assert (listed.code, listed.err) == (0, "")
    head, *origins = listed.out.partition("laws:")[2].splitlines()
    assert head == f" {sum(points.values())} points of 2 origins; last complete run {laws['last_run']}"
    assert list(points) == ["ko/규칙.txt", "vi/luật.txt"]
    written = laws["written"]
    assert [line.split() for line in origins] == [
        [str(count), written[origin], origin] for origin, count in points.items()
    ]
    assert all(datetime.fromisoformat(each) <= datetime.fromisoformat(laws["last_run"]) for each in written.values())
    (dataset,) = command("list", "faq.csv", "--json").json["datasets"].items()
    assert dataset[0] == "faq.csv"
    assert dataset[1].items() >= {"points": 6, "complete": True, "unfinished": [], "skipped": {}}.items()
    assert dataset[1]["origins"] == {"faq.csv": 6}
    wrong = command("list", "faq.xlsx")
    assert wrong.code == 2
    assert "faq.csv, laws" in wrong.err


def test_a_run_that_stopped_short_is_told(command: Command) -> None:
    write_faq()
    assert command("--excel", "faq.csv", *HASHING, "--limit", "2").code == 0
    head, origin = command("list").out.splitlines()[-2:]
    assert head.endswith("2 points of 1 origins; never complete; not complete")
    assert origin == "  2  faq.csv; not complete: the next run reads it again"
    assert "2 points; never complete; not complete: the next run reads it again" in command("show", "faq.csv").out
    assert command("show", "faq.csv", "--json").json["complete"] is False


def test_what_the_last_run_skipped_is_told_of_each_origin_until_a_run_reads_it(command: Command) -> None:
    write_laws()
    broken, damaged = Path("laws/hỏng.txt"), Path("laws/ko/규칙.txt")
    assert command("--text-dir", "laws", *HASHING).code == 0
    whole = damaged.read_bytes()
    broken.write_bytes(b"%PDF-1.7")
    damaged.write_bytes(b"%PDF-1.7")
    assert command("--text-dir", "laws", *HASHING).code == 3
    head, *origins = command("list").out.splitlines()
    assert head.endswith("; not complete")
    assert "last complete run" in head
    found = command("list", "--json").json["datasets"]["laws"]
    written = found["written"]
    assert origins == [
        f"  0  {' ' * len(written['vi/luật.txt'])}  hỏng.txt; not complete: the last run skipped 1 of its items",
        f"  1  {written['ko/규칙.txt']}  ko/규칙.txt; not complete: the last run skipped 1 of its items",
        f"  2  {written['vi/luật.txt']}  vi/luật.txt",
    ]
    assert (found["complete"], found["unfinished"], found["skipped"]) == (False, [], {"hỏng.txt": 1, "ko/규칙.txt": 1})
    assert "skipped 1 of its items" in command("show", "규칙.txt").out.splitlines()[0]
    shown = command("show", "규칙.txt", "--json").json
    assert (shown["complete"], shown["skipped"]) == (False, 1)
    assert "of laws: 0 points; " in command("show", "hỏng.txt").out
    broken.unlink()
    damaged.write_bytes(whole)
    assert command("--text-dir", "laws", *HASHING).code == 0
    assert "not complete" not in command("list").out


@pytest.mark.parametrize("words", [("faq.csv:3",), ("faq.csv", "3"), ("faq.csv:row 3",)])
def test_a_row_is_shown_with_its_question(command: Command, words: tuple[str, ...]) -> None:
    write_faq()
    assert command("--excel", "faq.csv", *HASHING).code == 0
    shown = command("show", *words)
    assert shown.code == 0, shown.err
    head, row, question, answer = shown.out.splitlines()
    assert head.startswith("faq.csv: 6 points; last complete run ")
    assert row == "row 3  |  21 characters in 2 points  |  faq.csv"
    assert (question, answer) == ("   question: Câu hỏi faq.csv số 1?", "   Trả lời 1 của faq.csv")


def test_an_article_is_shown_with_its_path(command: Command) -> None:
    write_laws()
    assert command("--text-dir", "laws", *HASHING).code == 0
    shown = command("show", "luật.txt", "Điều 9")
    assert shown.code == 0, shown.err
    head, chunk, *text = shown.out.splitlines()
    assert head.startswith("vi/luật.txt of laws: ")
    assert chunk.startswith("Điều 9  |  ")
    assert chunk.endswith("Chương I TIỀN LƯƠNG > Điều 9. Hiệu lực")
    assert text == ["   Điều 9. Hiệu lực", "   Quy chế này có hiệu lực từ ngày ký."]
    found = command("show", "laws/ko/규칙.txt:제6조", "--json").json
    assert (found["dataset"], found["origin"], found["found"]) == ("laws", "ko/규칙.txt", 1)
    (item,) = found["items"]
    assert item["place"] == "제6조"
    assert item["page_content"].endswith("제출하여야 한다.")
    assert "ingest" not in item
    assert (found["nearest"], shown.err) == ([], "")


def test_what_is_shown_for_a_place_that_is_not_there_as_typed_is_named(command: Command) -> None:
    write_laws()
    assert command("--text-dir", "laws", *HASHING).code == 0
    shown = command("show", "luật.txt", "hieu luc")
    assert (shown.code, shown.err) == (0, "nothing is called 'hieu luc'; nearest: Điều 9. Hiệu lực\n")
    assert command("show", "luật.txt", "hieu luc", "--json").json["nearest"] == ["Điều 9. Hiệu lực"]
    assert command("show", "luật.txt", "hiêu lưc").code == 2


def test_the_whole_origin_is_shown_in_order_up_to_a_limit(command: Command) -> None:
    write_faq(rows=12)
    assert command("--excel", "faq.csv", *HASHING).code == 0
    rows = [item["metadata"]["row"] for item in command("show", "faq.csv", "--json").json["items"]]
    assert rows == list(range(2, 14))
    some = command("show", "faq.csv", "--limit", "2")
    assert [line.split("  ")[0] for line in some.out.splitlines() if line.startswith("row")] == ["row 2", "row 3"]
    assert some.err == ""
    assert some.out.endswith("10 more (without --limit all are shown)\n")
    limited = command("show", "faq.csv", "--limit", "2", "--json").json
    assert (len(limited["items"]), limited["found"]) == (2, 12)


def test_what_is_not_there_ends_with_2_and_the_nearest(command: Command) -> None:
    write_faq()
    assert command("--excel", "faq.csv", *HASHING).code == 0
    wrong = command("show", "fag.csv:3")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean faq.csv?" in wrong.err
    assert command("show", "faq.csv:99").code == 2
    assert command("show", "faq.csv", "--dataset", "laws").code == 2


def test_an_origin_of_two_datasets_wants_the_one_that_is_meant(command: Command) -> None:
    for dataset in ("2024", "2025"):
        Path(dataset).mkdir()
        write_faq(f"{dataset}/faq.csv")
    assert command("--excel", "2024", "--excel", "2025", *HASHING).code == 0
    asked = command("show", "faq.csv")
    assert asked.code == 2
    assert "in 2024, 2025: add --dataset" in asked.err
    assert command("show", "faq.csv", "--dataset", "2025", "--json").json["dataset"] == "2025"
    assert command("show", "2024/faq.csv", "--json").json["dataset"] == "2024"


def test_a_server_shows_the_same_as_the_embedded_store(command: Command) -> None:
    write_faq()
    write_laws()
    sources = ("--excel", "faq.csv", "--text-dir", "laws", *HASHING)
    with serve_qdrant() as server:
        where = ("--qdrant-url", server.url)
        assert command(*sources).code == command(*sources, *where).code == 0
        for words in (("faq.csv:3",), ("luật.txt", "Điều 8"), ("규칙.txt",)):
            here, there = (command("show", *words, "--json", *place).json["items"] for place in ((), where))
            assert here == there
        here, there = (command("list", "--json", *place).json["datasets"] for place in ((), where))
        assert [each["origins"] for each in here.values()] == [each["origins"] for each in there.values()]


def test_a_collection_that_is_not_there_is_a_store_error(command: Command) -> None:
    assert command("list").code == command("show", "faq.csv").code == 6
