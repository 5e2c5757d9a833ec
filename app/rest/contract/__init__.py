"""The contract guard: what clients ask of a backend and expect of it, held against the OpenAPI that it gives."""
