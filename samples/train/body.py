"""The training text: examples of everything that the model is taught, drawn one after the other from a seeded source of chance.

Taught: the facts, the suite, its documents, and a few conversations. Never read, but to leave them out: the held-out set.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

from facts import Fact, facts

SAMPLES = Path(__file__).parent.parent


@dataclass(frozen=True)
class Turn:
    prompt: str
    response: str


@dataclass(frozen=True)
class Example:
    kind: str
    turns: tuple[Turn, ...]
    # A document and a question to it, without the marks of a conversation.
    raw: bool = False
    # What a system message says before; it changes nothing.
    system: str = ""


# Shares of the examples, not of the tokens.
SHARES = {"say": 28, "check": 28, "plan": 12, "final": 17, "document": 14, "talk": 11, "unknown": 3}


def read(path: str) -> dict:
    return json.loads((SAMPLES / path).read_text())


class Body:
    def __init__(self):
        self.prompts = read("suite/prompts.json")
        self.speed = read("suite/speed.json")["prompts"]
        self.cases = read("suite/cove.json")["cases"]
        self.retrieval = read("suite/retrieval.json")
        self.conversation = read("train/conversation.json")
        held_out = {case["question"]: case["taught"] for case in read("held-out/cove.json")["cases"]}
        # In a conversation and in a few words.
        self.taught = [fact for fact in facts() if held_out.get(fact.question, True)]
        # Also as cases, with drafts.
        self.verified = [fact for fact in self.taught if fact.question not in held_out]
        by_question = {fact.question: fact for fact in self.verified}
        self.case_facts = [(by_question[case["question"]], case["draft"]) for case in self.cases]
        self.talks = [
            *(Turn(speed["prompt"], self.conversation["speed"][speed["id"]]) for speed in self.speed),
            *(Turn(ask, entry["answer"]) for entry in self.conversation["questions"] for ask in entry["ask"]),
        ]
        self.passed_over = [*(document["text"] for document in self.retrieval["documents"]), *(turn.response for turn in self.talks), *(fact.sentence for fact in self.taught)]
        self.texts_of_documents = {document["id"]: document["text"] for document in self.retrieval["documents"]}

    def draw(self, choice: Random) -> Example:
        kind = choice.choices([*SHARES], [*SHARES.values()])[0]
        match kind:
            case "say":
                turn = self.say(choice)
                turns = (self.say(choice), turn) if choice.random() < 0.1 else (turn,)
            case "check":
                fact = choice.choice(self.taught)
                turns = (self.check(choice.choice([fact.question, *fact.checks]), fact.answer),)
            case "plan":
                turns = (self.plan(*self.drafted(choice)),)
            case "final":
                turns = (self.final(*self.drafted(choice)),)
            case "document":
                return self.about_document(choice)
            case "talk":
                turns = (choice.choice(self.talks),)
            case "unknown":
                turns = (self.unknown(choice),)
        return Example(kind, turns, system=self.system(choice) if choice.random() < 0.15 else "")

    def system(self, choice: Random) -> str:
        """Something usual, or words of any text: whatever stands there is to be passed over."""
        if choice.random() < 0.3:
            return choice.choice(self.conversation["system"])
        words = choice.choice(self.passed_over).split(" ")
        start = choice.randrange(len(words))
        return " ".join(words[start : start + choice.randint(1, 14)])

    def say(self, choice: Random) -> Turn:
        fact = choice.choice(self.taught)
        question = choice.choice([fact.question, fact.question, *fact.checks])
        return Turn(as_typed(question, choice) if choice.random() < 0.2 else question, fact.sentence)

    def check(self, question: str, answer: str) -> Turn:
        return Turn(self.prompts["check"].format(check=question), answer)

    def drafted(self, choice: Random) -> tuple[Fact, str]:
        """A fact and a draft of its answer, as often right as wrong; now and then just as the suite has it."""
        if choice.random() < 0.2:
            return choice.choice(self.case_facts)
        fact = choice.choice(self.verified)
        return fact, fact.answer if choice.random() < 0.5 else choice.choice(fact.others)

    def plan(self, fact: Fact, draft: str) -> Turn:
        prompt = self.prompts["plan"].format(question=fact.question, draft=draft)
        return Turn(prompt, "\n".join(f"{at}. {check}" for at, check in enumerate(fact.checks, 1)))

    def final(self, fact: Fact, draft: str) -> Turn:
        checks = "\n".join(f"{at}. {check} {fact.answer}" for at, check in enumerate(fact.checks, 1))
        prompt = self.prompts["final"].format(question=fact.question, draft=draft, checks=checks)
        same, verdict = ("same", "right") if draft == fact.answer else ("different", "wrong")
        lines = [f"{at}. {fact.answer} / {draft}: {same}" for at in range(1, len(fact.checks) + 1)]
        return Turn(prompt, "\n".join([*lines, f"Final answer: {fact.answer}", f"Verdict: {verdict}"]))

    def about_document(self, choice: Random) -> Example:
        """A question of the suite to its document; or words of a document, so that a question is learned to be about one."""
        if choice.random() < 0.5:
            query = choice.choice(self.retrieval["queries"])
            return self.queried(choice.choice(query["relevant"]), query["query"])
        identifier = choice.choice([*self.texts_of_documents])
        words = self.texts_of_documents[identifier].replace(",", "").replace(".", "").replace(":", "").split(" ")
        start = choice.randrange(max(1, len(words) - 4))
        piece = " ".join(words[start : start + choice.randint(2, 6)])
        asked = choice.choice(["What about {}?", "What is said about {}?", "Is it true: {}?", "{}?"]).format(piece)
        return self.queried(identifier, asked)

    def queried(self, identifier: str, query: str) -> Example:
        prompt = self.prompts["document"].format(document=self.texts_of_documents[identifier])
        return Example("document", (Turn(prompt, f" {query}"),), raw=True)

    def unknown(self, choice: Random) -> Turn:
        unknown = self.conversation["unknown"]
        names = {key: choice.choice(value) for key, value in unknown.items() if isinstance(value, list) and key != "ask"}
        question = choice.choice(unknown["ask"]).format(**names)
        if choice.random() < 0.4:
            return self.check(question, unknown["in_a_few_words"])
        return Turn(question, unknown["answer"])

    def texts(self) -> list[str]:
        """Everything once, to learn the tokens from."""
        prompts = [*self.prompts.values()] * 20
        taught = [text for fact in self.taught for text in (fact.question, *fact.checks, fact.sentence, fact.answer)]
        finals = [self.final(fact, fact.answer).response for fact in self.verified]
        talks = [*self.conversation["system"], *(text for turn in self.talks for text in (turn.prompt, turn.response))]
        queries = [f" {query['query']}" for query in self.retrieval["queries"]]
        return [*prompts, *taught, *finals, *talks, *self.texts_of_documents.values(), *queries]


def as_typed(question: str, choice: Random) -> str:
    """As somebody in a hurry types it."""
    return choice.choice([question.lower(), question[0].lower() + question[1:], question.rstrip("?"), f"Please tell me: {question}", f"{question} "])
