"""The graph: one module per domain, saying what it promises and what it adds to the types of others."""
