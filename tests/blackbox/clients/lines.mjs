// The loop of a client in JavaScript: one JSON command a line in, one JSON answer a line out.
//
//   node CLIENT.mjs MODULES GATEWAY KEY NUMBER

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modules, gateway, key, number] = process.argv.slice(2);

export const settings = { gateway, key, number };

/** Imports a package from the folder it was installed in, which is not above this file. */
export async function load(name) {
  return import(pathToFileURL(createRequire(`${modules}/`).resolve(name)));
}

/** Answers each command with what its function returns: `{id}`, or `{error}` as the client itself reported it. */
export async function serve(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, ...given } = JSON.parse(line);
    let answer;
    try {
      answer = await commands[op](given);
    } catch (error) {
      answer = { broken: `${error?.stack ?? error}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
