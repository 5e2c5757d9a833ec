"""The gateway over the reference backends, beside a plain server over the same ones."""
