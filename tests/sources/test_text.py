import unicodedata
from pathlib import Path

import pytest

from ingest import errors
from ingest.model import Document, File, Ignored, Noted, Skipped
from ingest.sources import open_source
from tests.sources.encodings import VIETNAMESE

ARTICLES = Path("../shared/data/text_ko/articles")
LAW = Path("../shared/data/text_vi/luat2008.txt")
FILE = File("law.txt", "law.txt")


def test_a_file_is_one_document_whose_source_is_its_origin() -> None:
    text = open_source("text", "laws")
    assert list(text.parse(FILE, b"\xef\xbb\xbfa\r\nb")) == [Document("law.txt", "a\nb")]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \n\t\r\n", "\u00a0\u3000".encode()])
def test_a_file_of_nothing_is_ignored(content: bytes) -> None:
    [item] = open_source("text", "laws").parse(FILE, content)
    assert isinstance(item, Ignored)
    assert (item.origin, item.where) == ("law.txt", "")


def test_a_file_that_cannot_be_decoded_is_skipped_as_a_whole() -> None:
    [item] = open_source("text", "laws").parse(FILE, "Điều 1".encode("cp1258", "ignore") + b"\xff")
    assert isinstance(item, Skipped)
    assert (item.origin, item.where) == ("law.txt", "")
    assert "UTF-8" in item.reason


def test_what_was_done_to_read_a_file_is_noted_before_it() -> None:
    content = VIETNAMESE.encode() + b"\xff"
    note, document = open_source("text", "laws").parse(FILE, content)
    assert isinstance(note, Noted)
    assert (note.origin, note.where) == ("law.txt", "line 7")
    assert "0xFF" in note.what
    assert document == Document("law.txt", VIETNAMESE)


def test_an_encoding_that_is_named_is_used_and_is_part_of_the_reading() -> None:
    plain, named = open_source("text", "laws"), open_source("text", "laws", encoding="MS949")
    assert named.reading == open_source("text", "laws", encoding="cp949").reading != plain.reading
    assert list(named.parse(FILE, "민법".encode("cp949")))[1:] == [Document("law.txt", "민법")]
    with pytest.raises(errors.UsageError, match="--encoding klingon: no such encoding"):
        open_source("text", "laws", encoding="klingon")


def test_what_is_no_folder_is_an_error_that_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "pdfs").mkdir()
    (tmp_path / "pdfs/a.pdf").write_bytes(b"%PDF-")
    for name, words in {
        "a.txt": "is a file, not a folder; write --text-dir",
        "gone": "no such file or folder",
        "a.txt/x": "no such file or folder",
        "empty": r"no \.txt, \.md or \.markdown file is in",
        "pdfs": r"no \.txt, \.md or \.markdown file is in",
    }.items():
        with pytest.raises(errors.SourceError, match=words) as caught:
            open_source("text", tmp_path / name).files()
        assert str(tmp_path / name.split("/")[0]) in str(caught.value)


def test_an_error_says_that_the_patterns_left_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    with pytest.raises(errors.SourceError, match="--include and --exclude"):
        open_source("text", tmp_path, exclude=["*"]).files()


@pytest.mark.real_data
@pytest.mark.skipif(not ARTICLES.is_dir(), reason="the files are not here")
def test_761_articles_are_761_documents() -> None:
    source = open_source("text", ARTICLES)
    items = [item for file in source.files() for item in source.parse(file, Path(file.path).read_bytes())]
    assert len(items) == 761
    assert all(isinstance(item, Document) and item.text.strip() for item in items)


@pytest.mark.real_data
@pytest.mark.skipif(not LAW.is_file(), reason="the file is not here")
def test_a_law_in_utf_16_with_mixed_line_ends_is_read_whole() -> None:
    [item] = open_source("text", LAW.parent).parse(File("luat2008.txt", str(LAW)), LAW.read_bytes())
    assert isinstance(item, Document)
    assert "\r" not in item.text
    assert sum(line.startswith("Điều ") for line in item.text.split("\n")) >= 89
    assert item.text.split() == unicodedata.normalize("NFC", LAW.read_bytes().decode("utf-16")).split()
