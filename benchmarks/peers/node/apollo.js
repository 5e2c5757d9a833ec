// Apollo Server 5 with DataLoader, on its standalone server.

import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { makeContext, port, resolvers, typeDefs } from "./posts.js";

const server = new ApolloServer({ typeDefs, resolvers });
await startStandaloneServer(server, { context: async () => makeContext(), listen: { host: "127.0.0.1", port } });
