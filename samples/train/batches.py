"""Examples as numbers: laid one after the other into rows of one length, each seeing only itself."""

from random import Random

import torch

from body import Body, Example
from bpe import Bpe

ROW_TOKENS, ROWS = 256, 4
# What the loss of a token counts. Prompts count a little, so that the model is no stranger to the texts themselves.
PROMPT_WEIGHT, RESPONSE_WEIGHT, JUDGEMENT_WEIGHT = 0.05, 1.0, 3.0
JUDGEMENTS = (" same", " different", " right", " wrong")


def to_tokens(example: Example, bpe: Bpe) -> tuple[list[int], list[float]]:
    """Each token, and what its prediction counts."""
    begin, end, user, assistant, system = (bpe.special(name) for name in ("begin", "end", "user", "assistant", "system"))
    ids = [begin, system, *bpe.encode(example.system)] if example.system else [begin]
    weights = [0.0] * len(ids)
    judgements = {tuple(bpe.encode(text)) for text in JUDGEMENTS}
    for turn in example.turns:
        prompt = bpe.encode(turn.prompt)
        before, after = ([], []) if example.raw else ([user], [assistant])
        ids += [*before, *prompt, *after]
        weights += [*(0.0 for _ in before), *(PROMPT_WEIGHT for _ in prompt), *(0.0 for _ in after)]
        response = bpe.encode(turn.response)
        ids += [*response, end]
        judged = example.kind == "final"
        weights += [JUDGEMENT_WEIGHT if judged and (token,) in judgements else RESPONSE_WEIGHT for token in response] + [RESPONSE_WEIGHT]
    return ids, weights


class Batches:
    """An endless supply: what does not fit into one batch comes first in the next."""

    def __init__(self, body: Body, bpe: Bpe, seed: int):
        self.body, self.bpe, self.choice = body, bpe, Random(seed)
        self.waiting: list[tuple[list[int], list[float]]] = []

    def next(self):
        rows = [([], [], []) for _ in range(ROWS)]
        later = []
        number = 0
        while len(later) < ROWS:
            ids, weights = self.waiting.pop() if self.waiting else to_tokens(self.body.draw(self.choice), self.bpe)
            number += 1
            row = next((row for row in rows if len(row[0]) + len(ids) <= ROW_TOKENS), None)
            if row is None:
                later.append((ids, weights))
                continue
            row[0].extend(ids)
            row[1].extend(weights)
            row[2].extend([number] * len(ids))
        self.waiting = later
        ids, weights, owners = (torch.tensor([row[part] + [0] * (ROW_TOKENS - len(row[part])) for row in rows]) for part in range(3))
        # A token sees those before it in its own example; what fills a row up belongs to example 0.
        mask = (owners[:, None, :, None] == owners[:, None, None, :]).tril()
        return ids, weights, mask
