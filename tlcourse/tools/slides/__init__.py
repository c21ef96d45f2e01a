"""Notebooks as slides: live, and as decks that need no network."""
