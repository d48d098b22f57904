"""A byte-level BPE: learned from texts, applied to texts, and written as tokenizer.json.

Texts are cut as Qwen2 cuts them (each digit is a piece of its own), which llama.cpp knows as `qwen2`. The pattern is written
for `re` here, so it is exact for texts in ASCII, and others are refused. Source: Radford et al. 2019; Sennrich et al. 2016.
"""

import re
from collections import Counter

SPECIAL = ["<|begin|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ASCII_PATTERN = re.compile(PATTERN.replace(r"[^\r\n\p{L}\p{N}]", r"[^\r\nA-Za-z0-9]").replace(r"[^\s\p{L}\p{N}]", r"[^\sA-Za-z0-9]").replace(r"\p{L}", "[A-Za-z]").replace(r"\p{N}", "[0-9]"))


def byte_letters() -> list[str]:
    """The letters that stand for bytes in a byte-level BPE."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + len(letters) - len(printable))
    return [letters[byte] for byte in range(256)]


def words_of(text: str) -> list[str]:
    if not text.isascii():
        raise ValueError(f"only ASCII is cut exactly here: {text!r}")
    return ASCII_PATTERN.findall(text)


class Bpe:
    def __init__(self, merges: list[tuple[str, str]]):
        self.letters = byte_letters()
        self.merges = merges
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        tokens = [*self.letters, *(left + right for left, right in merges), *SPECIAL]
        self.ids = {token: number for number, token in enumerate(tokens)}
        self.tokens = tokens
        self.cache: dict[str, list[int]] = {}

    def special(self, name: str) -> int:
        return self.ids[f"<|{name}|>"]

    def encode(self, text: str) -> list[int]:
        """Text only: what looks like a special token is cut like any other text."""
        return [number for word in words_of(text) for number in self.encode_word(word)]

    def encode_word(self, word: str) -> list[int]:
        found = self.cache.get(word)
        if found is None:
            parts = [self.letters[byte] for byte in word.encode()]
            while len(parts) > 1:
                rank, pair = min((self.ranks.get(pair, len(self.merges)), pair) for pair in zip(parts, parts[1:]))
                if rank == len(self.merges):
                    break
                parts = merged(parts, pair)
            found = self.cache[word] = [self.ids[part] for part in parts]
        return found

    def decode(self, numbers: list[int]) -> str:
        bytes_of = {letter: byte for byte, letter in enumerate(self.letters)}
        text = bytes(bytes_of[letter] for number in numbers if number < self.special("begin") for letter in self.tokens[number])
        return text.decode(errors="replace")

    def definition(self) -> dict:
        """tokenizer.json, as the tokenizers of Hugging Face read it."""
        begin = SPECIAL[0]
        first = self.special("begin")
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                {"id": first + at, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
                for at, text in enumerate(SPECIAL)
            ],
            "normalizer": None,
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                    {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False},
                    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
                ],
            },
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": begin, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [
                    {"SpecialToken": {"id": begin, "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"Sequence": {"id": "B", "type_id": 1}},
                ],
                "special_tokens": {begin: {"id": begin, "ids": [first], "tokens": [begin]}},
            },
            "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": False,
                "vocab": {token: number for number, token in enumerate(self.tokens) if number < first},
                "merges": [[left, right] for left, right in self.merges],
            },
        }


def learn(texts: list[str], size: int) -> Bpe:
    """Merges the most frequent pair again and again; of equally frequent ones the first by its letters, so that it is repeatable."""
    letters = byte_letters()
    counts = Counter(word for text in texts for word in words_of(text))
    words = {word: [letters[byte] for byte in word.encode()] for word in counts}
    merges: list[tuple[str, str]] = []
    while len(merges) < size - len(letters) - len(SPECIAL):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {word: merged(parts, best) for word, parts in words.items()}
    return Bpe(merges)


def merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(parts):
        if at + 1 < len(parts) and (parts[at], parts[at + 1]) == pair:
            found.append(parts[at] + parts[at + 1])
            at += 2
        else:
            found.append(parts[at])
            at += 1
    return found
