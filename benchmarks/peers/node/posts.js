// The schema of the job and the calls to its upstream, for every peer on Node.

import DataLoader from "dataloader";
import { Pool } from "undici";

const upstream = new Pool(process.env.UPSTREAM, { connections: 100 });

export const port = Number(process.env.PORT);

export const typeDefs = `
  type Query {
    greet: String!
    posts: [Post!]
  }
  type Post {
    id: Int!
    userId: Int!
    title: String!
    body: String!
    user: User
  }
  type User {
    id: Int!
    name: String!
    username: String!
    email: String!
    phone: String
    website: String
  }
`;

async function read(path) {
  const { body } = await upstream.request({ method: "GET", path });
  return body.json();
}

export async function usersByIds(ids) {
  const users = await read(`/users?${ids.map((id) => `id=${id}`).join("&")}`);
  const byId = new Map(users.map((user) => [user.id, user]));
  return ids.map((id) => byId.get(id) ?? null);
}

export const greet = () => "Hello World!";
export const posts = () => read("/posts");
export const makeContext = () => ({ users: new DataLoader(usersByIds) });

// For servers without loaders of their own.
export const resolvers = {
  Query: { greet, posts },
  Post: { user: (post, _arguments, context) => context.users.load(post.userId) },
};
