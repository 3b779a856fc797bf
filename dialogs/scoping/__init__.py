"""Scoping: what people say becomes answers, and the next question is asked."""
