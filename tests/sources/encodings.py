"""Sample texts, and writers of encodings that the standard library reads only, or not at all."""

import unicodedata
from collections.abc import Callable

from ingest.sources import legacy

VIETNAMESE = """Điều 12. Thời giờ làm việc của người lao động
1. Người sử dụng lao động có trách nhiệm thông báo chế độ làm việc theo ngày hoặc theo tuần cho người lao động biết.
2. Thời giờ làm việc bình thường không quá tám giờ trong một ngày và không quá bốn mươi tám giờ trong một tuần.
3. Nhà nước khuyến khích doanh nghiệp thực hiện tuần làm việc bốn mươi giờ đối với mọi lao động, kể cả người học nghề.
4. Khi nghỉ giữa ca, người lao động được trả đủ tiền lương; việc ăn uống, đi lại do hai bên tự thỏa thuận với nhau.
5. Cơ quan quản lý ở địa phương kiểm tra, xử lý những đơn vị vi phạm và gửi báo cáo hằng quý về bộ phận phụ trách.
"""
KOREAN = """제12조(근로시간) ① 사용자는 근로자에게 휴게시간을 제외하고 일주일에 마흔 시간을 초과하여 일을 시킬 수 없다.
② 하루의 근로시간은 휴게시간을 제외하고 여덟 시간을 넘지 못한다. 다만, 당사자가 서로 합의하면 그러하지 아니하다.
③ 작업을 위하여 근로자가 사용자의 지휘와 감독 아래에 있는 대기시간 등은 근로시간으로 본다.
제13조(휴일) 사용자는 근로자에게 한 주에 평균 한 번 이상의 유급휴일을 보장하여야 하며, 그 날을 미리 알려야 한다.
"""
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def write_cp1258(text: str) -> bytes:
    """Write Windows-1258: a tone is a character of its own behind its letter, unless the two are one of Latin-1's."""
    written = []
    for letter in unicodedata.normalize("NFC", text):
        try:
            written.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            plain = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
            written.append((plain + "".join(part for part in parts if part in _TONES)).encode("cp1258"))
    return b"".join(written)


def write_tcvn3(text: str) -> bytes:
    """Write TCVN3; a capital with a tone becomes a small letter, for its font to show."""
    small = {letter.upper(): letter for letter in legacy.TCVN3[0xB5:] if letter.islower()}
    return bytes(legacy.TCVN3.index(small.get(letter, letter)) for letter in text)


def write_viscii(text: str) -> bytes:
    """Write VISCII."""
    return bytes(legacy.VISCII.index(letter) for letter in text)


def write_vni(text: str) -> bytes:
    """Write VNI Windows: letters of their own, and marks behind the others."""
    letters = {meant: shown for shown, meant in legacy._VNI.items() if not unicodedata.combining(meant[0])}
    marks = {
        unicodedata.normalize("NFD", "a" + meant)[1:]: shown
        for shown, meant in legacy._VNI.items()
        if unicodedata.combining(meant[0])
    }
    written = ""
    for letter in text:
        small = letter.lower()
        base, tone = small, ""
        if small not in letters and not small.isascii():
            base, tone = _divide(small, letters)
        shown = letters.get(base, base) + (marks[tone] if tone else "")
        written += shown.upper() if letter.isupper() else shown
    return written.encode("cp1252")


def _divide(letter: str, letters: dict[str, str]) -> tuple[str, str]:
    """Divide a letter into what VNI has a byte for, and the marks behind it."""
    parts = unicodedata.normalize("NFD", letter)
    horned = unicodedata.normalize("NFC", parts[0] + "\u031b")
    if "\u031b" in parts and horned in letters:
        return horned, parts[1:].replace("\u031b", "")
    return parts[0], parts[1:]


WRITERS: dict[str, Callable[[str], bytes]] = {
    "Windows-1258": write_cp1258,
    "TCVN3 (ABC)": write_tcvn3,
    "VNI": write_vni,
    "VISCII": write_viscii,
}
