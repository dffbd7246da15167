// What the scripts beside this have in common: one scenario a process, its result as a line of JSON.

import { once } from 'node:events';

/** Where the gateway is, the project's key, and what else the test wants to be different. */
export const { url, key, ...options } = JSON.parse(process.env.CLIENT_TEST);

export async function run(scenarios) {
  console.log(JSON.stringify(await scenarios[process.argv[2]]()));
}

/** What a call threw, as one who catches it sees it. */
export async function thrown(sdk, call) {
  try {
    await call();
  } catch (error) {
    const classes = Object.keys(sdk).filter((name) => /Error$/.test(name) && error instanceof sdk[name]);
    const { status, code, type, param, requestID, message, error: body } = error;
    return { classes, status, code, type, param, requestID, message, body };
  }
  throw new Error('nothing was thrown');
}

/** The text of a stream of such pieces. */
export async function joined(stream, textOf) {
  let text = '';
  for await (const piece of stream) text += textOf(piece) ?? '';
  return text;
}

/** Says the result now and stays until the test has seen what it wants. */
export async function stay(result) {
  console.log(JSON.stringify(result));
  process.stdin.resume();
  await once(process.stdin, 'end');
}
