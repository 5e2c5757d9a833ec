// Mercurius with its JIT from the first request on, and its own loaders, without their cache across requests.

import Fastify from "fastify";
import mercurius from "mercurius";
import { greet, port, posts, typeDefs, usersByIds } from "./posts.js";

const app = Fastify();
await app.register(mercurius, {
  schema: typeDefs,
  resolvers: { Query: { greet, posts } },
  loaders: {
    Post: {
      async user(queries) {
        const ids = queries.map(({ obj }) => obj.userId);
        const distinct = [...new Set(ids)];
        const users = await usersByIds(distinct);
        const byId = new Map(distinct.map((id, place) => [id, users[place]]));
        return ids.map((id) => byId.get(id));
      },
    },
  },
  jit: 1,
});
await app.listen({ host: "127.0.0.1", port });
