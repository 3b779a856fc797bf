"""The project card and what people do with it: take it, question it, decide otherwise."""
