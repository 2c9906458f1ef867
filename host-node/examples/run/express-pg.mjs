/**
 * An app of express and pg, which knows nothing of netcell. It listens on port 3000; its database
 * is PostgreSQL on the kernel's side, reached over the stack or, by `--kernel`, not.
 *
 * sudo PGHOST=10.9.0.1 netcell run -- node host-node/examples/run/express-pg.mjs
 * sudo PGHOST=localhost netcell run --kernel localhost:5432 -- node …/express-pg.mjs
 */
import express from 'express';
import pg from 'pg';

const pool = new pg.Pool();
const app = express();

app.get('/double/:number', async (request, response) => {
  const { rows } = await pool.query('SELECT 2 * $1::int AS double', [request.params.number]);
  response.json(rows[0]);
});

app.get('/client', async (_, response) => {
  const { rows } = await pool.query('SELECT host(inet_client_addr()) AS client');
  response.json(rows[0]);
});

const server = app.listen(3000, () => console.log('listening'));

process.once('SIGTERM', async () => {
  server.close();
  server.closeAllConnections();
  await pool.end();
});
