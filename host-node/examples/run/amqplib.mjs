/**
 * amqplib, which knows nothing of netcell.
 *
 * sudo netcell run -- node host-node/examples/run/amqplib.mjs USER:PASSWORD    (RabbitMQ there)
 */
import { connect } from 'amqplib';

const [, , user] = process.argv;
const connection = await connect(`amqp://${user}@10.9.0.1`);
const channel = await connection.createConfirmChannel();
const { queue } = await channel.assertQueue('', { exclusive: true });
const received = new Promise((resolve) => {
  let text = '';
  channel.consume(queue, (message) => {
    channel.ack(message);
    text += message.content;
    if (text.length === 26) resolve(text);
  });
});
for (const letter of 'abcdefghijklmnopqrstuvwxyz') channel.sendToQueue(queue, Buffer.from(letter));
await channel.waitForConfirms();
console.log(await received);
await connection.close();
