"""The response cache: reads are kept as long, and for whom, the backend says (RFC 9111, RFC 5861)."""
