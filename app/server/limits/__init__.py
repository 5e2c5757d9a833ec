"""Limits: what a document, its variables and its cost may come to before anything runs."""
