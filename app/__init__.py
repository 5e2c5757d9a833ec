"""Atrium's machinery: everything that would be the same for any other graph."""
