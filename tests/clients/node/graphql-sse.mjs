import { createClient } from 'graphql-sse';
import { authorization, followTask, tell, url } from './task.mjs';

const singleConnection = process.argv[2] === 'single';
const client = createClient({ url, singleConnection, headers: { authorization }, retryAttempts: 0 });

async function* iterate(request) {
  try {
    yield* client.iterate(request);
  } catch (error) {
    yield { status: error.response.status }; // the client has let go of the body
  }
}

async function execute(request) {
  for await (const result of iterate(request)) return result;
}

tell(await followTask(execute, iterate));
client.dispose();
