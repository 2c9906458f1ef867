/** A host of `core.wasm` in plain JavaScript; each number in it is from assembly/README.md. */
import { readFileSync } from 'node:fs';

const [CONFIG, ENDPOINT, SIGNAL, STATUS] = [0x10000, 0x10080, 0x100c0, 0x10100];
const [SEEDED, SEED] = [CONFIG + 64, CONFIG + 72];
const [RECEIVE, TRANSMIT, TEXT] = [0x20040, 0x30100, 0x40180];
const [OPENED, READABLE, ACCEPTABLE] = [1, 2, 8];
const STATES = ['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED'];
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const said = [];

function makeHost(name, address) {
  const core = new WebAssembly.Instance(module).exports;
  core.open();
  new DataView(core.memory.buffer).setUint32(SEEDED, 1, true);
  crypto.getRandomValues(new Uint8Array(core.memory.buffer, SEED, 32));
  if (core.init() !== 0) throw new Error('the core refuses its configuration');
  const host = { name, core, octets: new Uint8Array(core.memory.buffer), onSignal: () => {} };
  host.word = new DataView(core.memory.buffer);
  setEndpoint(host, 0, address, 32, 0);
  core.poll(performance.now() + 1);
  core.addAddress(24);
  return host;
}

function setEndpoint({ octets, word }, at, address, portAt, port) {
  octets.fill(0, ENDPOINT, ENDPOINT + 40);
  octets.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address], ENDPOINT + at);
  word.setUint32(ENDPOINT + portAt, port, true);
}

/** Tells the time, hands out the signals, and carries every packet to the other host. */
function pump(host, other) {
  const { core, octets, word } = host;
  core.poll(performance.now() + 1);
  for (let handle = core.signal(); handle !== 0; handle = core.signal()) {
    host.onSignal(handle, word.getUint32(SIGNAL + 4, true));
  }
  for (let length = core.output(); length !== 0; length = core.output()) {
    other.octets.set(octets.subarray(TRANSMIT, TRANSMIT + length), RECEIVE);
    other.core.poll(performance.now() + 1);
    other.core.input(length, 0);
  }
}

const [a, b] = [makeHost('a', [10, 0, 0, 1]), makeHost('b', [10, 0, 0, 2])];
const tell = ({ name, core, word }, handle, what) =>
  core.status(handle) || said.push(`${name} ${STATES[word.getUint32(STATUS + 44, true)]}: ${what}`);
b.onSignal = (handle, events) => {
  if (events & ACCEPTABLE) tell(b, b.core.accept(handle), 'accepted');
  if (events & READABLE) b.core.receive(handle, 64) && tell(b, handle, b.word.getUint8(TEXT));
};
a.onSignal = (handle, bits) => bits & OPENED && tell(a, handle, `sent ${a.core.send(handle, 1)}`);
setEndpoint(b, 0, [0, 0, 0, 0], 32, 7);
b.core.listen(b.core.create(), 4);
setEndpoint(a, 16, [10, 0, 0, 2], 36, 7);
a.core.connect(a.core.create());
a.octets[TEXT] = 42;
for (let round = 0; round < 4; round++) [pump(a, b), pump(b, a)];
console.log(said.join('\n'));
