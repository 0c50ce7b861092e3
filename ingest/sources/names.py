"""What people call the columns of questions, answers and sources, in Vietnamese, Korean and English."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter

ROLES = ("source", "question", "page_content")

# For each role, ranks of names: where several columns of a row could play it, the lowest rank does. Names of one rank
# are equals, between which only a person can choose. A name that often means something else is left out: "văn bản" is
# a document's name as often as its text, "đánh giá" a number of stars, "comments" and "참고" somebody's remarks.
_NAMES: dict[str, tuple[str, ...]] = {
    "page_content": (
        "page_content",
        # What answers a question.
        (
            "answer, answers, reply, response, solution, answer text, answer content, a, câu trả lời, trả lời, đáp án, "
            "phần trả lời, nội dung trả lời, nội dung câu trả lời, nội dung đáp án, lời giải, giải đáp, phúc đáp, "
            "phản hồi, hướng dẫn trả lời, 답변, 답변 내용, 답, 대답, 해답, 정답, 응답, 응답 내용, 회신, 회신 내용"
        ),
        # What stands for itself.
        (
            "content, contents, text, body, full text, passage, paragraph, chunk, context, article text, review, "
            "reviews, review text, nội dung, nội dung văn bản, nội dung chi tiết, nội dung điều luật, "
            "nội dung đánh giá, toàn văn, đoạn văn, bài viết, nhận xét, 내용, 본문, 본문 내용, 상세 내용, 텍스트, "
            "지문, 문단, 조문, 조문 내용, 법령 내용, 리뷰, 리뷰 내용, 후기"
        ),
    ),
    "question": (
        (
            "question, questions, question text, q, câu hỏi, hỏi, nội dung câu hỏi, nội dung hỏi, 질문, "
            "질문 내용, 질문 사항, 문의, 문의 내용, 문의 사항, 질의, 질의 내용, 물음, frequently asked question, "
            "frequently asked questions, câu hỏi thường gặp, 자주 묻는 질문"
        ),
        "query, user query, utterance, prompt, truy vấn, 발화, 질의문",
    ),
    "source": (
        "source, sources, nguồn, 출처",
        (
            "source document, source name, source text, reference, references, citation, citations, legal basis, "
            "văn bản nguồn, nguồn văn bản, tài liệu nguồn, nguồn trích dẫn, nguồn tham khảo, tài liệu tham khảo, "
            "căn cứ pháp lý, căn cứ, cơ sở pháp lý, trích dẫn, tham chiếu, 근거, 근거 법령, 법적 근거, 관련 법령, "
            "관련 근거, 참고 문헌, 참고 자료, 인용, 자료 출처, 원문 출처"
        ),
        "url, link, source url, source link, đường dẫn, liên kết, 링크, 원문 링크, 출처 링크",
    ),
}
ANSWERS, CONTENTS = 1, 2  # two of the ranks of page_content

_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]+")
_AROUND = " \t.,:;?!*·•-_–—'\"“”‘’«»`()[]{}<>《》「」【】"  # decoration that names are written with
_NUMBER = re.compile(r"^\(?\d{1,2}[.):]\s*")
_REMARK = re.compile(r"[(\[].*", re.DOTALL)
_ALTERNATIVES = re.compile(r"[/|\n]")
_FURTHER = re.compile(r"[(\[/|\n（［／｜]")  # with what NFKC makes of the last four


def normalise(name: str) -> str:
    """Bring a name to the form in which names are compared: NFKC, case folded, white space and "_" one space."""
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _INVISIBLE.sub("", name)).casefold())
    return " ".join(name.replace("_", " ").split()).strip(_AROUND)


@lru_cache(4_096)  # every row is asked whether it is a header, and the sources of many rows are the same
def recognise(name: str) -> tuple[str, int] | None:
    """Tell the role that a column of this name plays and the rank of the name, lowest first; None for others.

    Seen through are a number before the name, missing white space or diacritics, a remark in brackets as in
    "Đáp án (bắt buộc)", and several names for one thing as in "Câu hỏi / Question".
    """
    if is_text(name):
        return None
    name = unicodedata.normalize("NFKC", name)
    if whole := _KNOWN.get(_squeeze(name)):
        return whole
    found = [_KNOWN.get(_squeeze(_REMARK.sub("", part))) for part in _ALTERNATIVES.split(name)]
    known = [each for each in found if each]
    if len(known) < len(found) or len({role for role, _ in known}) > 1:
        return None
    return min(known, key=itemgetter(1))


def is_text(cell: str) -> bool:
    """Tell, cheaply, whether a cell is too long for a name that is known: of such cells there are many."""
    return len(_FURTHER.split(cell, 1)[0].replace(" ", "")) > _LONGEST


def _squeeze(name: str) -> str:
    """Drop what is written or not: "pageContent" is "page content", and "내  용" is "내용", padded to a width."""
    return _NUMBER.sub("", normalise(name)).replace(" ", "").replace("-", "")


def _without_marks(name: str) -> str:
    """Write Vietnamese as it is typed on a foreign keyboard. Hangul, which decomposes too, comes back whole."""
    bare = (letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", "".join(bare)).replace("đ", "d")


def _list_names() -> Iterator[tuple[str, tuple[str, int]]]:
    for role, ranks in _NAMES.items():
        for rank, names in enumerate(ranks):
            for name in names.split(", "):
                yield _squeeze(name), (role, rank)
                yield _squeeze(_without_marks(name)), (role, rank)


_KNOWN = dict(_list_names())
_LONGEST = max(map(len, _KNOWN)) + 16  # characters up to a remark: a name with a number and decoration
