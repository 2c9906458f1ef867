/**
 * ioredis: `Connector` is a class that makes its connections.
 *
 * node host-node/examples/ioredis.mjs    (Redis at 10.9.0.1)
 */
import { AbstractConnector, Redis } from 'ioredis';
import { KERNEL, net } from './device.mjs';

class Connector extends AbstractConnector {
  constructor(options) {
    super(options.disconnectTimeout);
    this.options = options;
  }

  async connect() {
    const { port, host } = this.options;
    this.connecting = true;
    this.stream = net.connect(port, host);
    return this.stream;
  }
}

const redis = new Redis({ host: KERNEL, Connector });
const numbers = Array.from({ length: 1000 }, (_, i) => i);
await Promise.all(numbers.map((i) => redis.set(`number:${i}`, i)));
const sum = (await redis.mget(numbers.map((i) => `number:${i}`))).reduce(
  (a, b) => a + Number(b),
  0,
);
console.log(`${sum} for ${/addr=([\d.]+):/.exec(await redis.client('INFO'))[1]}`);
await redis.quit();
