"""Where a unit is cut: the largest boundary that fits."""

import pytest

from ingest.chunking.packing import Room, pack
from ingest.chunking.prefixes import shorten, shorten_path


def cut(text: str, size: int) -> list[str]:
    return [text[start:end] for start, end in pack(text, 0, len(text), Room(size, size, 0))]


def test_paragraphs_before_lines() -> None:
    text = "Một hai ba.\nBốn năm.\n\nSáu bảy tám chín.\nMười mười một.\n\nMười hai mười ba mười bốn."
    assert cut(text, 50) == ["Một hai ba.\nBốn năm.", "Sáu bảy tám chín.\nMười mười một.", "Mười hai mười ba mười bốn."]


def test_an_empty_line_may_hold_spaces() -> None:
    assert cut("Một hai ba bốn.\n \t\nNăm sáu.\nBảy tám chín.", 34) == ["Một hai ba bốn.", "Năm sáu.\nBảy tám chín."]


def test_lines_before_sentences() -> None:
    text = "a) Một hai. Ba bốn;\nb) Năm sáu. Bảy tám;\nc) Chín. Mười."
    assert cut(text, 45) == ["a) Một hai. Ba bốn;\nb) Năm sáu. Bảy tám;", "c) Chín. Mười."]


def test_a_short_first_line_does_not_stand_alone() -> None:
    text = "Gồm:\n" + "một hai ba bốn " * 8
    assert cut(text, 60)[0].startswith("Gồm:\nmột hai")


def test_the_last_part_is_not_tiny() -> None:
    parts = cut("từ " * 41, 120)
    assert len(parts) == 2
    assert len(parts[1]) >= 25


def test_words_before_characters() -> None:
    word = "https://example.org/" + "x" * 60
    assert cut(f"Xem {word} và {word} nữa", 90) == [f"Xem {word} và", f"{word} nữa"]
    assert cut("x" * 100, 40) == ["x" * 40, "x" * 40, "x" * 20]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Người lao động nghỉ phép. Người sử dụng trả lương đủ.", "Người lao động nghỉ phép."),
        ("Is it so? Yes, it really is what they said it was.", "Is it so?"),
        ("He said “stop now.” Then they all went home again.", "He said “stop now.”"),
        ("근로자는 휴가를 받는다. 사용자는 임금을 지급하여야 한다고 정한다.", "근로자는 휴가를 받는다."),
        ("本法适用于中华人民共和国。劳动者依法享有休假的权利和其他权利。", "本法适用于中华人民共和国。"),
        ("これは法律です。労働者は年次有給休暇を取得することができます。", "これは法律です。"),
        ("Năm ban hành là 2009. Luật này thay thế luật trước đó.", "Năm ban hành là 2009."),
    ],
)
def test_a_sentence_ends(text: str, expected: str) -> None:
    assert cut(text, max(len(expected) + 5, len(text) * 2 // 3))[0] == expected


@pytest.mark.parametrize(
    "trap",
    [
        "TP. Hồ Chí Minh",
        "TP.HCM. Các quận",
        "GS. Nguyễn Văn A",
        "ThS. Trần",
        "Điều 5. Phạm vi",
        "khoản 2. Phạm vi",
        "Art. 5 GDPR",
        "No. 12 of",
        "J. Smith",
        "e.g. Words",
        "v.v. và nhiều",
        "Điều 21.2.LQ.1. Phạm vi",
    ],
)
def test_an_abbreviation_or_a_number_ends_no_sentence(trap: str) -> None:
    text = f"Câu này đứng trước rất rõ. Ở đây {trap} còn nhiều chữ nữa sau đó"
    assert cut(text, len(text) - 5)[0] == "Câu này đứng trước rất rõ."


@pytest.mark.parametrize("marker", ["1.", "12.", "3a.", "a.", "IV."])
def test_a_list_marker_ends_no_sentence(marker: str) -> None:
    text = f"{marker} Người lao động có quyền được nghỉ phép năm theo luật"
    assert cut(text, 40)[0].startswith(f"{marker} Người lao")


def test_a_row_of_dots_is_one_stop() -> None:
    assert cut("Chương I ........................ Trang 5 của sách này", 48)[0] == "Chương I ........................"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("một hai ba", 10, "một hai ba"),
        ("một hai ba", 9, "một hai…"),
        ("một hai ba", 8, "một hai…"),
        ("một hai ba", 7, "một…"),
        ("x" * 30, 10, "x" * 9 + "…"),
        ("a " + "x" * 30, 10, "a " + "x" * 7 + "…"),
        ("xxxxxxxe\u0301e\u0301", 9, "xxxxxxx…"),
    ],
)
def test_a_prefix_is_cut_at_its_end(text: str, limit: int, expected: str) -> None:
    assert shorten(text, limit) == expected


@pytest.mark.parametrize(
    ("path", "limit", "expected"),
    [
        ([], 20, ""),
        (["Luật", "Điều 5"], 20, "Luật > Điều 5"),
        (["Luật Đất đai", "Chương I", "Điều 5"], 26, "Luật… > Chương… > Điều 5"),
        (["Luật Đất đai", "Chương I", "Điều 5"], 12, "… > Điều 5"),
        (["Luật Đất đai", "Điều 5. Quyền"], 13, "Điều 5. Quyền"),
        (["Luật Đất đai", "Điều 5. Quyền và nghĩa vụ"], 16, "Điều 5. Quyền…"),
        (["Luật", "Một chương dài lắm", "Điều 5"], 29, "Luật > Một chương… > Điều 5"),
    ],
)
def test_a_path_is_cut_from_outside(path: list[str], limit: int, expected: str) -> None:
    assert shorten_path(path, limit) == expected
