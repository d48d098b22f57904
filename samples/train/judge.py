"""What a model scores on a set of cases and queries, computed here: a first look. `measure.mjs` measures by real inference."""

import torch

from batches import to_tokens
from body import Body, Example, Turn
from bpe import Bpe
from facts import facts
from model import Model


@torch.no_grad()
def judge(model: Model, bpe: Bpe, body: Body) -> dict[str, float]:
    """Each in per cent. A response is right where every token is the most probable one after those before it."""
    single = [(fact.question, fact.sentence) for fact in body.taught]
    return {
        "sentences": share([says(model, bpe, Turn(*pair)) for pair in single]),
        "talks": share([says(model, bpe, turn) for turn in body.talks]),
        "checks": share([says(model, bpe, body.check(check, fact.answer)) for fact in body.taught for check in fact.checks]),
        "suite cases": share([passes(model, bpe, body, fact, draft) for fact, draft in body.case_facts]),
        "suite retrieval F1": retrieval(model, bpe, body, body.retrieval),
    }


def held_out_cases(model: Model, bpe: Bpe, body: Body, cases: list[dict]) -> dict[str, float]:
    by_question = {fact.question: fact for fact in facts()}
    passed = {taught: [passes(model, bpe, body, by_question[case["question"]], case["draft"]) for case in cases if case["taught"] == taught] for taught in (True, False)}
    return {"held-out cases, taught": share(passed[True]), "held-out cases, untaught": share(passed[False])}


def passes(model: Model, bpe: Bpe, body: Body, fact, draft: str) -> bool:
    steps = [body.plan(fact, draft), *(body.check(check, fact.answer) for check in fact.checks), body.final(fact, draft)]
    return all(says(model, bpe, step) for step in steps)


@torch.no_grad()
def says(model: Model, bpe: Bpe, turn: Turn) -> bool:
    ids, weights = to_tokens(Example("", (turn,)), bpe)
    places = [at for at, weight in enumerate(weights) if weight == 1.0]
    best = model(torch.tensor([ids]))[0].argmax(-1)
    return all(best[at - 1].item() == ids[at] for at in places)


@torch.no_grad()
def retrieval(model: Model, bpe: Bpe, body: Body, found: dict) -> float:
    """By the mean log-likelihood of the query given the document (Ponte & Croft 1998; Sachan et al. 2022); F1 at the number of relevant ones."""
    scores = torch.zeros(len(found["queries"]), len(found["documents"]))
    for column, document in enumerate(found["documents"]):
        prefix = [bpe.special("begin"), *bpe.encode(body.prompts["document"].format(document=document["text"]))]
        queries = [bpe.encode(f" {query['query']}") for query in found["queries"]]
        longest = max(map(len, queries))
        rows = torch.tensor([prefix + query + [0] * (longest - len(query)) for query in queries])
        logs = model(rows).log_softmax(-1)
        for row, query in enumerate(queries):
            places = range(len(prefix), len(prefix) + len(query))
            scores[row, column] = sum(logs[row, at - 1, rows[row, at]] for at in places) / len(query)
    names = [document["id"] for document in found["documents"]]
    f1 = [
        len({names[at] for at in scores[row].topk(len(query["relevant"])).indices} & set(query["relevant"])) / len(query["relevant"])
        for row, query in enumerate(found["queries"])
    ]
    return 100 * sum(f1) / len(f1)


def share(passed: list[bool]) -> float:
    return 100 * sum(passed) / len(passed)
