"""Trains the sample model: one command, about ten minutes on a core that has nothing else to do.

    python train.py --seed 1 --out ../milton-sample-2m

Everything is fixed by the seed and the number of steps, never by the clock; one thread computes, since the order of
additions depends on their number. `--early 300 DIR` also saves the model as it is after 300 steps.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch.nn import functional

from batches import Batches
from body import SAMPLES, Body
from bpe import learn
from hf_files import read_weights, write_model
from judge import held_out_cases, judge, retrieval
from model import Model

VOCABULARY, STEPS, WARM_UP = 1024, 3000, 100
LEARNING_RATE, DECAY = 2e-3, 0.05


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--early", nargs=2, metavar=("STEP", "DIR"))
    parser.add_argument("--held-out", action="store_true", help="judge on the held-out set too, once all is decided")
    options = parser.parse_args()
    early_step, early_out = (int(options.early[0]), Path(options.early[1])) if options.early else (None, None)

    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    body = Body()
    bpe = learn(body.texts(), VOCABULARY)
    model = Model(len(bpe.tokens))
    batches = Batches(body, bpe, options.seed)
    started = time.monotonic()
    for step in steps(model, batches, options.steps):
        if step == early_step:
            write_model(early_out, model, bpe)
    print(f"trained in {time.monotonic() - started:.0f} s", flush=True)

    write_model(options.out, model, bpe)
    # Judged is what was written: half precision.
    model.load_state_dict(read_weights(options.out / "model.safetensors"))
    found = judge(model, bpe, body)
    if options.held_out:
        found |= held_out_cases(model, bpe, body, json.loads((SAMPLES / "held-out/cove.json").read_text())["cases"])
        found["held-out retrieval F1"] = retrieval(model, bpe, body, json.loads((SAMPLES / "held-out/retrieval.json").read_text()))
    for name, value in found.items():
        print(f"{name:28} {value:6.1f}")


def steps(model: Model, batches: Batches, count: int):
    """Trains, and yields after each step; the learning rate rises, stays, and falls to nothing over the second half."""
    matrices = [weight for weight in model.parameters() if weight.dim() == 2]
    vectors = [weight for weight in model.parameters() if weight.dim() == 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98), fused=True)
    started, total = time.monotonic(), 0.0
    for step in range(1, count + 1):
        share = min(1.0, step / WARM_UP, 2 * (count - step + 1) / count)
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * share
        ids, weights, mask = batches.next()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(ids, mask)
        losses = functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
        counted = weights[:, 1:].flatten()
        loss = (losses * counted).sum() / counted.sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if step % 100 == 0:
            print(f"step {step:5} of {count}  loss {total / 100:.4f}  {time.monotonic() - started:.0f} s", flush=True)
            total = 0.0
        yield step


main()
