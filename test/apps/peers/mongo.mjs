/**
 * What Debian has no server of: MongoDB's wire protocol on the kernel's TCP, as far as the example
 * goes. Messages are OP_MSG, with the driver's own BSON; documents are kept in a list.
 */
import { createServer } from 'node:net';
import { BSON, Long } from 'mongodb';

const OP_MSG = 2013;
const HEADER = 16;
const documents = [];

const HELLO = {
  isWritablePrimary: true,
  maxBsonObjectSize: 1 << 24,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
};

/** The command of a message, with the documents that come beside it. */
function read(message) {
  let command = {};
  let at = HEADER + 4;
  while (at < message.length) {
    const kind = message[at++];
    const end = at + message.readInt32LE(at);
    if (kind === 0) Object.assign(command, BSON.deserialize(message.subarray(at, end)));
    else {
      const nameEnds = message.indexOf(0, at + 4);
      const list = [];
      for (let i = nameEnds + 1; i < end; i += message.readInt32LE(i)) {
        list.push(BSON.deserialize(message.subarray(i, i + message.readInt32LE(i))));
      }
      command = { ...command, [message.toString('utf8', at + 4, nameEnds)]: list };
    }
    at = end;
  }
  return command;
}

function answer(command) {
  if ('hello' in command) return HELLO;
  if ('insert' in command) return { n: documents.push(...command.documents) };
  if (!('find' in command)) return {};
  const ns = `${command.$db}.${command.find}`;
  return { cursor: { firstBatch: documents, id: Long.ZERO, ns } };
}

function send(socket, replyTo, reply) {
  const body = BSON.serialize({ ...reply, ok: 1 });
  const head = Buffer.alloc(HEADER + 5);
  head.writeInt32LE(head.length + body.length);
  head.writeInt32LE(replyTo, 8);
  head.writeInt32LE(OP_MSG, 12);
  socket.write(Buffer.concat([head, body]));
}

createServer((socket) => {
  let held = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (part) => {
    held = Buffer.concat([held, part]);
    while (held.length >= 4 && held.length >= held.readInt32LE()) {
      const message = held.subarray(0, held.readInt32LE());
      held = held.subarray(message.length);
      send(socket, message.readInt32LE(4), answer(read(message)));
    }
  });
}).listen(27_017);
