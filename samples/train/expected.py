"""What PyTorch computes with the written weights, and how it cuts texts: the fixture that llama.cpp is held against.

    python expected.py ../milton-sample-2m ../../test/fixtures/sample-model.json

In double precision. Every 16th column of log-probabilities is kept of each place, and the most probable token.
"""

import json
import sys
from pathlib import Path

import torch

from bpe import Bpe
from hf_files import read_weights
from model import Model

QUESTIONS = [
    "What is the capital of Peru?",
    "What is 39 + 23?",
    "What is the chemical symbol of copper?",
    "What does milton rollback do?",
    "Who are you?",
]
TEXTS = [
    "Document: A loaf costs 4 coins, isn't it?\nQuestion: What's a 12,345th of it?",
    "def f(x):\n    return x ** 2  # twice\n\n\n",
    "  two  spaces\tand a tab \n",
    "WE'LL don't I'm 007 3.14 --> \"quoted\" (x)[0]{y} ... !?",
]
STEP = 16


@torch.no_grad()
def main():
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    definition = json.loads((folder / "tokenizer.json").read_text())
    bpe = Bpe([tuple(merge) for merge in definition["model"]["merges"]])
    model = Model(len(bpe.tokens))
    model.load_state_dict(read_weights(folder / "model.safetensors"))
    model = model.double()
    begin, end, user, assistant = (bpe.special(name) for name in ("begin", "end", "user", "assistant"))
    answers, first = [], []
    for question in QUESTIONS:
        prompt = [begin, user, *bpe.encode(question), assistant]
        ids = list(prompt)
        while len(ids) < 100 and (following := model(torch.tensor([ids]))[0, -1].argmax().item()) != end:
            ids.append(following)
        first = first or [*ids, end]
        answers.append({"question": question, "prompt_ids": prompt, "answer": bpe.decode(ids[len(prompt) :])})
    logs = model(torch.tensor([first]))[0].log_softmax(-1)
    columns = [*range(0, len(bpe.tokens), STEP)]
    fixture = {
        "answers": answers,
        "texts": [{"text": text, "ids": [begin, *bpe.encode(text)]} for text in TEXTS],
        "logits": {
            "ids": first,
            "columns": columns,
            "log_probabilities": [[round(row[column].item(), 6) for column in columns] for row in logs],
            "most_probable": logs.argmax(-1).tolist(),
        },
    }
    out.write_text(json.dumps(fixture) + "\n")


main()
