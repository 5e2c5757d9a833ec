// A page of listings: a fragment, the query that spreads it, and a use of both that only compiles with the right types.

import { type FragmentType, graphql, useFragment } from "./generated";
import type { ListingsPageQuery } from "./generated/graphql";

const Card = graphql(`
  fragment Card on Listing {
    address
    status
    price {
      amount
      currency
    }
  }
`);

export const ListingsPage = graphql(`
  query ListingsPage($first: Int!) {
    listings(first: $first) {
      totalCount
      nodes {
        id
        ...Card
      }
    }
  }
`);

export function title(listing: FragmentType<typeof Card>): string {
  const { address, status } = useFragment(Card, listing);
  return `${address}: ${status === "ACTIVE" ? "for sale" : status}`;
}

export function titles(page: ListingsPageQuery): string[] {
  return (page.listings?.nodes ?? []).map((listing) => title(listing));
}
