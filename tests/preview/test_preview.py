"""A preview says what a run would read, and why not the rest; it writes nothing and asks nobody."""

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import open_chunker
from ingest.model import Columns, File, Ignored, Noted, Skipped
from ingest.preview import CHUNKS, LISTED, DatasetPreview, Preview, preview
from ingest.preview.dataset import Sheet
from ingest.preview.lengths import Lengths
from ingest.preview.page import render_preview, render_preview_problems
from tests.commandline import Command, write_faq
from tests.embedders.tiny import write_folder
from tests.fakes import RowsSource
from tests.sources.workbooks import Value, make_workbook

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"
VIETNAMESE: Sequence[Sequence[Value]] = [
    ["Sổ tay nhân sự 2026"],
    [],
    ["STT", "Câu hỏi", "Câu trả lời", "Nguồn", "Lĩnh vực"],
    [1, "Nghỉ phép năm bao nhiêu ngày?", "12 ngày làm việc.", "Điều 113", "Lao động"],
    [2, "Thử việc tối đa bao lâu?", None, "Điều 25", "Lao động"],
    [3, "Lương tháng trả khi nào?", "Ngày 5 hằng tháng.", "Điều 97", "Lao động"],
]
KOREAN: Sequence[Sequence[Value]] = [["질문", "답변", "출처"], ["연차는 며칠인가요?", "15일입니다.", "제60조"]]
LAW = (
    "제1조(목적) 이 법은 농지의 소유, 이용 및 보전에 필요한 사항을 정함을 목적으로 한다.\n"
    "제2조(정의) 이 법에서 농지란 전, 답, 과수원을 말한다.\n"
)


def write_sources() -> None:
    """Write a workbook with a hidden sheet and one without a header, and texts of which one is damaged for good."""
    notes: Sequence[Sequence[Value]] = [["Người lập: Lan"], ["Ngày in: hôm nay"]]
    sheets = {"Hỏi đáp": VIETNAMESE, "질의응답": KOREAN, "Ghi chú": notes, "Nháp": VIETNAMESE}
    Path("sổ tay.xlsx").write_bytes(make_workbook(sheets, states={"Nháp": "hidden"}))
    Path("luật").mkdir()
    Path("luật/농지법.txt").write_bytes((LAW * 5).encode("cp949"))
    Path("luật/điều 1.md").write_text("# Điều 1\n\nNgười lao động được nghỉ.\n", encoding="utf-8")
    Path("luật/điều 2.txt").write_text("Điều 2. Phạm vi điều chỉnh.\n", encoding="utf-16")
    Path("luật/hỏng.txt").write_bytes(b"%PDF-1.7 ...")
    Path("luật/rỗng.txt").write_bytes(b"")


BOTH = ("--excel", "sổ tay.xlsx", "--text-dir", "luật")


def list_files(folder: Path) -> Mapping[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "sources",
    [
        BOTH,
        BOTH[2:],
        (*BOTH, "--chunk-size", "60"),
        ("--excel", "sổ tay.xlsx", "--sheet", "Nháp"),
        ("--excel", "sổ tay.xlsx", "--map", "question=STT"),
        ("--excel", "luật/hỏng.txt"),
        ("--excel", str(SAMPLE_DATA / "faq.xlsx"), "--text-dir", str(SAMPLE_DATA / "laws")),
    ],
    ids=str,
)
def test_a_preview_says_the_same_as_the_run(command: Command, sources: Sequence[str]) -> None:
    write_sources()
    seen = command("preview", *sources, "--json")
    run = command(*sources, "--json", "--embedder", "hashing")
    assert seen.code == run.code
    if not run.out:
        assert (seen.out, seen.err) == ("", run.err)
        return
    assert seen.json["exit_code"] == run.code
    assert set(seen.err.splitlines()) <= set(run.err.splitlines())
    for previewed, done in zip(seen.json["datasets"], run.json["datasets"], strict=True):
        assert (previewed["dataset"], previewed["error"]) == (done["dataset"], done["error"])
        assert len(previewed["chunks"]) == min(CHUNKS, done["added"])
        longest = max((sample["size"] for sample in previewed["lengths"]["longest"]), default=0)
        assert (previewed["lengths"]["count"], longest) == (done["measured"], done["longest"])
        for kind in ("ignored", "skipped", "noted"):
            listed = [item for group in previewed[kind] for item in group["first"]]
            there = [{name: item[name] for name in listed[0]} for item in done[kind]] if listed else done[kind]
            assert sorted(listed, key=str) == sorted(there, key=str)


def test_a_preview_writes_nothing_and_asks_nobody(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sources()
    before = list_files(tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("a preview asks nobody")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("HF_TOKEN", "hf_" + "a1" * 17)
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    assert command("preview", *BOTH).code == 3
    assert list_files(tmp_path) == before


def test_it_says_how_a_sheet_was_understood(command: Command) -> None:
    write_sources()
    run = command("preview", "--excel", "sổ tay.xlsx")
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    ignored = [line for line in lines if line.startswith("  ignored: sổ tay.xlsx, sheet ")]
    assert sorted(line.split(": ")[1].split("sheet ")[1] for line in ignored) == ["Ghi chú", "Hỏi đáp, row 5", "Nháp"]
    assert [line for line in lines[:-1] if line not in ignored] == [
        "sổ tay.xlsx: files: 1, documents: 3",
        "  sổ tay.xlsx, sheet Hỏi đáp: header in row 3, documents: 2",
        '    source: "Nguồn"',
        '    question: "Câu hỏi"',
        '    page_content: "Câu trả lời"',
        '    metadata: "STT", "Lĩnh vực"',
        "  sổ tay.xlsx, sheet 질의응답: header in row 1, documents: 1",
        '    source: "출처"',
        '    question: "질문"',
        '    page_content: "답변"',
        "  rows: 3, half of them up to 42 characters with their question",
        "  chunks: 6 of at most 400 characters, half of them up to 24 characters",
        "    0 % of them reach the last tenth of that, none go beyond it",
        "    longest chunk: 47: sổ tay.xlsx, Hỏi đáp!4: Nghỉ phép năm bao nhiêu ngày?",
        "    longest chunk: 43: sổ tay.xlsx, Hỏi đáp!6: Lương tháng trả khi nào?",
        "    longest chunk: 29: sổ tay.xlsx, Hỏi đáp!4: Nghỉ phép năm bao nhiêu ngày?",
        "    shortest chunk: 10: sổ tay.xlsx, 질의응답!2: 연차는 며칠인가요?",
        "    shortest chunk: 18: sổ tay.xlsx, 질의응답!2: 연차는 며칠인가요?",
        "    shortest chunk: 24: sổ tay.xlsx, Hỏi đáp!6: Lương tháng trả khi nào?",
        "  chunk 1: sổ tay.xlsx, sheet Hỏi đáp, row 4: 29 characters",
        "    Nghỉ phép năm bao nhiêu ngày?",
        "  chunk 2: sổ tay.xlsx, sheet Hỏi đáp, row 4: 47 characters",
        "    Nghỉ phép năm bao nhiêu ngày?",
        "    12 ngày làm việc.",
        "  chunk 3: sổ tay.xlsx, sheet Hỏi đáp, row 6: 24 characters",
        "    Lương tháng trả khi nào?",
    ]
    assert "as a new dataset would be cut" in lines[-1]


def test_it_says_in_which_encoding_a_text_is_and_what_would_be_skipped(command: Command) -> None:
    write_sources()
    run = command("preview", "--text-dir", "luật")
    assert run.code == 3
    lines = run.out.splitlines()
    assert f"  농지법.txt: CP949, {len((LAW * 5).strip()) + 1} characters: 조 10" in lines
    assert "  điều 1.md: UTF-8, 36 characters: Điều 1" in lines
    assert "  điều 2.txt: UTF-16, 28 characters: Điều 1" in lines
    assert "  noted: 농지법.txt: read as CP949, found by its letters" in lines
    assert "  ignored: rỗng.txt: no text in it" in lines
    assert run.err.splitlines() == ["skipped: luật: hỏng.txt: it is a PDF, not a text; save it as text in UTF-8"]
    assert command("preview", "--text-dir", "luật", "--json").json["datasets"][0]["encodings"] == {
        "CP949": 1,
        "UTF-8": 2,
        "UTF-16": 1,
    }


def test_a_csv_shows_its_encoding_beside_its_columns(command: Command) -> None:
    rows = ["질문,답변,출처", "연차는 며칠인가요?,근로기준법에 따라 십오 일입니다,제60조"]
    rows += [f"임금은 언제 주나요 {number}?,매월 이십오 일에 드립니다,제43조" for number in range(20)]
    Path("질문.csv").write_text("\n".join(rows), encoding="cp949")
    run = command("preview", "--csv", "질문.csv", "--quiet")
    assert (run.code, run.out, run.err) == (0, "", "")
    run = command("preview", "--csv", "질문.csv")
    assert "  질문.csv: CP949, header in row 1, documents: 21" in run.out.splitlines()


def test_a_source_that_cannot_be_read_leaves_the_others_to_be_seen(command: Command) -> None:
    write_faq()
    Path("trống").mkdir()
    run = command("preview", "--text-dir", "trống", "--excel", "faq.csv")
    assert run.code == 4
    assert 'page_content: "Trả lời"' in run.out
    [line] = run.err.splitlines()
    assert line.startswith("error: ")
    assert "trống" in line
    assert command("preview").code == 2
    assert command("preview", "--excel", "faq.csv", "--chunk-size", "3").code == 2
    assert command("--limit", "3", "preview", "--excel", "faq.csv").code == 2


def test_a_file_that_is_gone_is_skipped_by_name(tmp_path: Path) -> None:
    class Forgetful(RowsSource):
        def files(self) -> Sequence[File]:
            return [*super().files(), File("mất.json", str(tmp_path / "mất.json"))]

    source = Forgetful(tmp_path / "rows").write({"có.json": [("Nghỉ phép?", "12 ngày", "Điều 113")]})
    seen = preview([source], chunker=open_chunker())
    assert (seen.exit_code, seen.datasets[0].documents) == (3, 1)
    assert list(render_preview_problems(seen)) == ["skipped: rows: mất.json: cannot be read: No such file or directory"]


@pytest.mark.parametrize("broken", [False, True])
def test_the_lines_do_not_grow_with_the_files(command: Command, *, broken: bool) -> None:
    lengths = []
    for files in (40, 120):
        Path("luật").mkdir(exist_ok=True)
        for number in range(files):
            content = b"%PDF-1.7" if broken and number else (LAW * 5).encode("utf-8" if number % 4 else "cp949")
            Path(f"luật/{number:03}.txt").write_bytes(content)
        run = command("preview", "--text-dir", "luật")
        assert run.code == (3 if broken else 0)
        lengths.append((len(run.out.splitlines()), len(run.err.splitlines())))
        assert f"files: {files}" in run.out
        if broken:
            assert f"skipped: luật: {files - 1 - LISTED} more: it is a PDF" in run.err
        else:
            assert f"UTF-8: {files // 4 * 3}, CP949: {files // 4}" in run.out
    assert lengths[0] == lengths[1]


items = st.one_of(
    st.builds(Skipped, st.just("a"), st.sampled_from(["", "dòng 1"]), st.text(max_size=2)),
    st.builds(Ignored, st.just("a"), st.just("row 1"), st.text(max_size=2)),
    st.builds(Noted, st.just("a"), st.just(""), st.text(max_size=2)),
)


@given(st.lists(items, max_size=200))
def test_nothing_is_lost_from_the_counts_and_little_is_kept(found: list[Skipped | Ignored | Noted]) -> None:
    seen = DatasetPreview("faq", "/faq", Lengths("characters", 400))
    for item in found:
        seen.add(item)
    for kind, groups in ((Skipped, seen.skipped), (Ignored, seen.ignored), (Noted, seen.noted)):
        assert sum(group.count for group in groups.values()) == sum(isinstance(item, kind) for item in found)
        assert len(groups) <= LISTED + 1
        assert all(len(group.first) == min(group.count, LISTED) for group in groups.values())
    assert len(seen.unread) == sum(isinstance(item, Skipped) and not item.where for item in found)


@given(st.lists(st.integers(0, 40), max_size=120))
def test_sheets_with_the_same_columns_are_shown_together(kinds: list[int]) -> None:
    seen = DatasetPreview("faq", "/faq", Lengths("characters", 400))
    for number, kind in enumerate(kinds):
        columns = Columns(
            "faq.xlsx", {f"{number}월": {"page_content": f"답 {kind}"}}, {f"{number}월": (f"답 {kind}", "비고")}
        )
        seen.add_sheets(columns, {f"{number}월": Sheet("faq.xlsx", f"{number}월", "", 2, kind)})
    assert sum(layout.sheets for layout in seen.layouts.values()) + seen.unlisted == len(kinds)
    assert len(seen.layouts) == min(LISTED, len(set(kinds)))
    for layout in seen.layouts.values():
        assert (len(layout.first), layout.others) == (min(layout.sheets, LISTED), ["비고"])


def test_many_sheets_take_few_lines(command: Command) -> None:
    months = {f"Tháng {month}": VIETNAMESE for month in range(1, 31)}
    Path("năm.xlsx").write_bytes(make_workbook(months))
    run = command("preview", "--excel", "năm.xlsx")
    assert run.out.count("page_content") == 1
    assert "  10 more sheets with the same columns; documents of all: 60" in run.out.splitlines()


def test_further_layouts_are_counted() -> None:
    seen = DatasetPreview("faq", "/faq", Lengths("characters", 400))
    for number in range(LISTED + 3):
        columns = Columns("f.xlsx", {"A": {"page_content": f"답 {number}"}}, {"A": (f"답 {number}",)})
        seen.add_sheets(columns, {"A": Sheet("f.xlsx", "A", "", 2, 1)})
    lines = list(render_preview(Preview([seen], open_chunker().settings)))
    assert "  3 more sheets with other columns: look at them one by one" in lines


def write_law(name: str, chapters: int, articles: int) -> None:
    """Write a law of chapters with so many articles each."""
    Path("luật").mkdir(exist_ok=True)
    lines = ["LUẬT NGHỈ PHÉP"]
    for chapter in range(1, chapters + 1):
        lines += ["", f"Chương {chapter}", f"QUY ĐỊNH {chapter}"]
        for article in range((chapter - 1) * articles + 1, chapter * articles + 1):
            lines += ["", f"Điều {article}. Nghỉ phép", "1. Người lao động được nghỉ.", "2. Ngày nghỉ được trả lương."]
    Path("luật", name).write_text("\n".join(lines), encoding="utf-8")


def test_the_tree_of_a_law_is_shown_with_its_articles(command: Command) -> None:
    write_law("luật.txt", chapters=3, articles=4)
    Path("luật/thơ.txt").write_text("Ao thu lạnh lẽo nước trong veo.\n", encoding="utf-8")
    lines = command("preview", "--text-dir", "luật").out.splitlines()
    first = lines.index("    LUẬT NGHỈ PHÉP: Điều 1 – Điều 12 (12)")
    assert lines[first - 1].endswith(" characters: law 1 · Chương 3 · Điều 12 · khoản 24")
    assert lines[first + 1 : first + 4] == [
        "      Chương 1 QUY ĐỊNH 1: Điều 1 – Điều 4 (4)",
        "      Chương 2 QUY ĐỊNH 2: Điều 5 – Điều 8 (4)",
        "      Chương 3 QUY ĐỊNH 3: Điều 9 – Điều 12 (4)",
    ]
    assert "  thơ.txt: UTF-8, 32 characters: no headings, so cut at paragraphs and sentences" in lines
    assert "  in all of them: law 1 · Chương 3 · Điều 12 · khoản 24; files without headings: 1" in lines


def test_it_names_what_a_text_says_of_itself(command: Command) -> None:
    Path("luật").mkdir(exist_ok=True)
    Path("luật/a.md").write_text("---\nGhi chú: không có hiệu lực\nsố: 5\n---\nNội dung.\n", encoding="utf-8")
    lines = command("preview", "--text-dir", "luật").out.splitlines()
    assert '    metadata: "Ghi chú", "số"' in lines
    [text] = command("preview", "--text-dir", "luật", "--json").json["datasets"][0]["texts"]
    assert text["keys"] == ["Ghi chú", "số"]


def test_of_many_headings_the_rest_is_counted_and_all_of_them_shown_if_asked(command: Command) -> None:
    for number in range(30):
        write_law(f"{number:02}.txt", chapters=25, articles=1)
    short, whole = (command("preview", "--text-dir", "luật", *words) for words in ((), ("--all",)))
    assert short.out.count("QUY ĐỊNH") < 50 < 30 * 25 == whole.out.count("    Chương ")
    assert "    … and 25 more (--all shows them)" in short.out.splitlines()
    assert "--all" not in whole.out
    for seen, files in ((short, LISTED), (whole, 30)):
        assert seen.out.count("characters: law 1 · Chương 25 · Điều 25 · khoản 50") == files
        assert "in all of them: law 30 · Chương 750 · Điều 750 · khoản 1,500" in seen.out
    [dataset] = command("preview", "--text-dir", "luật", "--all", "--json").json["datasets"]
    assert (len(dataset["texts"]), dataset["counts"]["Điều"], dataset["texts"][0]["more"]) == (30, 750, 0)


def test_the_histogram_fits_a_terminal_and_has_every_chunk(command: Command) -> None:
    write_law("luật.txt", chapters=40, articles=30)
    Path("luật/thơ.txt").write_text("Ao thu lạnh lẽo nước trong veo.\n" * 2_000, encoding="utf-8")
    lines = command("preview", "--text-dir", "luật", "--chunk-size", "100").out.splitlines()
    bars = [line.split() for line in lines if line.endswith("#")]
    (dataset,) = command("preview", "--text-dir", "luật", "--chunk-size", "100", "--json").json["datasets"]
    assert [int(bar[1].replace(",", "")) for bar in bars] == [
        each["count"] for each in dataset["lengths"]["bins"] if each["count"]
    ]
    assert max(len(bar[2]) for bar in bars) == 40
    assert all(len(line) <= 80 for line in lines if line.endswith("#"))
    assert "none go beyond it" in "\n".join(lines)


def test_lengths_are_in_tokens_where_the_tokenizer_is_at_hand(command: Command, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", window=40)
    write_law("luật.txt", chapters=2, articles=8)
    words = ("--text-dir", "luật", "--embedder", f"local:{folder}", "--json")
    (seen,), (done,) = (command(*more, *words).json["datasets"] for more in (("preview",), ()))
    lengths = seen["lengths"]
    assert (lengths["unit"], lengths["limit"], lengths["over"]) == ("tokens", 40, 0)
    assert (lengths["count"], lengths["longest"][0]["size"]) == (done["measured"], done["longest"])
    assert "measured by the tokenizer of model" in seen["notes"][0]
    (wide,) = command("preview", *words, "--chunk-size", "4000").json["datasets"]
    assert "more than the 40 tokens" in wide["notes"][0]


def test_rows_are_measured_whole_and_by_their_chunks(command: Command) -> None:
    answers = ["Ngắn thôi.", "Người lao động được nghỉ. " * 60]
    rows = "".join(f"Hỏi {number}?,{answer}\n" for number, answer in enumerate(answers))
    Path("faq.csv").write_text(f"Câu hỏi,Trả lời\n{rows}", encoding="utf-8")
    (seen,) = command("preview", "--excel", "faq.csv", "--json").json["datasets"]
    assert (seen["rows"]["count"], seen["rows_in_several_chunks"]) == (2, 1)
    assert [(row["place"], row["size"]) for row in seen["rows"]["longest"]] == [
        (f"row {number + 2}", len(f"Hỏi {number}?") + len(answers[number].strip())) for number in (1, 0)
    ]
    lines = command("preview", "--excel", "faq.csv").out.splitlines()
    [line] = [line for line in lines if line.startswith("  rows: ")]
    assert line == (
        "  rows: 2, half of them up to 16 characters with their question; the answers of 1 of them make several chunks"
    )
    assert "    longest row: 1,565: faq.csv, row 3: Hỏi 1?" in lines


def test_the_trees_of_many_files_take_few_lines(command: Command) -> None:
    for number in range(LISTED):
        write_law(f"{number:02}.txt", chapters=3, articles=1)
    run = command("preview", "--text-dir", "luật")
    assert run.out.count("LUẬT NGHỈ PHÉP: ") == 10
    assert [line for line in run.out.splitlines() if "--all" in line] == [
        "  … and 40 more headings of these files (--all shows them)"
    ]
