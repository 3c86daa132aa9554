"""A loss of ms-swift's kind: the answer is learnt, the reasoning before it is not.

Loaded by ms-swift itself (`external_plugins`), under the name `cogito_answer`.
"""

from __future__ import annotations

from typing import Any

from swift.loss_scale import LossScale, loss_scale_map

NAME = "cogito_answer"
ENDS = ("</think>\n\n", "</THINK>\n")
"""What reasoning ends with, in either form of a row."""


class AnswerLossScale(LossScale):  # type: ignore[misc,unused-ignore]
    def get_loss_scale(self, context: Any, **_: Any) -> tuple[list[Any], list[float]]:
        for end in ENDS:
            if isinstance(context, str) and end in context:
                reasoning, answer = context.split(end, 1)
                return [reasoning + end, answer], [0.0, 1.0]
        return [context], [1.0]


loss_scale_map[NAME] = AnswerLossScale
