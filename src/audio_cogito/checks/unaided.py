"""Whether a chain betrays that it was helped: that an answer or a description was given to whoever wrote it.

For chains of a thinker that was shown the answer (`think.answer_shown`), where a recipe has this check without listing
it. Told by words alone, in English and Chinese: "the given answer", "since the correct answer is", "as the caption
says". A chain that states its answer ("so the correct answer is the bell"), weighs "the given options" or retells what
a speaker describes mentions nothing that it should not know. A chain in another script is `unscored`.

Where a word may mean either, it fails: a good chain lost costs a chain, one that betrays its help teaches to pretend.
What is argued from the answer without a word of it is for the judge to find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from audio_cogito.checks import CheckInfo
from audio_cogito.checks.language import script
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.types import Finding, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a chain that mentions no answer and no description that was given")
KNOWN = ("Latin", "Chinese")

GIVEN = (
    r"(?:given|provided|supplied|reference|expected|stated|specified|known|target|intended|official|ground[- ]truth)"
)
KEY = r"(?:(?:correct|right|final|expected|true|reference)\s+)?(?:answer|solution|choice|option)"
NOTES = r"(?:captions?|descriptions?|annotations?|metadata|transcripts?|labels?)"
"""Not `notes`, which music has."""
SAYS = (
    r"(?:says?|said|states?|stated|mentions?|mentioned|notes?|noted|indicates?|indicated|describes?|described|tells?|"
    r"confirms?|confirmed|suggests?|suggested|specifies|specified|explicitly|clearly|also|provided|given)"
)
OWN_PART = r"(?!\s+(?:section|part|step)\b)"
"""A chain may name the parts that it consists of."""
GIVER = r"(?!\s+by\b)"
"""What somebody within the clip says, tells or gives."""
SPOKEN = r"(?!\s+(?:of\b|by\b|that\s+(?:he|she|they|the\s+\w+)\b|(?:given|provided)\s+by\b))"
"""A description that somebody gives within the clip."""
ENGLISH = {
    "mentions_given_answer": (
        rf"\b(?:the|this|that|an?|our|my)\s+(?:already\s+)?{GIVEN}\s+(?:answer|solution|key)(?!\s+(?:choices|options))\b",
        r"\b(?:the|this)\s+(?:answer|solution)\s+(?:key\b|(?:that\s+)?(?:(?:was|is|has\s+been)\s+)?"
        r"(?:provided|given|supplied|shown|specified)\b(?!\s+(?:by|in)\s+the\s+(?:\w+\s+)?"
        r"(?:speaker|man|woman|caller|guest|host|teacher|student|clip|audio|recording|conversation)))",
        rf"\b(?:since|because|given\s+that|knowing(?:\s+that)?|as)\s+(?:we\s+know\s+|i\s+know\s+)?(?:that\s+)?"
        rf"the\s+{KEY}\s+(?:is|was|must\s+be|has\s+to\s+be|should\s+be)\b",
        rf"\b(?:know|knew|told|informed|aware)\s+(?:already\s+)?(?:that\s+)?the\s+{KEY}\b",
        rf"\b(?:matches|match|matching|agrees?\s+with|aligns?\s+with|consistent\s+with|confirms?|supports?|leads?\s+to|"
        rf"justif(?:y|ies)|arrives?\s+at)\s+the\s+(?:already\s+)?{GIVEN}\s+(?:\w+\s+)?(?:answer|solution|choice|option)\b",
        r"\b(?:ground[- ]truth|answer\s+key)\b",
    ),
    "mentions_caption": (
        rf"\b(?:according\s+to|based\s+on|per|from|as\s+per|consistent\s+with|matches|using)\s+(?:the|this|these|our)\s+"
        rf"(?:\w+\s+){{0,2}}?{NOTES}\b{OWN_PART}{SPOKEN}",
        rf"\b(?:the|this)\s+(?:given|provided|supplied|accompanying|textual|text|written|original|audio|attached)\s+"
        rf"(?:\w+\s+)?{NOTES}\b{OWN_PART}",
        rf"\b(?:the|these)\s+{NOTES}\s+(?:that\s+)?(?:(?:is|are|was|were)\s+)?{SAYS}\b{GIVER}",
        rf"\bas\s+(?:\w+\s+){{0,2}}?in\s+the\s+{NOTES}\b{OWN_PART}",
    ),
}
CHINESE = {
    "mentions_given_answer": (
        r"(?:给定|给出|提供|已知|参考|标准|预期|题目给|所给)的?(?:正确)?答案(?!选项)",
        r"(?:由于|因为|既然|鉴于)(?:我们)?(?:已经?)?(?:知道|得知)?(?:了)?(?:正确)?(?:的)?答案(?:是|为)",
        r"(?:已知|知道|得知)(?:了)?(?:正确)?(?:的)?答案",
    ),
    "mentions_caption": (
        r"(?:根据|按照|依据|基于|正如|如)(?:上述|所|给定|给出|提供|音频|文字|原始|这段|该|的)*(?:描述|字幕|说明|标注|注释|元数据)",
        r"(?:给定|给出|提供|所给|附带|原始|文字)的?(?:音频)?(?:的)?(?:描述|字幕|说明|标注|注释|元数据)",
        r"(?:描述|字幕|标注|注释)(?:中|里|上)?(?:说|写道|提到|指出|表明|显示|提及)",
    ),
}
PATTERNS = {
    kind: re.compile("|".join((*ENGLISH[kind], *CHINESE[kind])), re.IGNORECASE)
    for kind in ("mentions_given_answer", "mentions_caption")
}
SIGNS = {
    "mentions_given_answer": ("answer", "solution", "truth", "choice", "option", "答案"),
    "mentions_caption": (
        *("caption", "descri", "annotat", "metadata", "transcript", "label"),
        *("描述", "字幕", "说明", "标注", "注释", "元数据"),
    ),
}
"""Without one of these a sentence mentions nothing; looking for them costs a tenth of reading it."""
SENTENCE_END = re.compile(r"[.!?。！？\n]+")
SECTION = re.compile(r"</?[A-Z]+>")
"""The marks of a chain's own parts, one of which is called CAPTION."""


class Settings(Record, omit_defaults=False):
    """Nothing can be set."""


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    said = SECTION.sub("\n", f"{trace.thinking}\n{trace.text}")
    findings = tuple(_findings(said))
    if findings:
        reason = ", ".join(dict.fromkeys(finding.kind for finding in findings))
        return Verdict(check="unaided", outcome="fail", reason=reason, findings=findings)
    written = script(said)
    if written is not None and written not in KNOWN:
        return Verdict(check="unaided", outcome="unscored", reason=f"a chain in {written} script cannot be read here")
    return Verdict(check="unaided", outcome="pass")


def _findings(said: str) -> Iterator[Finding]:
    sentences = [(sentence, sentence.lower()) for sentence in SENTENCE_END.split(said)]
    for kind, pattern in PATTERNS.items():
        for sentence, folded in sentences:
            if any(sign in folded for sign in SIGNS[kind]):
                for match in pattern.finditer(sentence):
                    yield Finding(kind=kind, quote=" ".join(match[0].split()), detail="nothing that a listener has")
