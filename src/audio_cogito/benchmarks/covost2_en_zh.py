"""CoVoST 2, English speech into Chinese: the clips of Common Voice's `clips` folder, translated.

Corpus BLEU with its signature, tokens by sacrebleu's `zh`; BLEU-1 to BLEU-4 as Audio-Reasoner's Table 7 seems to mean
them (`grading/bleu.py`). Audio-Cogito and Audio-Reasoner are trained on CoVoST 2: only its test split is held out.
"""

from __future__ import annotations

from audio_cogito.benchmarks import Anchor, _covost2

INFO = _covost2.info("en-zh", "en", "zh-CN")
ANCHORS = (
    Anchor(model="Qwen2-Audio", scores={"BLEU": 45.2}, source=_covost2.QWEN),
    Anchor(model="Qwen3-Omni-Instruct", scores={"BLEU": 46.58}, source=_covost2.ULTRA),
    _covost2.reasoner("Audio-Reasoner", 72.89, 54.17, 42.46, 33.95, 50.87),
    _covost2.reasoner("Gemini 1.5 Pro", 68.25, 49.12, 37.81, 29.79, 46.24),
    _covost2.reasoner("Qwen2-Audio-Instruct", 58.63, 39.55, 28.71, 21.40, 37.07),
)

items, grader, measures = _covost2.direction("en-zh", "Chinese", tokens="zh")
