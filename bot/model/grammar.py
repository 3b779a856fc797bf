"""JSON schema to GBNF, the grammar language that llama.cpp enforces while it samples.

The converter is llama-cpp-python's. Around it stand corrections for what it gets wrong or leaves open: raw
control characters in strings, unbounded strings and lists (they run into the token limit), type lists that
drop their siblings, and schemas that it silently turns into "any JSON".
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import llama_cpp
from llama_cpp.llama_grammar import json_schema_to_gbnf

from bot.failures import ModelError

MAX_STRING_CHARACTERS = 400
MAX_ITEMS = 24

_LOOSE_CHARACTER = r'char ::= [^"\\] |'
_STRICT_CHARACTER = r'char ::= [^"\\\x7F\x00-\x1F] |'
_INEXPRESSIBLE = ("not", "if", "patternProperties", "dependentSchemas")
_SAID_ELSEWHERE = ("enum", "const", "$ref", "anyOf", "oneOf", "allOf")


def grammar_for(schema: dict[str, Any]) -> str:
    """Return GBNF that admits only JSON fitting the schema, on one line, with bounded strings and lists.

    Numeric ranges and uniqueness are not expressible: validate the result. Raises ModelError for a schema
    that the grammar could not hold a model to.
    """
    return _grammar_of(json.dumps(schema))


@lru_cache(maxsize=64)
def _grammar_of(schema: str) -> str:
    bounded = _bounded(json.loads(schema), "schema")
    try:
        text = json_schema_to_gbnf(json.dumps(bounded))
    except (AssertionError, KeyError, ValueError, RecursionError) as problem:
        raise ModelError(f"This JSON schema cannot be turned into a grammar: {problem!r}.") from problem
    lines = (_corrected(line) for line in text.splitlines())
    return "\n".join(lines)


def _corrected(rule: str) -> str:
    if rule.startswith("space ::="):
        return 'space ::= " "?'
    return rule.replace(_LOOSE_CHARACTER, _STRICT_CHARACTER)


def _bounded(schema: Any, where: str) -> Any:
    """Return a copy with limits on every string and list; refuse what would become any JSON."""
    if not isinstance(schema, dict) or not schema:
        raise ModelError(f"The schema at {where} admits any JSON; say what it holds.")
    for keyword in _INEXPRESSIBLE:
        if keyword in schema:
            raise ModelError(f"The schema at {where} uses {keyword!r}, which a grammar cannot express.")
    if isinstance(schema.get("type"), list):
        rest = {key: value for key, value in schema.items() if key != "type"}
        return _bounded({"anyOf": [{**rest, "type": kind} for kind in schema["type"]]}, where)
    bounded = {key: _inside(key, value, where) for key, value in schema.items()}
    if not any(key in schema for key in _SAID_ELSEWHERE):
        _limit(bounded, where)
    return bounded


def _inside(key: str, value: Any, where: str) -> Any:
    if key in ("properties", "$defs", "definitions"):
        return {name: _bounded(part, f"{where}.{name}") for name, part in value.items()}
    if key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        return [_bounded(part, f"{where}.{key}") for part in value]
    if key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
        return _bounded(value, f"{where}.{key}")
    return value


def _limit(schema: dict[str, Any], where: str) -> None:
    kind = schema.get("type")
    if kind == "string" and "pattern" not in schema and "format" not in schema:
        schema.setdefault("maxLength", MAX_STRING_CHARACTERS)
    elif kind == "array":
        if "items" not in schema and "prefixItems" not in schema:
            raise ModelError(f"The list at {where} does not say what it holds.")
        schema.setdefault("maxItems", MAX_ITEMS)
    elif kind in (None, "object"):
        if "properties" not in schema and not isinstance(schema.get("additionalProperties"), dict):
            raise ModelError(f"The object at {where} does not name its properties.")
        schema.setdefault("additionalProperties", False)


def compile_grammar(vocabulary: Any, text: str) -> Any:
    """Return a new llama.cpp grammar sampler; the caller frees it with `llama_sampler_free`.

    A rejected grammar comes back as a null pointer, and using that kills the process: it raises ModelError.
    """
    sampler = llama_cpp.llama_sampler_init_grammar(vocabulary, text.encode(), b"root")
    if not sampler:
        raise ModelError("llama.cpp rejects the grammar of this JSON schema.")
    return sampler
