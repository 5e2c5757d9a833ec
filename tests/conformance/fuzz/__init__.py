"""Random schemas, documents and failures, executed by plans and by graphql-core, and compared."""
