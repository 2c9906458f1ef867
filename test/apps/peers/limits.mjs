/**
 * What libraries come to outside of examples, under `netcell run`: long answers and questions,
 * peers that are killed, reconnecting, aborted downloads, a server that closes what is idle. Each
 * line says `true`, or what was wrong.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Agent, fetch } from 'undici';

const KERNEL = '10.9.0.1';
const [, , certificate] = process.argv;
const ca = readFileSync(certificate);

async function say(what, work) {
  const result = await work().catch((error) => `${error.code} ${error.message}`);
  console.log(`${what}: ${result}`);
}

async function withPg(work) {
  const client = new pg.Client({ host: KERNEL, user: 'netcell', database: 'postgres' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

await say('pg, a question of 20 MB', () =>
  withPg(async (client) => {
    const text = 'y'.repeat(20_000_000);
    const { rows } = await client.query('SELECT md5($1::text) AS md5', [text]);
    return rows[0].md5 === createHash('md5').update(text).digest('hex');
  }),
);

await say('pg, an answer of 30 MB', () =>
  withPg(async (client) => {
    const question = "SELECT repeat('x', 1000000) AS text FROM generate_series(1, 30)";
    const { rows } = await client.query(question);
    return rows.length === 30 && rows.every(({ text }) => text.length === 1_000_000);
  }),
);

await say('pg, its backend ended by another', () =>
  withPg(async (other) => {
    const client = new pg.Client({ host: KERNEL, user: 'netcell', database: 'postgres' });
    await client.connect();
    const over = new Promise((resolve) => client.on('error', resolve));
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    await other.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    return (await over) instanceof Error;
  }),
);

await say('ioredis, a value of 30 MB', async () => {
  const redis = new Redis({ host: KERNEL });
  const value = randomBytes(30_000_000);
  await redis.set('value', value);
  const same = value.equals(await redis.getBuffer('value'));
  await redis.quit();
  return same;
});

await say('ioredis, killed and connected again', async () => {
  const [redis, other] = [new Redis({ host: KERNEL }), new Redis({ host: KERNEL })];
  redis.on('error', () => {});
  const again = new Promise((resolve) => redis.once('reconnecting', resolve));
  await other.client('KILL', 'ID', await redis.client('ID'));
  await again;
  const answer = await redis.ping();
  await Promise.all([redis.quit(), other.quit()]);
  return answer === 'PONG';
});

function agent() {
  return new Agent({ connections: 16, connect: { host: KERNEL, servername: 'netcell', ca } });
}

await say('undici, 300 downloads over TLS', async () => {
  const dispatcher = agent();
  const lengths = await Promise.all(
    Array.from({ length: 300 }, async () => {
      return (await (await fetch(`https://${KERNEL}/`, { dispatcher })).text()).length;
    }),
  );
  await dispatcher.close();
  return lengths.every((length) => length === 100_000);
});

await say('undici, every other download aborted', async () => {
  const dispatcher = agent();
  const got = await Promise.allSettled(
    Array.from({ length: 200 }, async (_, i) => {
      const controller = new AbortController();
      const { signal } = controller;
      const response = await fetch(`https://${KERNEL}/`, { dispatcher, signal });
      if (i % 2 === 1) controller.abort();
      return response.text();
    }),
  );
  await dispatcher.close();
  return got.every(({ status }, i) => (status === 'rejected') === (i % 2 === 1));
});
