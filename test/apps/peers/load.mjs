/**
 * What asks the app of express from the kernel's side: curl once, then 10,000 requests, 32 at a
 * time, nine of ten on connections that are kept. Each answer is looked at.
 */
import { execFileSync } from 'node:child_process';
import { Agent, get } from 'node:http';
import { json } from 'node:stream/consumers';

const APP = 'http://10.9.0.2:3000';
const REQUESTS = 10_000;
const AT_ONCE = 32;

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

async function ask(number) {
  const isAlone = number % 10 === 0;
  const response = await new Promise((resolve, reject) => {
    const options = { agent: isAlone ? false : agent };
    get(`${APP}/double/${number}`, options, resolve).once('error', reject);
  });
  return (await json(response)).double === 2 * number;
}

console.log(String(execFileSync('curl', ['-sS', `${APP}/client`])));
let next = 0;
let right = 0;
async function askOn() {
  while (next < REQUESTS) if (await ask(next++)) right++;
}
await Promise.all(Array.from({ length: AT_ONCE }, askOn));
console.log(`${right} of ${REQUESTS}`);
agent.destroy();
