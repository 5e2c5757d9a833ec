// GraphQL Yoga with DataLoader on Node's own HTTP server; with JIT=1 graphql-jit executes.

import { createServer } from "node:http";
import { useGraphQlJit } from "@envelop/graphql-jit";
import { createSchema, createYoga } from "graphql-yoga";
import { makeContext, port, resolvers, typeDefs } from "./posts.js";

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: makeContext,
  graphiql: false,
  logging: false,
  plugins: process.env.JIT === "1" ? [useGraphQlJit()] : [],
});
createServer(yoga).listen(port, "127.0.0.1");
