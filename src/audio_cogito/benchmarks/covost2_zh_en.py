"""CoVoST 2, Chinese speech into English: the clips of Common Voice's `clips` folder, translated.

Corpus BLEU with its signature, tokens by sacrebleu's `13a`; BLEU-1 to BLEU-4 as Audio-Reasoner's Table 7 seems to mean
them (`grading/bleu.py`). Audio-Cogito and Audio-Reasoner are trained on CoVoST 2: only its test split is held out.
"""

from __future__ import annotations

from audio_cogito.benchmarks import Anchor, _covost2

INFO = _covost2.info("zh-en", "zh-CN", "en")
ANCHORS = (
    Anchor(model="Qwen2-Audio", scores={"BLEU": 24.4}, source=_covost2.QWEN),
    Anchor(model="Qwen3-Omni-Instruct", scores={"BLEU": 29.40}, source=_covost2.ULTRA),
    _covost2.reasoner("Audio-Reasoner", 56.50, 29.99, 18.37, 11.62, 29.13),
    _covost2.reasoner("Gemini 1.5 Pro", 51.83, 26.61, 16.27, 10.88, 26.39),
    _covost2.reasoner("Qwen2-Audio-Instruct", 48.52, 24.31, 14.65, 9.24, 24.18),
)

items, grader, measures = _covost2.direction("zh-en", "English", tokens="13a")
