"""Text that some other program damaged before it was saved: valid UTF-8, but not what anyone wrote."""

import re

# UTF-8 that was once read as one of these, and saved as UTF-8 again, is what is met in the wild.
_CODECS = (("latin-1", "Latin-1"), ("cp1252", "Windows-1252"), ("mac_roman", "Mac Roman"))
# The sequences that encode one character in two to four bytes (RFC 3629).
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SHARE = 0.5  # of the characters beyond ASCII; 0.82 in a sample that lost a third of its letters, 0.00 in sound laws
_MANY = 10  # below so many sequences chance can make half of them ("Spaß“"): then all must be of the kind, and two


def find_mojibake(text: str) -> str:
    """Name the encoding that a text in UTF-8 was once wrongly read in, "" where it reads as it was written."""
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    for codec, name in _CODECS:
        lengths = [len(sequence) for sequence in _SEQUENCE.findall(text.encode(codec, "replace"))]
        least = _SHARE * foreign if len(lengths) >= _MANY else foreign
        if len(lengths) > 1 and sum(lengths) >= least:
            return name
    return ""
