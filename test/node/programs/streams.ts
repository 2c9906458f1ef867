/** `net.Socket` as a stream: reading, writing, back pressure, and what is made of streams. */
import { finished, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { attempt, type Programs, turn, until } from '../world.ts';

/** A text whose every octet says where it belongs. */
function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
}

const MEGABYTE = pattern(1 << 20);

async function collect(readable: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of readable) parts.push(Buffer.from(part as Buffer));
  return Buffer.concat(parts);
}

export const streams: Programs = {
  'stream: write answers false at the mark, and drain follows': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client, 'drain');
    w.say('client', String(client.write('little')));
    // More than the two buffers of any TCP take.
    w.say('client', String(client.write(Buffer.alloc(1 << 24))));
    w.say('client', `${client.writableNeedDrain} ${client.writableLength >= 1 << 24}`);
    server.resume();
    await until(client, 'drain');
    w.say('client', `${client.writableLength} ${client.writableNeedDrain}`);
    w.say('client', `${client.writableHighWaterMark} ${client.readableHighWaterMark}`);
  },

  'stream: callbacks of writes and of end come in order': async (w) => {
    const { client, server } = await w.pair();
    server.resume();
    w.hear('client', client, 'finish', 'close');
    for (const text of ['one', 'two', 'three']) {
      client.write(text, (error) => w.say('client', `${text} ${error}`));
    }
    client.end('last', 'latin1', () => w.say('client', 'end'));
    w.say('client', 'called');
    await until(client, 'close');
  },

  'stream: a callback comes in a later turn, and ticks come before it': async (w) => {
    const { client, server } = await w.pair();
    server.resume();
    client.write('x', () => w.say('client', 'written'));
    process.nextTick(() => w.say('client', 'tick'));
    w.say('client', 'called');
    await turn(2);
  },

  'stream: cork joins, uncork sends': async (w) => {
    const { client, server } = await w.pair();
    w.hear('server', server, 'data');
    client.cork();
    client.write('a');
    client.write('b', 'utf8');
    client.write(Buffer.from('c'));
    w.say('client', `${client.writableCorked} ${client.writableLength}`);
    await turn();
    client.uncork();
    client.end();
    await until(server, 'end');
  },

  'stream: text in every encoding arrives as its octets': async (w) => {
    const { client, server } = await w.pair();
    const octets = collect(server);
    for (const encoding of ['utf8', 'latin1', 'ascii', 'utf16le', 'binary'] as const) {
      client.write('grüße €', encoding);
    }
    client.write('686578', 'hex');
    client.write('YmFzZQ==', 'base64');
    client.cork();
    client.write('gr\u00fc', 'latin1');
    client.write('gr\u00fc', 'utf8');
    client.uncork();
    client.end(new Uint8Array([0, 255]));
    w.say('server', (await octets).toString('hex'));
  },

  'stream: setEncoding joins characters that were cut': async (w) => {
    const { client, server } = await w.pair();
    server.setEncoding('utf8');
    w.hear('server', server, 'data', 'end');
    const euro = Buffer.from('€');
    client.write(euro.subarray(0, 1));
    await turn(2);
    client.end(euro.subarray(1));
    await until(server, 'end');
    w.say('server', `${server.readableEncoding}`);
  },

  'stream: pause holds data back, and resume gives it': async (w) => {
    const { client, server } = await w.pair();
    server.pause();
    w.hear('server', server, 'pause', 'resume', 'data', 'end');
    client.end('held');
    await turn(5);
    w.say('server', `paused ${server.isPaused()} ${server.readableFlowing}`);
    server.resume();
    await until(server, 'end');
  },

  'stream: pauseOnConnect': async (w) => {
    const { client, server } = await w.pair({}, { pauseOnConnect: true });
    w.hear('server', server, 'data', 'end');
    client.end('held');
    await turn(5);
    w.say('server', `paused ${server.isPaused()}`);
    server.resume();
    await until(server, 'end');
  },

  'stream: readable and read': async (w) => {
    const { client, server } = await w.pair();
    client.write('abcdef');
    await until(server, 'readable');
    w.say('server', String(server.read(2)));
    w.say('server', String(server.read(100)));
    server.unshift('back');
    w.say('server', String(server.read()));
    w.say('server', `${server.readableLength}`);
    client.end();
    server.read();
    server.on('readable', () => server.read());
    await until(server, 'end');
  },

  'stream: a megabyte each way at once': async (w) => {
    const { client, server } = await w.pair();
    const both = [collect(client), collect(server)];
    client.end(MEGABYTE);
    server.end(MEGABYTE);
    for (const part of await Promise.all(both)) {
      w.say('program', `${part.length} ${part.equals(MEGABYTE)}`);
    }
    w.say('client', `${client.bytesRead} ${client.bytesWritten}`);
    w.say('server', `${server.bytesRead} ${server.bytesWritten}`);
  },

  'stream: pipeline and pipe carry it through an echo': async (w) => {
    const { client, server } = await w.pair();
    const echo = pipeline(server, server);
    const upper = new Transform({
      transform(part, _, done) {
        done(null, String(part).toUpperCase());
      },
    });
    const parts: string[] = [];
    const sink = new Writable({
      write(part, _, done) {
        parts.push(String(part));
        done();
      },
    });
    const back = pipeline(client, upper, sink);
    Readable.from(['a', 'b', 'c']).pipe(client);
    await back;
    await echo;
    w.say('client', parts.join(''));
  },

  'stream: a pipeline that is cut tells so': async (w) => {
    const { client, server } = await w.pair();
    w.hear('server', server.resume(), 'end', 'error', 'close');
    const source = new Readable({ read() {} });
    const broken = pipeline(source, client).catch((error) => w.say('client', error.message));
    source.destroy(new Error('cut'));
    await broken;
    w.say('client', String(client.destroyed));
    await until(server, 'close');
  },

  'stream: for await that is left destroys it': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client, 'error', 'close');
    server.on('error', () => {}).resume();
    server.write('first');
    for await (const part of client) {
      w.say('client', String(part));
      break;
    }
    w.say('client', String(client.destroyed));
  },

  'stream: for await tells of a reset': async (w) => {
    const { client, server } = await w.pair();
    server.write('first');
    let got = '';
    const reading = async () => {
      for await (const part of client) {
        got += part;
        server.resetAndDestroy();
      }
    };
    w.say('client', await reading().catch((error) => error.code));
    w.say('client', got);
  },

  'stream: finished, of a normal end, a half of it and a premature close': async (w) => {
    const { client, server } = await w.pair();
    const heard = [
      new Promise((resolve) =>
        finished(client, (error) => resolve(w.say('whole', `${error?.code}`))),
      ),
      new Promise((resolve) =>
        finished(client, { readable: false }, (error) =>
          resolve(w.say('writable', `${error?.code}`)),
        ),
      ),
      new Promise((resolve) => finished(server, (error) => resolve(w.say('server', `${error}`)))),
    ];
    server.resume();
    client.resume().end('all');
    await Promise.all(heard);
    const other = w.connect();
    await until(other, 'connect');
    const early = new Promise((resolve) => finished(other, (error) => resolve(error?.code)));
    other.destroy();
    w.say('other', String(await early));
  },

  'stream: web streams over it': async (w) => {
    const { client, server } = await w.pair();
    server.pipe(server);
    const { Duplex } = await import('node:stream');
    const { readable, writable } = Duplex.toWeb(client);
    const writer = writable.getWriter();
    await writer.write(Buffer.from('over the web'));
    await writer.close();
    let text = '';
    for await (const part of readable) text += Buffer.from(part as Uint8Array);
    w.say('client', text);
  },

  'stream: highWaterMark of a server': async (w) => {
    const { client, server } = await w.pair({ highWaterMark: 11 }, { highWaterMark: 7 });
    w.say('server', `${server.readableHighWaterMark} ${server.writableHighWaterMark}`);
    w.say('client', `${client.readableHighWaterMark} ${client.writableHighWaterMark}`);
  },

  'stream: readable false and writable false without a handle': async (w) => {
    const socket = w.own(new w.here.Socket({ readable: false, writable: false }));
    w.say('socket', `${socket.readable} ${socket.writable} ${socket.readyState}`);
    w.say(
      'socket',
      attempt(() => socket.read()),
    );
  },

  'stream: onread with a buffer': async (w) => {
    await w.listen((socket) => socket.end('abcdefghij'));
    const buffer = Buffer.alloc(4);
    const client = w.connect({
      onread: {
        buffer,
        callback: (size: number, into: Buffer) => {
          w.say('client', `${into.subarray(0, size)} ${into === buffer}`);
          return true;
        },
      },
    });
    w.hear('client', client, 'data', 'end', 'close');
    await until(client, 'close');
    w.say('client', String(client.bytesRead));
  },

  'stream: onread with a function, which stops and goes on': async (w) => {
    await w.listen((socket) => socket.end('abcdefgh'));
    let count = 0;
    const client = w.connect({
      onread: {
        buffer: () => Buffer.alloc(3),
        callback: (size: number, into: Buffer) => {
          w.say('client', String(into.subarray(0, size)));
          count++;
          if (count === 1) setImmediate(() => client.resume());
          return count !== 1;
        },
      },
    });
    w.hear('client', client, 'data', 'end', 'close');
    await until(client, 'close');
  },
};
