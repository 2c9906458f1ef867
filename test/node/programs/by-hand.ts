/** A server of `http`, and a client of it that says what it likes. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { show, until, type World } from '../world.ts';

export function serve(
  w: World,
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<Server> {
  return w.serve(createServer(options, listener));
}

/** A client that has said something. */
export async function speak(w: World, ...parts: string[]): Promise<Socket> {
  const client = w.connect();
  await until(client, 'connect');
  for (const part of parts) client.write(part);
  return client;
}

/**
 * What a client is told until its connection is over, in one line and without the date; or what it
 * failed with, where it was told nothing.
 */
export async function hear(client: Socket): Promise<string> {
  let said = '';
  client.on('data', (part) => (said += String(part)));
  client.on('error', (error) => (said ||= show(error)));
  await until(client, 'close');
  const lines = said.split('\r\n');
  return lines.filter((line) => !/^date/i.test(line)).join('|');
}
