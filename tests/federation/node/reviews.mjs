// A second subgraph: what people say about listings. It knows no more of listings and agents than their ids.

import { parse } from "graphql";

export const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query {
    reviewsOf(listings: [ID!]!, author: ID!): [Review!]!
  }

  type Listing @key(fields: "id") {
    id: ID!
    reviews: [Review!]!
  }

  type Agent @key(fields: "id", resolvable: false) {
    id: ID!
  }

  type Review {
    text: String!
    listing: Listing
    author: Agent
  }
`);

const review = (listing, author) => ({ text: `Seen: ${listing}`, listing: { id: listing }, author });

export const resolvers = {
  Query: { reviewsOf: (_, { listings, author }) => listings.map((listing) => review(listing, { id: author })) },
  Listing: { __resolveReference: ({ id }) => ({ id }), reviews: ({ id }) => [review(id, null)] },
};
