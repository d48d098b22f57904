"""Picks the cases of Chain-of-Verification out of the facts: those of the suite, and those that are held out.

    python3 write_suite.py

Ran once, before the first training. Running it again writes the same files; a suite that models were measured with is not changed.
"""

import json
from pathlib import Path
from random import Random

from facts import Fact, facts

SAMPLES = Path(__file__).parent.parent
CATEGORIES = ("facts", "dates", "arithmetic", "units", "code", "logic")
SUITE_CASES = 6
# How many are taught as plain questions, and how many the model never hears of: 50 and 50.
HELD_OUT_CASES = {"facts": (8, 8), "dates": (8, 8), "arithmetic": (10, 10), "units": (8, 8), "code": (8, 8), "logic": (8, 8)}


def main():
    choice = Random(20)
    suite, held_out = [], []
    for category in CATEGORIES:
        pool = [fact for fact in facts() if fact.category == category]
        choice.shuffle(pool)
        taught, untaught = HELD_OUT_CASES[category]
        suite += cases(pool[:SUITE_CASES], choice)
        held_out += [case | {"taught": True} for case in cases(pool[SUITE_CASES : SUITE_CASES + taught], choice)]
        held_out += [case | {"taught": False} for case in cases(pool[SUITE_CASES + taught : SUITE_CASES + taught + untaught], choice)]
    write(SAMPLES / "suite" / "cove.json", suite)
    write(SAMPLES / "held-out" / "cove.json", held_out)


def cases(picked: list[Fact], choice: Random) -> list[dict]:
    """Half of the drafts are right, in an order that chance gives."""
    right = [at < len(picked) // 2 for at in range(len(picked))]
    choice.shuffle(right)
    return [
        {
            "category": fact.category,
            "question": fact.question,
            "draft": fact.answer if is_right else choice.choice(fact.others),
            "draft_is_right": is_right,
            "accepted": [fact.answer, *spellings(fact.answer)],
        }
        for fact, is_right in zip(picked, right)
    ]


def spellings(answer: str) -> list[str]:
    return [f"{int(answer):,}"] if answer.isdigit() and len(answer) > 3 and int(answer) % 10 == 0 else []


def write(path: Path, found: list[dict]):
    counts: dict[str, int] = {}
    rows = []
    for case in found:
        counts[case["category"]] = counts.get(case["category"], 0) + 1
        rows.append({"id": f"{case['category']}-{counts[case['category']]:02}"} | case)
    lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    path.write_text('{\n  "cases": [\n' + lines + "\n  ]\n}\n")


main()
