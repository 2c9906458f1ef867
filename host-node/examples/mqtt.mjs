/**
 * mqtt: a client is made of a function that makes its connections.
 *
 * node host-node/examples/mqtt.mjs    (Mosquitto, or another broker, at 10.9.0.1)
 */
import { once } from 'node:events';
import mqtt from 'mqtt';
import { KERNEL, net } from './device.mjs';

const client = new mqtt.MqttClient(() => net.connect(1883, KERNEL), { clientId: 'netcell' });
await once(client, 'connect');
await client.subscribeAsync('rooms/+/temperature', { qos: 2 });
client.publish('rooms/kitchen/temperature', '21', { qos: 2 });
const [topic, text] = await once(client, 'message');
console.log(`${topic}: ${text}`);
await client.endAsync();
