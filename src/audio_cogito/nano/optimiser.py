"""Muon for the matrices, AdamW for the rest.

Muon (Keller Jordan and others, https://kellerjordan.github.io/posts/muon) makes each step of a matrix orthogonal by
five Newton-Schulz iterations. The coefficients are that page's; the step is scaled by 0.2 times the root of the longer
side, so that one rate fits both (Liu and others, arXiv 2502.16982).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
MATRIX_DECAY, OTHER_DECAY = 0.05, 0.01
ITERATIONS = 5
OTHERS = ("embed_tokens.weight", "lm_head.weight", "mlp.gate.weight")
"""Matrices that are tables rather than maps, and the router."""


class Muon:
    def __init__(self, named: list[tuple[str, nn.Parameter]]) -> None:
        self.matrices = [p for name, p in named if p.ndim in (2, 3) and not name.endswith(OTHERS)]
        chosen = {id(p) for p in self.matrices}
        self.momenta = [torch.zeros_like(p) for p in self.matrices]
        rest = [p for _, p in named if id(p) not in chosen]
        self.adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=OTHER_DECAY, fused=True)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step with the gradients that are there; parameters without one stay."""
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        for matrix, momentum in zip(self.matrices, self.momenta, strict=True):
            if matrix.grad is None:
                continue
            momentum.lerp_(matrix.grad, 1 - MOMENTUM)
            ahead = matrix.grad.lerp(momentum, MOMENTUM)
            scale = 0.2 * max(matrix.shape[-2:]) ** 0.5
            matrix.mul_(1 - rate * MATRIX_DECAY).add_(orthogonal(ahead), alpha=-rate * scale)

    def state(self) -> dict[str, Any]:
        return {"momenta": self.momenta, "adam": self.adam.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        for mine, saved in zip(self.momenta, state["momenta"], strict=True):
            mine.copy_(saved)
        self.adam.load_state_dict(state["adam"])


def orthogonal(matrix: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrix, roughly; of a stack, each."""
    x = matrix.bfloat16()
    if tall := x.shape[-2] > x.shape[-1]:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(ITERATIONS):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).float()
