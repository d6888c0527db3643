"""Muon (Jordan et al. 2024): momentum whose matrix updates are made orthogonal by a Newton-Schulz iteration.

For the weights of inner layers; everything else (stems, heads, embeddings, norms, biases) stays with AdamW.
"""

import torch

MOMENTUM = 0.95
ITERATIONS = 5


def orthogonal(update: torch.Tensor) -> torch.Tensor:
    """The nearest orthogonal matrix, roughly; the quintic coefficients are those of the original."""
    x = update.bfloat16()
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(ITERATIONS):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x if wide else x.T).float()


class Muon(torch.optim.Optimizer):
    """Takes weights of two or more dimensions; convolutions count as matrices [out, in·k·k]."""

    def __init__(self, weights, lr, weight_decay=0.01):
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                momentum.lerp_(weight.grad, 1 - MOMENTUM)
                update = orthogonal(weight.grad.lerp(momentum, MOMENTUM).flatten(1))
                scale = max(1.0, update.shape[0] / update.shape[1]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update.view_as(weight), alpha=-group["lr"] * scale)


def split(model):
    """Weights for Muon, what is learned cell by cell (grids and scores), and the others."""
    inner, cells, other = [], [], []
    for name, weight in model.named_parameters():
        edge = any(part in name for part in ("stem", "words", "cond.", "place", "film", "who", "plan."))
        head = name in ("out.weight", "sound_out.weight", "score_out.weight", "grade.weight")
        if name.endswith((".cells", ".tokens")):
            cells.append(weight)
        else:
            (inner if weight.dim() >= 2 and not edge and not head else other).append(weight)
    return inner, cells, other
