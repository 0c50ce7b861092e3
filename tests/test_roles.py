"""A column that a sheet had and lost ends the run with 4, and loses nothing of its file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import ItemsSkipped, SourceError
from ingest.model import Columns
from ingest.report import Report
from ingest.roles import Reading, Roles, read_roles
from ingest.sources import open_source
from ingest.stores.readonly import ReadOnlyStore
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, contents
from tests.sources.workbooks import make_workbook
from tests.stores.memory import MemoryStore

HEADER = ("Câu hỏi", "Câu trả lời", "Nguồn")
ROWS = [("연차휴가는?", "15일", "제60조"), ("Nghỉ phép?", "12 ngày", "Điều 113")]
Sheet = Sequence[Sequence[str]]

names = st.sampled_from(["Đáp án", "답변", "answer"])
columns_of_sheets = st.dictionaries(
    st.sampled_from(["faq", "lao động", ""]),
    st.dictionaries(st.sampled_from(["page_content", "question", "source"]), names, min_size=1),
    min_size=1,
)
readings = st.builds(
    Reading, columns_of_sheets, st.dictionaries(st.just("faq"), st.lists(st.just("question"), min_size=1))
)


def sheet(header: Sequence[str] = HEADER, rows: Sheet = ROWS) -> Sheet:
    return [header, *rows]


def run(
    folder: Path,
    store: Any,
    *,
    mapping: Mapping[str, str | Sequence[str]] | None = None,
    options: Options | None = None,
    **files: Mapping[str, Sheet],
) -> Report:
    """Run over a folder of these workbooks, and no other; without any, over what is there."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir() if files else ():
        path.unlink()
    for name, sheets in files.items():
        (folder / f"{name}.xlsx").write_bytes(make_workbook(sheets))
    source = open_source("excel", folder, dataset="faq", mapping=mapping)
    return sync([source], embedder=CountingEmbedder(), store=store, options=options or Options())


def recorded(store: MemoryStore) -> Mapping[str, Any]:
    described = store.describe()
    assert described
    read = read_roles(described.datasets["faq"], accepted=False).read
    return {origin: reading.sheets for origin, reading in read.items()}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "faq"


def test_a_role_that_lost_its_column_is_an_error_that_names_both_ways_out(folder: Path, store: MemoryStore) -> None:
    assert run(folder, store, a={"FAQ": sheet()}).exit_code == 0
    before = contents(store)
    report = run(folder, store, a={"FAQ": sheet(("Thắc mắc", "Câu trả lời", "Nguồn"), [*ROWS, ("x", "new", "y")])})
    assert report.exit_code == SourceError.exit_code
    assert contents(store) == before
    assert (report.total("kept"), report.total("added")) == (4, 0)
    for words in (
        "a.xlsx, sheet FAQ",
        '"Câu hỏi" (question)',
        '"Thắc mắc", "Câu trả lời", "Nguồn"',
        '--map question="…"',
        "--accept-columns",
    ):
        assert words in str(report.failure)
    assert "\n" not in str(report.failure)


@pytest.mark.parametrize(
    ("mapping", "accepted", "question"), [({"question": "thắc mắc"}, False, "연차휴가는?"), ({}, True, "")]
)
def test_each_way_out_goes_on_and_is_recorded(
    folder: Path, store: MemoryStore, mapping: Mapping[str, str], accepted: bool, question: str
) -> None:
    run(folder, store, a={"FAQ": sheet()})
    run(folder, store, a={"FAQ": sheet(("Thắc mắc", "Câu trả lời", "Nguồn"))})
    assert run(folder, store, mapping=mapping, options=Options(accept_columns=accepted)).exit_code == 0
    assert question in {point.payload["question"] for point in store.scroll()}
    again = run(folder, store, mapping=mapping)
    assert (again.exit_code, again.total("unchanged")) == (0, 4 if question else 2)


def test_the_old_name_back_is_as_if_nothing_had_been(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet()})
    before, content = contents(store), (folder / "a.xlsx").read_bytes()
    run(folder, store, a={"FAQ": sheet(("Thắc mắc", "Câu trả lời", "Nguồn"))})
    (folder / "a.xlsx").write_bytes(content)  # made anew, it would bear the time
    report = run(folder, store)
    assert (report.exit_code, report.total("unchanged"), contents(store)) == (0, 4, before)


@pytest.mark.parametrize("beside", [{}, {"Khác": sheet()}])
def test_a_sheet_whose_header_is_no_header_any_more_keeps_its_rows(
    folder: Path, store: MemoryStore, beside: Mapping[str, Sheet]
) -> None:
    run(folder, store, a={"FAQ": sheet(), **beside})
    before = contents(store)
    report = run(folder, store, a={"FAQ": sheet(("Cột một", "Cột hai", "Cột ba")), **beside})
    assert report.exit_code == SourceError.exit_code
    assert contents(store) == before
    assert '"Câu trả lời" (page_content)' in str(report.failure)


def test_nothing_of_a_file_is_written_where_its_last_sheet_lost_a_column(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"Một": sheet(), "Hai": sheet()})
    before = contents(store)
    new = {"Một": sheet(rows=[("q", "mới", "s")]), "Hai": sheet(HEADER[1:], [("b", "c")])}
    assert run(folder, store, a=new).exit_code == SourceError.exit_code
    assert contents(store) == before


def test_other_files_and_datasets_go_on(folder: Path, store: MemoryStore, tmp_path: Path) -> None:
    run(folder, store, a={"FAQ": sheet()}, b={"FAQ": sheet()}, c={"FAQ": sheet()})
    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "luật.txt").write_text("Điều 1", encoding="utf-8")
    short = sheet(HEADER[1:], [("x", "y")])
    for name, table in {"a": short, "b": sheet(rows=[("q", "mới", "s")]), "c": short}.items():
        (folder / f"{name}.xlsx").write_bytes(make_workbook({"FAQ": table}))
    sources = [open_source("excel", folder), open_source("text", tmp_path / "laws")]
    report = sync(sources, embedder=CountingEmbedder(), store=store)
    assert report.exit_code == SourceError.exit_code
    assert "and 1 more" in str(report.failure)
    assert report.datasets[1].error is None
    by_origin = {origin: store.count_origins("faq")[f"{origin}.xlsx"] for origin in "abc"}
    assert (by_origin, store.count("laws")) == ({"a": 4, "b": 2, "c": 4}, 1)
    described = store.describe()
    assert described
    assert "last_run" in described.datasets["laws"]
    last: Any = described.datasets["faq"]["last_run"]
    assert last["added"] == 12, "a run that could not read all was recorded as complete"


def test_a_run_that_refused_a_file_is_not_complete_even_if_it_deletes_nothing(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet()})
    changed = sheet(HEADER[1:], [("x", "y")])
    assert run(folder, store, a={"FAQ": changed}, options=Options(prune=False)).exit_code == SourceError.exit_code
    described = store.describe()
    assert described
    last: Any = described.datasets["faq"]["last_run"]
    assert last["added"] == 4


def test_a_column_of_another_recognised_name_is_no_loss(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet()})
    assert run(folder, store, a={"Faq": sheet(("Question", "Answer", "Source"))}).exit_code == 0
    assert recorded(store) == {
        "a.xlsx": {"faq": {"question": "Question", "page_content": "Answer", "source": "Source"}}
    }


def test_a_sheet_or_a_file_that_is_taken_out_takes_its_columns_along(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet(), "Hai": sheet()}, b={"FAQ": sheet()}, c={"FAQ": sheet()})
    assert run(folder, store, a={"FAQ": sheet()}, c={"FAQ": sheet()}).exit_code == 0
    roles = dict(zip(("question", "page_content", "source"), HEADER, strict=True))
    assert recorded(store) == {"a.xlsx": {"faq": roles}, "c.xlsx": {"faq": roles}}
    described = store.describe()
    assert described
    assert described.datasets["faq"]["columns"] == [{"sheets": {"faq": roles}, "origins": ["a.xlsx", "c.xlsx"]}]


def test_a_sheet_under_another_name_is_looked_for_among_the_new_ones(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"Tháng 10": sheet(), "Khác": sheet()})
    assert run(folder, store, a={"Tháng 11": sheet(), "Khác": sheet()}).exit_code == 0
    report = run(folder, store, a={"Tháng 12": sheet(("Thắc mắc", *HEADER[1:])), "Khác": sheet()})
    assert report.exit_code == SourceError.exit_code
    assert 'sheet Tháng 12: the column "Câu hỏi" (question)' in str(report.failure)
    assert run(folder, store, a={"Khác": sheet(), "Ghi chú": [["x", "y"]]}).exit_code == 0


def test_what_is_not_read_stays_recorded(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet()}, b={"FAQ": sheet()})
    before = recorded(store)
    (folder / "a.xlsx").write_bytes(b"damaged")
    assert run(folder, store).exit_code == ItemsSkipped.exit_code
    assert recorded(store) == before
    (folder / "a.xlsx").write_bytes(make_workbook({"FAQ": sheet(HEADER[1:], [("x", "y")])}))
    assert run(folder, store).exit_code == SourceError.exit_code


def test_a_run_that_fails_records_the_columns_of_what_it_will_not_read_again(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet(HEADER[1:], [("x", "y")])})
    store.fail_at = store.writes + 5  # dataset, new point, deletion and columns are written, the state is not
    report = run(folder, store, a={"FAQ": sheet(HEADER, [("q", "x", "y")])})
    assert "mark" in str(report.failure)
    assert "question" in recorded(store)["a.xlsx"]["faq"]


def test_a_dry_run_says_the_same_and_writes_nothing(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet()})
    writes = store.writes
    report = run(folder, ReadOnlyStore(store), a={"FAQ": sheet(HEADER[1:], [("x", "y")])})
    assert (report.exit_code, store.writes) == (SourceError.exit_code, writes)


RENAMED = ("Câu hỏi", "Phần đáp", "Nguồn")
TWO = {"Một": sheet(), "Hai": sheet()}


def test_a_column_named_for_one_sheet_takes_none_from_another(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a=TWO)
    report = run(folder, store, a={**TWO, "Một": sheet(RENAMED)})
    said = str(report.failure)
    assert 'sheet Một: the column "Câu trả lời" (page_content) that the last run read is gone' in said
    assert '--map page_content="…"' in said
    assert "was told" not in said
    assert "--accept-columns" not in said, "it would delete the rows"
    report = run(folder, store, mapping={"page_content": "Phần đáp"})
    assert (report.exit_code, report.total("unchanged"), store.count("faq")) == (0, 8, 8)


def test_columns_renamed_otherwise_in_two_sheets_are_named_both(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a=TWO)
    new = {"Một": sheet(RENAMED), "Hai": sheet(("Câu hỏi", "Phần giải", "Nguồn"))}
    assert run(folder, store, a=new).exit_code == SourceError.exit_code
    one = run(folder, store, mapping={"page_content": "Phần đáp"})
    assert one.exit_code == SourceError.exit_code
    assert "sheet Hai" in str(one.failure)
    assert "beside what this one is told" in str(one.failure)
    both = {"page_content": ["Phần đáp", "Phần giải"]}
    assert (report := run(folder, store, mapping=both)).exit_code == 0
    assert report.total("unchanged") == 8
    untold = str(run(folder, store).failure)
    assert 'the last run was told --map page_content="Phần đáp" --map page_content="Phần giải", and this' in untold
    assert run(folder, store, mapping=both).exit_code == 0


@pytest.mark.parametrize("header", [RENAMED, ("Cột một", "Cột hai", "Cột ba")])
def test_a_sheet_that_lost_its_header_is_kept_also_where_columns_may_go(
    folder: Path, store: MemoryStore, header: Sequence[str]
) -> None:
    run(folder, store, a=TWO)
    before = contents(store)
    report = run(folder, store, a={**TWO, "Hai": sheet(header)}, options=Options(accept_columns=True))
    assert report.exit_code == SourceError.exit_code
    assert contents(store) == before
    assert "the sheet is hidden or taken out" in str(report.failure)
    assert run(folder, store, a={"Một": sheet()}).exit_code == 0
    assert store.count("faq") == 4


@pytest.mark.parametrize("header", [HEADER, RENAMED])
def test_a_name_that_is_nowhere_is_said_before_all_else(
    folder: Path, store: MemoryStore, header: Sequence[str]
) -> None:
    run(folder, store, a=TWO)
    before, noted = contents(store), recorded(store)
    report = run(folder, store, a={**TWO, "Một": sheet(header)}, mapping={"page_content": "Phần đap"})
    assert report.exit_code == SourceError.exit_code
    assert 'no sheet has a column "Phần đap" (--map page_content)' in str(report.failure)
    assert ('nearest "Phần đáp"' in str(report.failure)) is (header is RENAMED)
    assert "was told" not in str(report.failure)
    assert (contents(store), recorded(store)) == (before, noted)


def test_a_name_may_stand_in_one_file_of_many(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet()}, b={"FAQ": sheet()}, c={"FAQ": sheet()})
    (folder / "b.xlsx").write_bytes(make_workbook({"FAQ": sheet(RENAMED)}))
    report = run(folder, store, mapping={"page_content": "Phần đáp"})
    assert (report.exit_code, report.total("unchanged"), store.count("faq")) == (0, 12, 12)
    before = contents(store)
    report = run(folder, store, mapping={"page_content": "Phần đap"})
    assert report.exit_code == SourceError.exit_code
    assert contents(store) == before


def test_a_column_that_is_there_and_was_never_named_is_not_said_to_have_been(folder: Path, store: MemoryStore) -> None:
    run(folder, store, a={"FAQ": sheet()})
    report = run(folder, store, mapping={"source": "Câu hỏi"})
    assert 'the column "Câu hỏi" (question) that the last run read is not taken' in str(report.failure)
    assert run(folder, store, mapping={"source": "Câu hỏi", "question": "Câu hỏi"}).exit_code == 0


def test_what_an_older_version_recorded_says_nothing_of_what_was_named() -> None:
    old = {"columns": [{"sheets": {"faq": {"page_content": "Phần đáp"}}, "origins": ["a"]}]}
    roles = read_roles(old, accepted=False)  # type: ignore[arg-type]
    assert not roles.check(Columns("a", {"FAQ": {}}, {"FAQ": ["Phần đáp"]}))
    assert "was told" not in roles.refusals[0]
    assert '--map page_content="Phần đáp"' in roles.refusals[0]


@given(st.dictionaries(st.sampled_from(["a.xlsx", "b.xlsx", "c.csv"]), readings))
def test_what_is_recorded_reads_back(read: dict[str, Reading]) -> None:
    assert read_roles({"columns": Roles(read).describe()}, accepted=False).read == read


@given(columns_of_sheets, columns_of_sheets)
def test_a_role_is_lost_in_a_sheet_that_is_there_still_or_for_all_that_are_new(
    before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> None:
    roles = Roles()
    roles.note(Columns("a", before, {}), whole=True)
    columns = Columns("a", {name.upper(): found for name, found in now.items()}, {name.upper(): () for name in now})
    lost = any(before[name].keys() - now[name].keys() for name in before.keys() & now.keys())
    had, has = (
        {role for name in one.keys() - other.keys() for role in one[name]}
        for one, other in [(before, now), (now, before)]
    )
    lost = lost or bool(has and had - has)
    assert roles.check(columns) is not lost
    kept = before.keys() & now.keys()
    emptied = any("page_content" in before[name].keys() - now[name].keys() for name in kept)
    if has and not any(before[name].keys() - now[name].keys() for name in kept):
        emptied = "page_content" in had - has
    assert replace(roles, accepted=True).check(columns) is not emptied
    assert bool(roles.refusals) is lost
