"""Where a unit is cut: the largest boundary that fits."""

import pytest

from ingest.chunking.packing import ANYWHERE, Budget, Joints, pack
from ingest.chunking.prefixes import Prefixes, shorten, shorten_path
from ingest.chunking.sizers import Characters


def cut(text: str, size: int, joints: Joints = ANYWHERE) -> list[str]:
    packed = pack(text, 0, len(text), Budget(Characters(size)), joints=joints)
    return [text[start:end] for start, end, _, _ in packed]


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


def test_a_pause_before_words() -> None:
    text = "Gồm một hai ba, bốn năm sáu; bảy tám chín, mười mười một mười hai mười ba"
    assert cut(text, 50)[0] == "Gồm một hai ba, bốn năm sáu;"
    assert cut(text.replace(";", ""), 50)[0] == "Gồm một hai ba, bốn năm sáu bảy tám chín,"


def test_a_better_place_before_a_larger_part() -> None:
    text = "một hai ba bốn năm sáu\n\nbảy tám chín\nmười mười một mười hai mười ba mười bốn"
    line, paragraph = text.index("mười"), text.index("bảy")
    assert cut(text, 60)[0] == text[: paragraph - 2]
    assert cut(text, 60, Joints(best=[[], [line]]))[0] == text[: line - 1]
    assert cut(text, 60, Joints(good=[[line]]))[0] == text[: paragraph - 2]
    assert cut(text, 60, Joints(best=[[5], [line]]))[0] == text[: line - 1]  # 5 would leave too little


def test_a_small_part_before_an_item_in_two_pieces() -> None:
    text = "một hai ba\nbốn năm sáu bảy. Tám chín mười mười một mười hai"
    item = text.index("bốn")
    assert cut(text, 50)[0].endswith("bảy.")
    assert cut(text, 50, Joints(best=[[item]])) == ["một hai ba", text[item:]]


def test_a_solid_span_is_cut_only_where_it_does_not_fit() -> None:
    text = "một hai ba bốn năm.\n```\na b c\nd e f\n```\nsáu bảy tám"
    solid = (text.index("```"), text.rindex("```") + 3)
    assert cut(text, 36)[0].count("```") == 1
    assert cut(text, 36, Joints(solids=[solid])) == ["một hai ba bốn năm.", text[solid[0] :]]
    assert cut(text, 18, Joints(solids=[solid])) == cut(text, 18)


@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        ((), "Luật > Điều 5"),
        (("1. Gồm:",), "Luật > Điều 5\n1. Gồm:"),
        (("Như sau:", "1. Gồm:"), "Luật > Điều 5\nNhư sau:\n1. Gồm:"),
        (("Các từ ngữ được hiểu như sau:", "1. Gồm:"), "Luật > Điều 5\n1. Gồm:"),
        (("1. Cơ quan, tổ chức, cá nhân gồm:",), "Luật > Điều 5\n1. Cơ quan, tổ…"),
    ],
)
def test_what_announces_a_part_has_a_quarter_of_the_budget(leads: tuple[str, ...], expected: str) -> None:
    assert Prefixes(Characters(80), ("Luật",), ("Luật", "Điều 5")).follow(leads) == expected


def test_a_path_gives_way_to_what_announces_a_part() -> None:
    prefixes = Prefixes(Characters(80), (), ("Luật Đất đai", "Chương II. Nghĩa vụ", "Điều 5. Quyền"))
    assert prefixes.follow(("1. Gồm:",)) == "Luật… > Chương… > Điều 5. Quyền\n1. Gồm:"
    assert prefixes.first == ""


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
