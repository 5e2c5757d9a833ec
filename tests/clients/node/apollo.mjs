import { ApolloClient, CombinedGraphQLErrors, CombinedProtocolErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { authorization, followTask, tell, url } from './task.mjs';

const [form] = process.argv.slice(2);
const Handler = form === 'v0.2' ? GraphQL17Alpha9Handler : Defer20220824Handler;
const client = new ApolloClient({
  link: new HttpLink({ uri: url, headers: { authorization } }),
  cache: new InMemoryCache(),
  incrementalHandler: new Handler(),
});

async function execute({ query }) {
  return client.mutate({ mutation: gql(query) });
}

async function* iterate({ query, variables }) {
  const results = [];
  let wake = () => {};
  let isDone = false;
  const put = (result) => (result && results.push(result), wake());
  client.subscribe({ query: gql(query), variables, errorPolicy: 'all' }).subscribe({
    next: ({ data, error }) => put(error ? told(error) : { data }),
    error: (error) => ((isDone = true), put(told(error))),
    complete: () => ((isDone = true), put()),
  });
  while (true) {
    while (results.length) yield results.shift();
    if (isDone) return;
    await new Promise((resolve) => (wake = resolve));
  }
}

function told(error) {
  if (CombinedGraphQLErrors.is(error) || CombinedProtocolErrors.is(error)) return { errors: error.errors };
  return { failure: String(error) };
}

const deferred = gql`query Deferred {
  listings(first: 2) { nodes { id address ... @defer(label: "agent") { agent { name } } } }
}`;
const streamed = gql`query Streamed {
  listings(first: 3) { nodes @stream(initialCount: 1) { id address } }
}`;

async function watch(query) {
  const steps = [];
  await new Promise((resolve, reject) => {
    client.watchQuery({ query, fetchPolicy: 'network-only' }).subscribe({
      next({ data, dataState, error, loading }) {
        if (error) reject(error);
        if (data) steps.push({ dataState, nodes: data.listings.nodes });
        if (!loading && dataState === 'complete') resolve();
      },
      error: reject,
    });
  });
  return steps;
}

tell({ ...(await followTask(execute, iterate)), deferred: await watch(deferred), streamed: await watch(streamed) });
client.stop();
