// A page of listings, each with its contents: two connections, one on the query and one on a node.

import { graphql } from "relay-runtime";

graphql`
  fragment page_card on Listing {
    address
    createdAt
    price {
      amount
      currency
    }
  }
`;

graphql`
  fragment page_listings on Query
  @refetchable(queryName: "pageListingsQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    listings(first: $count, after: $cursor) @connection(key: "page_listings") {
      totalCount
      edges {
        node {
          ...page_card
          ...page_contents
        }
      }
    }
  }
`;

graphql`
  fragment page_contents on Listing
  @refetchable(queryName: "pageContentsQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    contents(first: $count, after: $cursor) @connection(key: "page_contents") {
      edges {
        node {
          title
        }
      }
    }
  }
`;

graphql`
  query pageQuery {
    ...page_listings
  }
`;

graphql`
  mutation pageApproveMutation($input: ApproveContentInput!) {
    approveContent(input: $input) {
      content {
        id
        status
      }
      userErrors {
        field
        message
        code
      }
    }
  }
`;

graphql`
  subscription pageContentSubscription {
    contentChanged {
      content {
        title
        status
      }
    }
  }
`;
