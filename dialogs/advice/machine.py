"""Reads "two 4090s", "laptop with 16 GB", "8x H100" into the machine that a model must fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.catalog import Catalog
from knowledge.schema import Gpu

_COUNTS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "single": 1,
    "two": 2,
    "dual": 2,
    "couple": 2,
    "pair": 2,
    "three": 3,
    "four": 4,
}
_COUNTS |= {
    "quad": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "sixteen": 16,
    "zwei": 2,
    "deux": 2,
    "dos": 2,
}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(?:gb|gib|gig|g)\b(?:\s*(?:of\s+)?(?:ram|memory|vram))?")
_NO_GPU = re.compile(
    r"\b(no|without( a| any)?) gpus?\b|\bcpus?([- ]only)?\b|\bonly (a )?cpus?\b|\blaptops?\b|\bnotebooks?\b"
)
_NO_ACCELERATOR = re.compile(
    r"\b(no|not? any|without( an?| any)?|don.?t have( an?| any)?) (own )?(gpus?|hardware)\b|"
    r"^\W*(only |just )?cpus?([- ]only)?\W*$|\bonly (have )?(a )?cpus?\b"
)
_SERVER = re.compile(r"\bservers?\b|\bvms?\b|\bcluster\b")
_PHONE = re.compile(r"\bphones?\b|\bmobile\b|\btablets?\b")
_LONGEST_NAME = 6  # words
_PHONE_SHARE = 0.4  # of its memory, beside the system and other apps
_BOARD_SHARE = 0.6


@dataclass(frozen=True)
class Machine:
    """Accelerators of one kind. `gpu` is None where only the memory is known; memory is in GB (1e9 bytes)."""

    words: str
    gpu: Gpu | None
    count: int
    usable_gb: float  # over all of them

    @property
    def is_cpu(self) -> bool:
        """Whether there is no accelerator worth the name."""
        return self.gpu is None or self.gpu.kind == "cpu"

    @property
    def each_gb(self) -> float:
        """Usable memory of one of them."""
        return self.usable_gb / self.count

    @property
    def name(self) -> str:
        """How it is called in a sentence: "the L4", "the two RTX 4090s"."""
        if self.gpu is None or self.gpu.kind == "cpu":
            bare = re.sub(r"^(an?|the|our|your|my|one)\s+", "", self.words.strip(), flags=re.IGNORECASE)
            return "your CPUs" if names_no_machine(bare) else f"your {bare}"
        short = re.sub(
            r"^(NVIDIA|AMD|Apple)\s+|GeForce\s+|Instinct\s+|Radeon\s+|\s*\(.*\)", "", self.gpu.title
        )
        return f"the {short}" if self.count == 1 else f"the {self.count} × {short}"


def read_machine(words: str | None, catalog: Catalog) -> Machine | None:
    """Return the machine that the words name, or None where they name none that is known."""
    if not words:
        return None
    text = words.casefold().replace("×", "x").replace("-gpu", " gpu")
    found, before, after = _find_gpu(text, catalog)
    memory = _MEMORY.search(text)
    if found is None and not memory and not _NO_GPU.search(text):
        return None
    count = _count(before, after) if found and found.kind != "cpu" else 1
    if found is not None and found.kind not in {"cpu", "unified"}:
        return Machine(words, found, count, found.memory_gb * count)
    if found is not None and found.kind == "unified":
        memory_gb = float(memory[1]) if memory else found.memory_gb
        return Machine(words, found, count, memory_gb * found.usable_memory_share * count)
    if _PHONE.search(text) and memory:
        return Machine(words, None, 1, float(memory[1]) * _PHONE_SHARE)
    if _NO_GPU.search(text) or found is not None:
        cpu = catalog.find_gpu("cpu server" if _SERVER.search(text) else "cpu")
        share = cpu.usable_memory_share if cpu else _BOARD_SHARE
        memory_gb = float(memory[1]) if memory else (cpu.memory_gb if cpu else 16.0)
        return Machine(words, cpu, 1, memory_gb * share)
    if memory and re.search(r"\b(gpu|vram|card)\b", text):
        return Machine(words, None, 1, float(memory[1]))
    return Machine(words, None, 1, float(memory[1]) * _BOARD_SHARE) if memory else None


def names_no_machine(words: str) -> bool:
    """Whether words about hardware only say that there is no accelerator: "no GPU", "we only have CPUs"."""
    plain = words.casefold()
    return bool(_NO_ACCELERATOR.search(plain)) and not (_MEMORY.search(plain) or _SERVER.search(plain))


def _find_gpu(text: str, catalog: Catalog) -> tuple[Gpu | None, list[str], list[str]]:
    """Return the GPU with the longest name in the text, and the words before and after it."""
    tokens = re.findall(
        r"\d+(?:\.\d+)?x(?=\s)|x\d+\b|[\w.]+", re.sub(r"\b(\d{1,4})\s*x\s*(?=[a-z])", r"\1x ", text)
    )
    for width in range(min(_LONGEST_NAME, len(tokens)), 0, -1):
        for start in range(len(tokens) - width + 1):
            name = " ".join(tokens[start : start + width])
            gpu = catalog.find_gpu(name) or catalog.find_gpu(re.sub(r"(?<=\w\w)s$", "", name))
            if gpu is not None and not (gpu.kind == "cpu" and name in {"laptop"}):
                return gpu, tokens[:start], tokens[start + width :]
    return None, tokens, []


def _count(before: list[str], after: list[str]) -> int:
    if after and (match := re.fullmatch(r"x(\d{1,4})", after[0])):
        return int(match[1])
    for token in reversed(before[-4:]):
        if match := re.fullmatch(r"(\d{1,4})x?", token):
            return max(1, int(match[1]))
        if token in _COUNTS:
            return _COUNTS[token]
    return 1
