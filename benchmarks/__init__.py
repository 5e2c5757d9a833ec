"""Benchmarks: the gateway beside other servers, in one run on one machine."""
