// The audits of graphql-http that are not passed. Its requests carry what keeps other sites from sending them.
import { auditServer } from 'graphql-http';

const fetchFn = (url, options = {}) =>
  fetch(url, { ...options, headers: { ...options.headers, 'GraphQL-Preflight': '1' } });
const results = await auditServer({ url: process.env.ATRIUM, fetchFn });
const failed = results
  .filter(({ status }) => status !== 'ok')
  .map(({ id, status, reason, response }) => ({ id, status, reason, answered: response.status }));
console.log(JSON.stringify({ count: results.length, failed }));
