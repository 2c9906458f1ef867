/**
 * node-redis, which knows nothing of netcell.
 *
 * sudo netcell run -- node host-node/examples/run/redis.mjs    (Redis at 10.9.0.1)
 */
import { createClient } from 'redis';

const client = await createClient({ url: 'redis://10.9.0.1' }).connect();
const counts = await Promise.all(Array.from({ length: 1000 }, () => client.incr('count')));
console.log(
  `${counts.at(-1)} for ${/addr=([\d.]+):/.exec(await client.sendCommand(['CLIENT', 'INFO']))[1]}`,
);
await client.close();
