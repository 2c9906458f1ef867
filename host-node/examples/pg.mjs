/**
 * pg: `stream` makes the socket, which pg connects itself.
 *
 * node host-node/examples/pg.mjs    (PostgreSQL at 10.9.0.1, where `netcell` may log in by trust)
 */
import pg from 'pg';
import { KERNEL, net } from './device.mjs';

const pool = new pg.Pool({
  host: KERNEL,
  user: 'netcell',
  database: 'postgres',
  max: 4,
  stream: () => new net.Socket(),
});
const question = 'SELECT sum(n)::int AS sum, host(inet_client_addr()) AS client';
const answers = await Promise.all(
  [10, 100, 1000, 10_000].map((most) =>
    pool.query(`${question} FROM generate_series(1, $1) AS n`, [most]),
  ),
);
for (const { rows } of answers) console.log(`${rows[0].sum} for ${rows[0].client}`);
await pool.end();
