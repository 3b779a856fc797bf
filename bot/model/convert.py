"""Turns the published BERT weights of a sentence embedding model into a GGUF file, once, at set-up.

Only `gguf`, `safetensors`, `numpy` and llama.cpp's own quantiser are used. Tensor names follow llama.cpp's
`bert` architecture; the pooler and the position ids have no place there and are left out.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
from llama_cpp._logger import set_verbose
from numpy.typing import NDArray
from safetensors.numpy import load_file

from bot.failures import ModelError

_SPECIAL = re.compile(r"\[(PAD|UNK|CLS|SEP|MASK)\]")
_WHOLE_NAMES = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.LayerNorm.weight": "token_embd_norm.weight",
    "embeddings.LayerNorm.bias": "token_embd_norm.bias",
}
_LAYER_NAMES = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
_LAYER_TENSOR = re.compile(r"encoder\.layer\.(\d+)\.(.+)\.(weight|bias)")
_KEPT_IN_F32 = ("position_embd.weight", "token_types.weight")


@dataclass(frozen=True)
class BertFacts:
    """What the tensors' shapes do not say, from the model's published configuration."""

    name: str
    licence: str
    heads: int
    layer_norm_epsilon: float


def convert_bert(weights: Path, vocabulary: Path, target: Path, facts: BertFacts) -> None:
    """Write `target`, a Q8_0 GGUF of the model, atomically.

    `weights` is the model's safetensors file, `vocabulary` its WordPiece list, one token a line.
    Raises ModelError where a tensor is missing or llama.cpp refuses to quantise.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".convert-") as scratch:
        half, quantised = Path(scratch, "f16.gguf"), Path(scratch, "q8_0.gguf")
        _write_f16(_renamed(load_file(weights)), vocabulary.read_text("utf-8").splitlines(), half, facts)
        quantise(half, quantised)
        os.replace(quantised, target)


def _gguf_name(name: str) -> str | None:
    """Return llama.cpp's name of a BERT tensor, or None for one that it does not use."""
    if whole := _WHOLE_NAMES.get(name):
        return whole
    if match := _LAYER_TENSOR.fullmatch(name):
        layer, part, kind = match.groups()
        return f"blk.{layer}.{_LAYER_NAMES[part]}.{kind}"
    return None


def _renamed(tensors: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    named = {new: tensor for old, tensor in tensors.items() if (new := _gguf_name(old))}
    missing = [name for name in _WHOLE_NAMES.values() if name not in named]
    if missing:
        raise ModelError(f"The weights lack {missing[0]}; download the file again.")
    return named


def _write_f16(
    tensors: dict[str, NDArray[np.float32]], tokens: list[str], path: Path, facts: BertFacts
) -> None:
    layers = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("blk."))
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name(facts.name)
    writer.add_license(facts.licence)
    writer.add_block_count(layers)
    writer.add_context_length(tensors["position_embd.weight"].shape[0])
    writer.add_embedding_length(tensors["token_embd.weight"].shape[1])
    writer.add_feed_forward_length(tensors["blk.0.ffn_up.weight"].shape[0])
    writer.add_head_count(facts.heads)
    writer.add_layer_norm_eps(facts.layer_norm_epsilon)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    _add_tokenizer(writer, tokens, tensors["token_types.weight"].shape[0])
    for name, tensor in sorted(tensors.items()):
        full = tensor.ndim == 1 or name in _KEPT_IN_F32
        writer.add_tensor(name, tensor.astype(np.float32 if full else np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer: gguf.GGUFWriter, tokens: list[str], token_types: int) -> None:
    texts, kinds = [], []
    for token in tokens:
        special = _SPECIAL.fullmatch(token) is not None
        kinds.append(gguf.TokenType.CONTROL if special else gguf.TokenType.NORMAL)
        if special:
            texts.append(token)
        elif token.startswith("##"):
            texts.append(token.removeprefix("##"))
        else:
            texts.append("\u2581" + token)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("bert-bge")  # lower-cases and strips accents
    writer.add_token_type_count(token_types)
    writer.add_token_list(texts)
    writer.add_token_types([int(kind) for kind in kinds])
    writer.add_bos_token_id(tokens.index("[CLS]"))
    writer.add_sep_token_id(tokens.index("[SEP]"))
    writer.add_unk_token_id(tokens.index("[UNK]"))
    writer.add_pad_token_id(tokens.index("[PAD]"))
    writer.add_mask_token_id(tokens.index("[MASK]"))


def quantise(source: Path, target: Path) -> None:
    """Write a Q8_0 copy of a GGUF. Raises ModelError where llama.cpp refuses."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    set_verbose(False)  # llama.cpp's progress is of no interest here; its errors are still shown
    code = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), params)
    if code:
        raise ModelError(f"llama.cpp could not quantise {source.name} (code {code}).")
