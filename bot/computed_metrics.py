"""Metrics computed from predictions and references, each with a 95 % interval.

    exact-match   share of cases that agree after normalising; Wilson's interval
    f1            word overlap of each case, averaged (as SQuAD, Rajpurkar et al. 2016)
    rouge-l       longest common subsequence, F-measure of each case, averaged (Lin 2004; the
                  subsequence by rapidfuzz, which takes a thirtieth of the time that package rouge-score does)
    bleu          corpus BLEU (Papineni et al. 2002; package sacrebleu)
    macro-f1      where references are a few short labels: F1 of each label, averaged

The intervals of the others are percentile bootstraps over cases (Efron 1979). A bootstrap of few or equal cases
is too sure of itself: there Wilson's interval, which holds for anything between 0 and 1, widens it. With several
references the best one counts; BLEU takes all of them together.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq
from sacrebleu.metrics.bleu import BLEU

from bot.prediction_files import Pair
from dialogs.results.targets import wilson
from dialogs.steps import Measured

RESAMPLES = 1000
_FEW_CASES = 30
_MOST_LABELS = 50
_WORDS_OF_A_LABEL = 3
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")  # scripts written without spaces

Floats = NDArray[np.float64]


def compute(pairs: Sequence[Pair], *, seed: int = 7) -> list[Measured]:
    """Return every metric that fits the cases. Raises ValueError where there are none."""
    if not pairs:
        raise ValueError("metrics need at least one case")
    generator = np.random.default_rng(seed)
    exact = np.array([_exact(pair) for pair in pairs], dtype=np.float64)
    low, high = wilson(float(exact.mean()), len(pairs))
    found = [
        Measured(
            "exact-match", float(exact.mean()), low, high, "case, accents kept, punctuation dropped; Wilson"
        )
    ]
    if labels := _labels(pairs):
        found.append(_macro_f1(pairs, labels, generator))
        return found
    found.append(_mean("f1", np.array([_overlap(pair) for pair in pairs]), generator))
    found.append(_mean("rouge-l", np.array([_rouge_l(pair) for pair in pairs]), generator))
    bleu = _bleu(pairs, generator)
    return [*found, bleu] if bleu else found


def words(text: str) -> list[str]:
    """Return the lower-case words of a text; single characters where a script has no spaces."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        found += list(word) if _UNSPACED.search(word) else [word]
    return found


def _exact(pair: Pair) -> bool:
    said = words(pair.prediction)
    return any(said == words(right) for right in pair.references)


def _overlap(pair: Pair) -> float:
    """Return the best F1 of shared words over the references."""
    said = Counter(words(pair.prediction))
    return max(_f1(said, Counter(words(right))) for right in pair.references)


def _rouge_l(pair: Pair) -> float:
    """Return the best F-measure of the longest common subsequence over the references."""
    said = words(pair.prediction)
    return max(_f_of_subsequence(said, words(right)) for right in pair.references)


def _f_of_subsequence(said: list[str], right: list[str]) -> float:
    shared = LCSseq.similarity(said, right)
    return 2 * shared / (len(said) + len(right)) if shared else 0.0


def _f1(said: Counter[str], right: Counter[str]) -> float:
    if not said or not right:
        return float(said == right)
    shared = (said & right).total()
    return 2 * shared / (said.total() + right.total())


def _mean(name: str, values: Floats, generator: np.random.Generator) -> Measured:
    means = [
        values[generator.integers(0, len(values), len(values), dtype=np.int32)].mean()
        for _ in range(RESAMPLES)
    ]
    low, high = _modest(float(values.mean()), _middle(means), len(values))
    return Measured(name, float(values.mean()), low, high, f"mean over cases; bootstrap of {RESAMPLES:,}")


def _modest(value: float, bootstrap: tuple[float, float], cases: int) -> tuple[float, float]:
    """Return a bootstrap's interval, widened to Wilson's where the cases are few or all alike."""
    low, high = bootstrap
    if cases >= _FEW_CASES and high > low:
        return low, high
    widest = wilson(value, cases)
    return min(low, widest[0]), max(high, widest[1])


def _bleu(pairs: Sequence[Pair], generator: np.random.Generator) -> Measured | None:
    """Corpus BLEU from the counts of each case, which can be resampled without scoring anew.

    None where no text has four words: BLEU counts runs of four, and would call every answer wrong.
    """
    unspaced = sum(bool(_UNSPACED.search(pair.references[0])) for pair in pairs) * 2 > len(pairs)
    tokenizer = "char" if unspaced else "13a"
    scorer = BLEU(tokenize=tokenizer, effective_order=True)
    rows = []
    for pair in pairs:
        score = scorer.sentence_score(pair.prediction, list(pair.references))
        rows.append([score.sys_len, score.ref_len, *score.counts, *score.totals])
    counts = np.array(rows, dtype=np.int64)
    if counts[:, -1].sum() == 0:
        return None

    def corpus(chosen: NDArray[np.int64]) -> float:
        total = [int(value) for value in chosen.sum(axis=0)]
        orders = (len(total) - 2) // 2
        score = BLEU.compute_bleu(
            correct=total[2 : 2 + orders], total=total[2 + orders :], sys_len=total[0], ref_len=total[1]
        )
        return min(float(score.score) / 100, 1.0)  # exp(log(…)) of a perfect score rounds above one

    low, high = _modest(corpus(counts), _bootstrap(counts, corpus, generator), len(pairs))
    return Measured(
        "bleu", corpus(counts), low, high, f"corpus, tokenizer {tokenizer}; bootstrap of {RESAMPLES:,}"
    )


def _bootstrap(
    rows: NDArray[np.int64], measure: Callable[[NDArray[np.int64]], float], generator: np.random.Generator
) -> tuple[float, float]:
    values = [measure(rows[generator.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLES)]
    return _middle(values)


def _middle(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _labels(pairs: Sequence[Pair]) -> list[str]:
    """Return the labels where the references are a few short ones that come again, else nothing."""
    if any(len(pair.references) > 1 for pair in pairs):
        return []
    right = [" ".join(words(pair.references[0])) for pair in pairs]
    labels = sorted(set(right))
    few = len(labels) <= min(_MOST_LABELS, len(right) // 2)
    return labels if few and all(len(label.split()) <= _WORDS_OF_A_LABEL for label in labels) else []


def _macro_f1(pairs: Sequence[Pair], labels: list[str], generator: np.random.Generator) -> Measured:
    place = {label: number for number, label in enumerate(labels)}
    right = np.array([place[" ".join(words(pair.references[0]))] for pair in pairs])
    said = np.array([place.get(" ".join(words(pair.prediction)), -1) for pair in pairs])

    def macro(rows: NDArray[np.int64]) -> float:
        gold, guess = rows[:, 0], rows[:, 1]
        hit = np.bincount(gold[gold == guess], minlength=len(labels))
        sums = np.bincount(gold, minlength=len(labels)) + np.bincount(
            guess[guess >= 0], minlength=len(labels)
        )
        present = sums > 0
        return float((2 * hit[present] / sums[present]).mean())

    rows = np.stack([right, said], axis=1).astype(np.int64)
    low, high = _modest(macro(rows), _bootstrap(rows, macro, generator), len(pairs))
    return Measured(
        "macro-f1", macro(rows), low, high, f"mean over {len(labels)} labels; bootstrap of {RESAMPLES:,}"
    )
