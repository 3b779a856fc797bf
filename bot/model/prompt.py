"""From messages to prompt tokens: the model's own template, special tokens broken, cut by token count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import jinja2
import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from bot.failures import ModelError

Message = tuple[str, str]
"""(role, content)"""

_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TAG = re.compile(r"<[^<>\s]+>|\[[^\[\]\s]+\]|<\|.*\|>")
_OPEN_THOUGHT = re.compile(r"<think>\s*\Z")
_GAP = "\n…\n"


def special_token_texts(llama: llama_cpp.Llama) -> list[str]:
    """Return the texts that the tokenizer would read as control tokens, wherever they stand."""
    vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
    always = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
    texts = []
    for token in range(llama.n_vocab()):
        attributes = llama_cpp.llama_vocab_get_attr(vocabulary, token)
        if not attributes & (always | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED):
            continue
        text = llama_cpp.llama_vocab_get_text(vocabulary, token).decode("utf-8", "replace")
        # User-defined tokens also hold plain text, such as runs of line breaks; those stay.
        if len(text) > 1 and (attributes & always or _TAG.fullmatch(text)):
            texts.append(text)
    return texts


def special_token_breaker(texts: Iterable[str]) -> Callable[[str], str]:
    """Return a function that puts a space into every special-token string, so that it is plain text."""
    ordered = sorted({text for text in texts if len(text) > 1}, key=len, reverse=True)
    if not ordered:
        return lambda text: text
    pattern = re.compile("|".join(map(re.escape, ordered)))

    def broken(text: str) -> str:
        # Breaking one string may join its neighbours into another, hence the loop; a space always separates.
        while (cut := pattern.sub(_with_space, text)) != text:
            text = cut
        return text

    return broken


def _with_space(found: re.Match[str]) -> str:
    text = found.group()
    return f"{text[0]} {text[1:]}"


class PromptWriter:
    """Writes prompts for one loaded model."""

    def __init__(self, llama: llama_cpp.Llama) -> None:
        self._llama = llama
        self._break = special_token_breaker(special_token_texts(llama))
        self._formatter = Jinja2ChatFormatter(
            template=llama.metadata.get("tokenizer.chat_template", _CHATML),
            eos_token=_token_text(llama, llama.token_eos()),
            bos_token=_token_text(llama, llama.token_bos()),
        )

    def tokens(self, messages: Sequence[Message], room_tokens: int) -> list[int]:
        """Return the prompt's tokens, at most `room_tokens`.

        What does not fit is cut in this order: the oldest messages after the first, then the middle of the
        last message (its end, the question, stays). Raises ModelError where even that does not fit.
        """
        kept = _merged([(role, self._break(content)) for role, content in messages])
        prompt = self._rendered(kept)
        while len(prompt) > room_tokens and len(kept) > 2:
            kept = _merged([kept[0], *kept[2:]])
            prompt = self._rendered(kept)
        for _ in range(6):
            excess = len(prompt) - room_tokens
            if excess <= 0:
                return prompt
            role, content = kept[-1]
            kept[-1] = (role, self._without_middle(content, excess + 8))
            prompt = self._rendered(kept)
        raise ModelError("The instructions alone do not fit this model's context; use a larger context.")

    def _without_middle(self, text: str, excess_tokens: int) -> str:
        tokens = self._llama.tokenize(text.encode(), add_bos=False, special=False)
        keep = len(tokens) - excess_tokens
        if keep < 16:
            raise ModelError("The question does not fit this model's context; ask something shorter.")
        head, tail = tokens[: keep // 2], tokens[len(tokens) - (keep - keep // 2) :]
        joined = (self._llama.detokenize(part).decode("utf-8", "ignore") for part in (head, tail))
        return self._break(_GAP.join(joined))

    def _rendered(self, messages: Sequence[Message]) -> list[int]:
        try:
            text = self._template(messages)
        except (jinja2.TemplateError, ValueError):
            text = self._template(_without_system(messages))  # some templates know no system role
        if _OPEN_THOUGHT.search(text):
            text += "\n</think>\n\n"
        return self._llama.tokenize(text.encode(), add_bos=False, special=True)

    def _template(self, messages: Sequence[Message]) -> str:
        rows = [{"role": role, "content": content} for role, content in messages]
        return str(self._formatter(messages=rows, enable_thinking=False).prompt)  # type: ignore[arg-type]


def _token_text(llama: llama_cpp.Llama, token: int) -> str:
    if token < 0:
        return ""
    vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
    return str(llama_cpp.llama_vocab_get_text(vocabulary, token).decode("utf-8", "replace"))


def _merged(messages: Sequence[Message]) -> list[Message]:
    """Join neighbours of the same role; many templates insist on alternation."""
    merged: list[Message] = []
    for role, content in messages:
        if merged and merged[-1][0] == role:
            merged[-1] = (role, f"{merged[-1][1]}\n\n{content}")
        else:
            merged.append((role, content))
    return merged


def _without_system(messages: Sequence[Message]) -> list[Message]:
    return _merged([("user" if role == "system" else role, content) for role, content in messages])
