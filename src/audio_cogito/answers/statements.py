"""Where a text says that what follows is its answer: in a tag, in a box, or after words such as "The answer is"."""

from __future__ import annotations

import re

from audio_cogito.answers.text import plain

ENCLOSED = re.compile(r"<answer>(.{0,2000}?)</answer>|\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}", re.DOTALL | re.IGNORECASE)
LATEX_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\{([^{}]*)\}")
MARKER = re.compile(
    r"(?:^|(?<=[.,:;!?)>])|\b(?:so|thus|hence|therefore|that|and|is|conclude|believe|think|say)(?=\s))[\s#>]{0,8}"
    r"(?:(?:the|my|our|final|correct|right|best|most|likely|fitting|appropriate)\s+)*"
    r"(?:(?:answer|choice|option)(?:\s*[:=]|\s+(?:is|would be|should be|must be)\b\s*:?)|答案(?:(?:是|为):?|:))\s*",
    re.IGNORECASE | re.MULTILINE,
)


def statements(text: str) -> list[str]:
    """What follows each marker, or is enclosed by tags or boxes, without emphasis. Empty when there is neither."""
    if enclosed := ENCLOSED.findall(text):
        return [plain(LATEX_TEXT.sub(r"\1", tagged or boxed)) for tagged, boxed in enclosed]
    return MARKER.split(plain(text))[1:]
