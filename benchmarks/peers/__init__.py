"""The public job of tailcallhq/graphql-benchmarks, on Atrium's own machinery and on its peers."""
