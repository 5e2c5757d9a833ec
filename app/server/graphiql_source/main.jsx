// The page: GraphiQL with what the server tells it in the element with the id "config".
import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';
import { createRoot } from 'react-dom/client';

import { createFetcher } from './fetcher.js';

const WORKERS = { graphql: GRAPHQL_WORKER, json: JSON_WORKER }; // file names, put in by build.mjs

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(WORKERS[label] ?? EDITOR_WORKER, import.meta.url), { name: label }),
};

const config = JSON.parse(document.getElementById('config').textContent);
const headers = JSON.stringify(config.headers, null, 2);

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={createFetcher(config.endpoint)}
    defaultHeaders={headers}
    defaultTabs={config.tabs.map((query) => ({ query, headers }))}
    defaultEditorToolsVisibility="headers"
    isHeadersEditorEnabled
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>{config.title}</GraphiQL.Logo>
  </GraphiQL>,
);
