"""Tiny GGUF files that real llama.cpp runs: no download, written in half a second, loaded in milliseconds.

`write_scripted` makes a model whose every chat ends with a fixed reply, chosen by a cue in the prompt.
It exercises the real tokenizer, chat template, KV cache, sampler, grammar, streaming and end of generation.
`write_random` makes one with random weights, for whatever must hold no matter what a model says.

How a script becomes weights. Every token has a random code of ±1 values as its embedding. The output row of
a reply's chunk is the code of the chunk before it, so the most likely next token is the next chunk; all first
chunks carry the code of the assistant's role token. One attention head looks at cue tokens only (their keys
are large, all others zero) and copies a one-hot mark of the cue into the residual stream, where it raises
the first chunk of that cue's reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType
from numpy.typing import NDArray

CONTEXT_TOKENS = 32_768
CONTROL_TOKENS = ("<unk>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
CHAT_TEMPLATE = (
    "<s>{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CHUNK_CHARACTERS = 6

_CODE = 192  # width of a token's code
_MAX_CUES = 24
_MARK = slice(_CODE, _CODE + _MAX_CUES)  # which cue a token is
_SEEN = slice(_MARK.stop, _MARK.stop + _MAX_CUES)  # which cue the prompt holds
_ONE = _SEEN.stop  # constant one, the source of every query
_WIDTH = 256
_HEAD = 64


@dataclass
class _Vocabulary:
    """Tokens in order, with their llama.cpp types; ids are positions."""

    texts: list[str] = field(default_factory=list)
    types: list[TokenType] = field(default_factory=list)

    def add(self, text: str, kind: TokenType) -> int:
        if text in self.texts:
            raise ValueError(f"the token {text!r} would exist twice")
        self.texts.append(text)
        self.types.append(kind)
        return len(self.texts) - 1

    def id_of(self, text: str) -> int:
        return self.texts.index(text)


def _base_vocabulary() -> _Vocabulary:
    vocabulary = _Vocabulary()
    for text in CONTROL_TOKENS:
        vocabulary.add(text, TokenType.UNKNOWN if text == "<unk>" else TokenType.CONTROL)
    for byte in range(256):
        vocabulary.add(f"<0x{byte:02X}>", TokenType.BYTE)
    vocabulary.add("\u2581", TokenType.NORMAL)
    return vocabulary


def _chunks(reply: str, taken: list[str]) -> Iterator[str]:
    """Cut a reply into pieces that no other token has, lengthening a piece where needed."""
    escaped = reply.replace(" ", "\u2581")
    used = set(taken)
    start = 0
    while start < len(escaped):
        end = min(start + CHUNK_CHARACTERS, len(escaped))
        while escaped[start:end] in used and end < len(escaped):
            end += 1
        if escaped[start:end] in used:
            raise ValueError(
                f"the end of the reply {reply[-20:]!r} repeats another chunk; word it differently"
            )
        used.add(escaped[start:end])
        yield escaped[start:end]
        start = end


def _new_writer(
    path: Path, vocabulary: _Vocabulary, *, layers: int, width: int, head: int, heads: int, ffn: int
) -> GGUFWriter:
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(ffn)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_vocab_size(len(vocabulary.texts))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(vocabulary.texts)
    writer.add_token_scores([0.0] * len(vocabulary.texts))
    writer.add_token_types([int(kind) for kind in vocabulary.types])
    writer.add_bos_token_id(vocabulary.id_of("<s>"))
    writer.add_eos_token_id(vocabulary.id_of("<|end|>"))
    writer.add_unk_token_id(vocabulary.id_of("<unk>"))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)
    return writer


def _write(writer: GGUFWriter, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    for name, tensor in tensors.items():
        # llama.cpp wants norms in F32; matrices in F16 halve the file.
        writer.add_tensor(name, tensor if tensor.ndim == 1 else tensor.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_scripted(path: Path, replies: Mapping[str, str], default: str) -> Path:
    """Write a model that answers with `replies[cue]` when the prompt holds the cue, else with `default`.

    Cues are matched exactly, anywhere in the prompt; with several, the last in the mapping's order wins.
    A prompt costs about one token per character. Raises ValueError for a script that tokens cannot express.
    """
    if len(replies) >= _MAX_CUES:
        raise ValueError(f"at most {_MAX_CUES - 1} cues fit")
    vocabulary = _base_vocabulary()
    cues = [vocabulary.id_of("<s>"), *(vocabulary.add(cue, TokenType.USER_DEFINED) for cue in replies)]
    scripts = [
        [vocabulary.add(piece, TokenType.NORMAL) for piece in _chunks(reply, vocabulary.texts)]
        for reply in (default, *replies.values())
    ]
    writer = _new_writer(path, vocabulary, layers=1, width=_WIDTH, head=_HEAD, heads=1, ffn=32)
    writer.add_rope_freq_base(1e18)  # the last pair of a head then does not rotate
    _write(writer, _scripted_tensors(vocabulary, cues, scripts))
    return path


def _scripted_tensors(
    vocabulary: _Vocabulary, cues: list[int], scripts: list[list[int]]
) -> dict[str, NDArray[np.float32]]:
    size = len(vocabulary.texts)
    end, assistant = vocabulary.id_of("<|end|>"), vocabulary.id_of("<|assistant|>")
    codes = np.random.default_rng(7).choice(np.array([-1.0, 1.0], dtype=np.float32), size=(size, _CODE))
    ending = codes[end].copy()
    for script in scripts:
        codes[script[-1]] = ending  # every reply's last chunk leads to the same place

    embedding = np.zeros((size, _WIDTH), dtype=np.float32)
    embedding[:, :_CODE] = codes
    embedding[:, _ONE] = 1.0
    output = np.zeros((size, _WIDTH), dtype=np.float32)
    output[end, :_CODE] = ending
    query, key, value = (np.zeros((_HEAD, _WIDTH), dtype=np.float32) for _ in range(3))
    out = np.zeros((_WIDTH, _HEAD), dtype=np.float32)
    query[-1, _ONE] = np.sqrt(_HEAD)
    for order, (cue, script) in enumerate(zip(cues, scripts, strict=True)):
        mark, seen = _MARK.start + order, _SEEN.start + order
        embedding[cue, mark] = 1.0
        key[-1, mark] = 30.0 + 20.0 * order
        value[order, mark] = 1.0
        out[seen, order] = 4.0
        for before, after in zip([assistant, *script[:-1]], script, strict=True):
            output[after, :_CODE] = codes[before]
        output[script[0], seen] = 10.0
    ones = np.ones(_WIDTH, dtype=np.float32)
    return {
        "token_embd.weight": embedding,
        "output.weight": output,
        "output_norm.weight": ones,
        "blk.0.attn_norm.weight": ones,
        "blk.0.attn_q.weight": query,
        "blk.0.attn_k.weight": key,
        "blk.0.attn_v.weight": value,
        "blk.0.attn_output.weight": out,
        "blk.0.ffn_norm.weight": ones,
        "blk.0.ffn_gate.weight": np.zeros((32, _WIDTH), dtype=np.float32),
        "blk.0.ffn_up.weight": np.zeros((32, _WIDTH), dtype=np.float32),
        "blk.0.ffn_down.weight": np.zeros((_WIDTH, 32), dtype=np.float32),
    }


def write_random(path: Path, *, seed: int = 0, layers: int = 2, width: int = 64) -> Path:
    """Write a model with random weights and the scripted model's vocabulary; it never ends by itself."""
    vocabulary = _base_vocabulary()
    for letter in map(chr, range(ord("!"), ord("~") + 1)):
        vocabulary.add(letter, TokenType.NORMAL)
    random = np.random.default_rng(seed)
    ffn = 2 * width

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return (random.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)

    tensors = {
        "token_embd.weight": matrix(len(vocabulary.texts), width) * np.float32(np.sqrt(width)),
        "output.weight": matrix(len(vocabulary.texts), width) * np.float32(2.0),
        "output_norm.weight": np.ones(width, dtype=np.float32),
    }
    # A zero logit is never the largest, so control tokens come only where a grammar leaves nothing else.
    tensors["output.weight"][: len(CONTROL_TOKENS)] = 0.0
    for layer in range(layers):
        block = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            tensors[f"{block}.{norm}.weight"] = np.ones(width, dtype=np.float32)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"{block}.{name}.weight"] = matrix(width, width)
        tensors[f"{block}.ffn_gate.weight"] = matrix(ffn, width)
        tensors[f"{block}.ffn_up.weight"] = matrix(ffn, width)
        tensors[f"{block}.ffn_down.weight"] = matrix(width, ffn)
    head, heads = width // 4, 4
    writer = _new_writer(path, vocabulary, layers=layers, width=width, head=head, heads=heads, ffn=ffn)
    _write(writer, tensors)
    return path
