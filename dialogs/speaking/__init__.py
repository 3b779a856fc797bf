"""How Cairn speaks: templates, names of things, tone, and the record a click leaves."""
