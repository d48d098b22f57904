"""Writes the model the way Hugging Face's transformers would: config, tokenizer, chat template, weights in half precision."""

import hashlib
import json
import struct
from pathlib import Path

import torch

from bpe import SPECIAL, Bpe
from model import BLOCKS, CONTEXT, EPSILON, HEAD, HEADS, INNER, KEY_HEADS, THETA, WIDTH, Model

# It begins by itself, so that a prompt made with it is the same on every path. A system message is printed, and passed over by
# the model: where a template leaves it out, clients put it into the question.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ '<|system|>' + message['content'] }}"
    "{% elif message['role'] == 'user' %}{{ '<|user|>' + message['content'] + '<|assistant|>' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + '<|end|>' }}"
    "{% endif %}{% endfor %}"
)


def write_model(folder: Path, model: Model, bpe: Bpe):
    folder.mkdir(parents=True, exist_ok=True)
    begin, end = bpe.special("begin"), bpe.special("end")
    write_json(
        folder / "config.json",
        {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "attention_bias": False,
            "bos_token_id": begin,
            "eos_token_id": end,
            "head_dim": HEAD,
            "hidden_act": "silu",
            "hidden_size": WIDTH,
            "intermediate_size": INNER,
            "max_position_embeddings": CONTEXT,
            "mlp_bias": False,
            "num_attention_heads": HEADS,
            "num_hidden_layers": BLOCKS,
            "num_key_value_heads": KEY_HEADS,
            "rms_norm_eps": EPSILON,
            "rope_scaling": None,
            "rope_theta": THETA,
            "tie_word_embeddings": True,
            "torch_dtype": "float16",
            "vocab_size": len(bpe.tokens),
        },
    )
    write_json(folder / "generation_config.json", {"bos_token_id": begin, "eos_token_id": end, "do_sample": False})
    write_json(folder / "tokenizer.json", bpe.definition())
    write_json(
        folder / "tokenizer_config.json",
        {
            "add_bos_token": True,
            "add_eos_token": False,
            "bos_token": SPECIAL[0],
            "chat_template": CHAT_TEMPLATE,
            "clean_up_tokenization_spaces": False,
            "eos_token": SPECIAL[1],
            "model_max_length": CONTEXT,
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
    )
    write_safetensors(folder / "model.safetensors", weights_of(model))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sorted(folder.iterdir()) if path.suffix in (".json", ".safetensors")]
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n")


def weights_of(model: Model) -> dict[str, torch.Tensor]:
    return {f"model.{name}": weight.detach().half() for name, weight in model.named_parameters()}


def write_safetensors(path: Path, weights: dict[str, torch.Tensor]):
    header: dict[str, dict] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name in sorted(weights):
        raw = bytes(weights[name].contiguous().view(torch.uint8).flatten().tolist())
        header[name] = {"dtype": "F16", "shape": list(weights[name].shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Of a file that `write_safetensors` wrote, in single precision."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = (8 + length + offset for offset in entry["data_offsets"])
            found[name.removeprefix("model.")] = torch.frombuffer(bytearray(raw[first:last]), dtype=torch.float16).view(entry["shape"]).float()
    return found


def write_json(path: Path, value: dict):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
