"""Retrieval: size of the index, tokens it adds to a request."""

from __future__ import annotations

from estimator.answer import answer
from estimator.inputs import Request, shown
from estimator.numbers import count, fixed, number
from estimator.result import Estimate, EstimateError, Part

_BYTES_PER_TOKEN = 4.5  # of text; English prose has about 4 to 5 characters a token
_GRAPH_BYTES = (
    2 * 16 * 4 + 48
)  # HNSW with M = 16: 32 links of 4 bytes on the ground layer, upper layers, header
_OVERLAP = 0.15
_SOURCES = (
    "Malkov and Yashunin 2016, arXiv:1603.09320 (HNSW: links per element)",
    "chunk and page sizes: defaults of common retrieval libraries (judgement)",
)


def corpus_tokens(request: Request) -> tuple[float, str]:
    """Return tokens of the corpus: `tokens`, or pages × tokens a page, or documents × 5 pages."""
    if request.get("tokens"):
        return float(request.get("tokens")), f"{count(request.get('tokens'))} tokens"
    pages, documents = request.get("pages"), request.get("documents")
    if pages is None and documents is None:
        raise EstimateError(f"{request.kind} needs pages or documents: how many there are to search.")
    each = request.default("tokens_per_page", 500)
    if pages is None:
        request.assume("5 pages a document")
        pages = 5 * documents
    return float(pages * each), f"{count(pages)} pages × {each:g} tokens"


def vector_width(request: Request) -> int:
    """Return the dimensions of one vector: given, or of the embedding model, or 384 (all-MiniLM-L6-v2)."""
    if request.get("embedding_dim"):
        return int(request.get("embedding_dim"))
    name = request.get("embedding_model")
    if name is None or request.catalog is None:
        request.assume("embedding model all-MiniLM-L6-v2, 384 dimensions")
        return 384
    card = request.catalog.find_model(name)
    if card is None or card.kind not in {"embedding", "encoder"}:
        near = " or ".join(c.title for c in request.catalog.near_models(name)[:3])
        raise EstimateError(
            f"The catalogue has no embedding model {shown(name)}" + (f"; near are {near}." if near else ".")
        )
    width = card.architecture.embedding_dim or card.architecture.hidden
    if width is None:
        raise EstimateError(f"The card of {card.title} does not say its width; give embedding_dim.")
    request.cite(*card.sources)
    return width


def estimate_rag_index(request: Request) -> Estimate:
    """Index in GB: per chunk 4 B × dimensions, the graph's links, and the text itself."""
    tokens, text = corpus_tokens(request)
    chunk = request.default("chunk_tokens", 400)
    width = vector_width(request)
    request.assume(f"chunks overlap by {_OVERLAP:.0%}")
    chunks = tokens / chunk * (1 + _OVERLAP)
    vectors, graph, words = chunks * 4 * width, chunks * _GRAPH_BYTES, chunks * chunk * _BYTES_PER_TOKEN
    total = vectors + graph + words
    request.cite(*_SOURCES)
    formula = (
        f"{text} ÷ {chunk:,} × {1 + _OVERLAP:g} = {count(chunks)} chunks × ({width:,} × 4 B vector + "
        f"{_GRAPH_BYTES} B graph + {number(chunk * _BYTES_PER_TOKEN)} B text) = {fixed(total / 1e9)} GB"
    )
    parts = (Part("vectors", vectors / 1e9), Part("graph", graph / 1e9), Part("text", words / 1e9))
    return answer(
        request, total / 1e9, formula, parts=parts, extra={"chunks": chunks, "corpus_tokens": tokens}
    )


def estimate_rag_request(request: Request) -> Estimate:
    """Tokens of a request with retrieval: question and instructions plus `top_k` chunks."""
    chunk = request.default("chunk_tokens", 400)
    top_k = request.default("top_k", 5)
    question = request.default("question_tokens", 300, "question, instructions and history")
    passages = top_k * chunk
    value = float(question + passages)
    formula = f"{question:,} question + {top_k} × {chunk:,} passages = {value:,.0f} tokens"
    request.cite(*_SOURCES)
    parts = (Part("question and instructions", question), Part("passages", passages))
    extra = {"added_tokens": passages, "reranked_pairs": 10 * top_k}
    return answer(request, value, formula, parts=parts, extra=extra)
