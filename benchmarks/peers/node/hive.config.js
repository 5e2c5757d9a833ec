// Hive Gateway over the REST upstream, one process. The users of all posts are asked for in one call.

import { defineConfig } from "@graphql-hive/gateway";

const byIds = (users, ids) => ids.map((id) => users.find((user) => user.id === id));

export const gatewayConfig = defineConfig({
  supergraph: process.env.SUPERGRAPH,
  port: Number(process.env.PORT),
  host: "127.0.0.1",
  fork: 1,
  graphiql: false,
  landingPage: false,
  logging: "error",
  jit: true,
  additionalTypeDefs: `
    extend type Query {
      greet: String!
    }
    extend type Post {
      user: User
    }
  `,
  additionalResolvers: {
    Query: { greet: () => "Hello World!" },
    Post: {
      user: {
        selectionSet: "{ userId }",
        resolve: (post, _arguments, context, info) =>
          context.blog.Query.users({
            root: post,
            key: post.userId,
            argsFromKeys: (ids) => ({ ids }),
            valuesFromResults: byIds,
            context,
            info,
          }),
      },
    },
  },
});
