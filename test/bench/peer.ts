/** The kernel's side of the bench, a process of its own: `peer.ts TASK`, a task in JSON. */
import { SOCK_DGRAM } from '../../host-node/libc.ts';
import { stayOn } from './core.ts';
import { type Asked, ask, drain, type Moved, type Opened, openAndClose, pour } from './kernel.ts';
import { PORT, REQUEST, type Task } from './place.ts';
import { conclude } from './process.ts';

/** Where a kernel's default is BBR, its pacing would be measured. */
const CONGESTION = 'cubic';
const PAGE = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');

function perform({ kind, address, flows, seconds }: Task): Moved | Asked | Opened {
  switch (kind) {
    case 'pour':
      return pour(address, PORT, flows, seconds, CONGESTION);
    case 'drain':
      return drain(address, PORT, flows);
    case 'ask':
      return ask(address, PORT, flows, seconds, new Uint8Array(REQUEST));
    case 'query':
      return ask(address, PORT, flows, seconds, new Uint8Array(REQUEST), SOCK_DGRAM);
    case 'get':
      return ask(address, PORT, flows, seconds, PAGE);
    case 'open':
      return openAndClose(address, PORT, flows, seconds);
  }
}

// The end under measurement has the first core.
stayOn(1);
conclude(perform(JSON.parse(process.argv[2]!) as Task));
