/** Every program of the comparison, by its name. */
import type { Programs } from '../world.ts';
import { contexts } from './contexts.ts';
import { datagrams } from './datagrams.ts';
import { errors } from './errors.ts';
import { http } from './http.ts';
import { http2 } from './http2.ts';
import { httpServers } from './http-servers.ts';
import { names } from './names.ts';
import { servers } from './servers.ts';
import { sockets } from './sockets.ts';
import { streams } from './streams.ts';
import { tls } from './tls.ts';

export const PROGRAMS: Programs = {
  ...sockets,
  ...streams,
  ...servers,
  ...errors,
  ...names,
  ...contexts,
  ...http,
  ...httpServers,
  ...tls,
  ...http2,
  ...datagrams,
};
