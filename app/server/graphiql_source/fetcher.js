// How the page talks to the gateway: POST for queries and mutations, graphql-transport-ws for subscriptions.
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

export function createFetcher(endpoint) {
  return (request, { headers = {} } = {}) => {
    const operation = operationOf(request);
    const asked = operation ? { ...request, operationName: operation.name?.value } : request;
    return operation?.operation === 'subscription' ? subscribe(endpoint, asked, headers) : post(endpoint, asked, headers);
  };
}

// The operation that is meant. Right after a change of tabs the page still gives the name of the tab before: a name that
// the text does not have counts for nothing where there is but one operation.
function operationOf({ query, operationName }) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null; // the gateway says what is wrong with it
  }
}

async function post(endpoint, request, headers) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      Accept: 'application/graphql-response+json, application/json',
      'Content-Type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(request),
  });
  return answer.json();
}

// A socket of its own for every subscription: the headers of the editor are what it is opened with.
async function* subscribe(endpoint, request, headers) {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const client = createClient({ url: url.href, connectionParams: headers, retryAttempts: 0 });
  try {
    yield* client.iterate(request);
  } catch (reason) {
    yield { errors: [{ message: describe(reason) }] };
  } finally {
    client.dispose();
  }
}

function describe(reason) {
  if (Array.isArray(reason)) {
    return reason.map((error) => error.message).join('\n');
  }
  return reason.code ? `The connection was closed: ${reason.code} ${reason.reason}` : (reason.message ?? String(reason));
}
