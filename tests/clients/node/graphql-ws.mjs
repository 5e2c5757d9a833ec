import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization, followTask, tell, url } from './task.mjs';

const client = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: 0,
});

async function* iterate(request) {
  try {
    yield* client.iterate(request);
  } catch (errors) {
    yield { errors };
  }
}

async function execute(request) {
  for await (const result of iterate(request)) return result;
}

tell(await followTask(execute, iterate));
await client.dispose();
