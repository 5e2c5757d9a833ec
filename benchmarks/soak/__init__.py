"""A soak: the gateway under everything at once, for long; nothing may be lost, left over or wrong without a cause."""
