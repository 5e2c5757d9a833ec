// What every client does: have a flyer written, follow the task to its end, follow it again from its first event, and
// follow a task that is not there.
export const { ATRIUM: url, TOKEN: token } = process.env;
export const authorization = `Bearer ${token}`;

const begin = `mutation Begin {
  createContentForListing(input: { listingId: "lst_905ba0f2eb8a80d7e863", contentTypes: [FLYER_TEXT] }) {
    task { id }
    userErrors { code }
  }
}`;
const follow = `subscription Follow($task: ID!, $after: String) {
  taskProgress(taskId: $task, after: $after) { cursor task { status progress } }
}`;

// `execute` gives the result of an operation, `iterate` the results of a subscription, the last of which may be errors.
export async function followTask(execute, iterate) {
  const begun = await execute({ query: begin });
  const task = begun.data.createContentForListing.task.id;
  const seen = await all(iterate({ query: follow, variables: { task } }));
  const after = seen[0].data.taskProgress.cursor;
  const resumed = await all(iterate({ query: follow, variables: { task, after } }));
  const missing = await all(iterate({ query: follow, variables: { task: 'tsk_nowhere' } }));
  const invalid = await all(iterate({ query: 'subscription { nothing }' }));
  return { seen, resumed, missing, invalid };
}

async function all(results) {
  const collected = [];
  for await (const result of results) collected.push(result);
  return collected;
}

export function tell(answer) {
  console.log(JSON.stringify(answer));
}
