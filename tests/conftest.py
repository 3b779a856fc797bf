"""How property tests run: results count, not how busy the machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("cairn", deadline=None, print_blob=True)
settings.register_profile(
    "thorough", settings.get_profile("cairn"), max_examples=1000
)  # --hypothesis-profile
settings.load_profile("cairn")
