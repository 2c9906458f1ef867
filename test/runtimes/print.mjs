/** Runs the program where there is a standard output: Node, Deno, Bun. */
import { report } from './program.mjs';

console.log(JSON.stringify(await report()));
