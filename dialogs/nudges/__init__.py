"""Nudges: which, when, what they say, and how they are put off."""
