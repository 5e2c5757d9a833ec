// Apollo Gateway over the Atrium at $ATRIUM and the reviews. Prints its address when it serves; ends with its input.

import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginInlineTraceDisabled } from "@apollo/server/plugin/disabled";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { resolvers, typeDefs } from "./reviews.mjs";

process.stdin.resume().on("end", () => process.exit());

const listen = { host: "127.0.0.1", port: 0 };
const reviews = new ApolloServer({
  schema: buildSubgraphSchema({ typeDefs, resolvers }),
  plugins: [ApolloServerPluginInlineTraceDisabled()],
});
const { url } = await startStandaloneServer(reviews, { listen });

class Forwarding extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    for (const [name, value] of Object.entries(context)) request.http.headers.set(name, value);
  }
}

// Apollo Gateway does not start with a supergraph whose @authenticated and @requiresScopes it would have to enforce.
// Atrium enforces its own, so it may take them for remarks; nothing else of the supergraph is touched.
class LeavingAccessToSubgraphs extends IntrospectAndCompose {
  async initialize(options) {
    const initial = await super.initialize(options);
    return { ...initial, supergraphSdl: initial.supergraphSdl.replaceAll(", for: SECURITY)", ")") };
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: new LeavingAccessToSubgraphs({
    subgraphs: [
      { name: "atrium", url: process.env.ATRIUM },
      { name: "reviews", url },
    ],
  }),
  buildService: (definition) => new Forwarding(definition),
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
});
const forwarded = ({ authorization, "x-request-id": requestId }) => ({
  ...(authorization && { authorization }),
  ...(requestId && { "x-request-id": requestId }),
});
const router = await startStandaloneServer(new ApolloServer({ gateway }), {
  context: async ({ req }) => forwarded(req.headers),
  listen,
});
console.log(router.url);
