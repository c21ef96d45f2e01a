"""Domains and tasks: how far apart two domains are, and what a shift between them does."""
