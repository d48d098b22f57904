"""A language model of the llama architecture, with the names and the layout that transformers gives its weights."""

import math

import torch
from torch import nn
from torch.nn import functional

WIDTH, BLOCKS, HEADS, KEY_HEADS, INNER, CONTEXT = 256, 3, 8, 4, 512, 512
HEAD = WIDTH // HEADS
THETA, EPSILON = 10000.0, 1e-5


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, values):
        return values * torch.rsqrt((values * values).mean(-1, keepdim=True) + EPSILON) * self.weight


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(WIDTH, HEADS * HEAD, bias=False)
        self.k_proj = nn.Linear(WIDTH, KEY_HEADS * HEAD, bias=False)
        self.v_proj = nn.Linear(WIDTH, KEY_HEADS * HEAD, bias=False)
        self.o_proj = nn.Linear(HEADS * HEAD, WIDTH, bias=False)

    def forward(self, state, turns, mask):
        rows, length, _ = state.shape
        query = turned(self.q_proj(state).view(rows, length, HEADS, HEAD).transpose(1, 2), turns)
        key = turned(self.k_proj(state).view(rows, length, KEY_HEADS, HEAD).transpose(1, 2), turns)
        value = self.v_proj(state).view(rows, length, KEY_HEADS, HEAD).transpose(1, 2)
        key, value = (part.repeat_interleave(HEADS // KEY_HEADS, 1) for part in (key, value))
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=mask is None)
        return self.o_proj(mixed.transpose(1, 2).reshape(rows, length, HEADS * HEAD))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(WIDTH, INNER, bias=False)
        self.up_proj = nn.Linear(WIDTH, INNER, bias=False)
        self.down_proj = nn.Linear(INNER, WIDTH, bias=False)

    def forward(self, state):
        return self.down_proj(functional.silu(self.gate_proj(state)) * self.up_proj(state))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = Norm(), Norm()
        self.self_attn, self.mlp = Attention(), FeedForward()

    def forward(self, state, turns, mask):
        state = state + self.self_attn(self.input_layernorm(state), turns, mask)
        return state + self.mlp(self.post_attention_layernorm(state))


class Model(nn.Module):
    """The output is the table of embeddings once more."""

    def __init__(self, vocabulary_size: int):
        super().__init__()
        self.embed_tokens = nn.Embedding(vocabulary_size, WIDTH)
        self.layers = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = Norm()
        angles = torch.arange(CONTEXT)[:, None] * THETA ** (-torch.arange(0, HEAD, 2) / HEAD)[None]
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                inward = name.endswith(("o_proj.weight", "down_proj.weight"))
                deviation = 0.02 if weight is self.embed_tokens.weight else weight.shape[1] ** -0.5
                nn.init.normal_(weight, std=deviation / math.sqrt(2 * BLOCKS) if inward else deviation)

    def forward(self, ids, mask=None):
        """Logits after each token. `mask` says which tokens see which; without one, each sees all before it."""
        length = ids.shape[1]
        turns = (self.cos[:length], self.sin[:length])
        state = self.embed_tokens(ids)
        for block in self.layers:
            state = block(state, turns, mask)
        return functional.linear(self.norm(state), self.embed_tokens.weight)


def turned(values, turns):
    """Row j together with row j + half: the layout of transformers."""
    cos, sin = turns
    first, second = values.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1).to(values.dtype)
