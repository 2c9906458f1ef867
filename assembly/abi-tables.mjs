/**
 * The numbers of the door as tables for `README.md`: for hosts that are not TypeScript.
 *
 * Made by the build from what `abi.ts`, `windows.ts` and `memory.ts` say (law 10), and put between
 * two marks of the README.
 */

const BEGIN = '<!-- Numbers: made by build.mjs, do not edit. -->\n';
const END = '<!-- End of numbers. -->\n';

/** Windows that are records, and when each holds something. */
const RECORDS = {
  CONFIG: ['Config', 'written before `init`'],
  REFUSAL: ['Refusal', 'after `init` that was refused'],
  ENDPOINT: ['Endpoint', 'written before `addAddress`, `connect`, `listen`, `ping`, `udp…`'],
  SIGNAL: ['SignalRecord', 'after `signal`'],
  STATUS: ['Status', 'after `status`, `nextStatus`'],
  OUTGOING: ['Outgoing', 'after `output`'],
  PIECES: ['Piece', 'after `peek`, `lend`, `output`: one behind the other'],
  RECEIVED: ['Received', 'after `udpReceive`'],
  ECHO_REPLY: ['EchoReply', 'new when `count` has changed'],
  ROUTE_ADVICE: ['RouteAdvice', 'new when `count` has changed'],
};

/** Enumerations whose numbers cross the door, in the README's order. */
const ENUMS = [
  'Result',
  'Signal',
  'PacketFlag',
  'State',
  'Option',
  'UdpOption',
  'TraceKind',
  'Ctl',
  'Timer',
];

/** Fields and their offsets; an address or the seed is several words and one thing. */
function layout(window) {
  const seen = new Map();
  for (const { field, type, offset } of window.fields) {
    const name = field.replace(/\d$/, '');
    const words = (seen.get(name)?.words ?? 0) + 1;
    seen.set(name, { at: seen.get(name)?.at ?? offset, type, words });
  }
  return [...seen]
    .map(([name, { at, type, words }]) => {
      const what = words > 1 ? ` (${8 * words} octets)` : type === 'u32' ? '' : ` (${type})`;
      return `${at} ${name}${what}`;
    })
    .join(', ');
}

function hex(address) {
  return `0x${address.toString(16).padStart(5, '0')}`;
}

function tables({ enums, windows, map, limits, settings }) {
  const window = (name) => windows.find((candidate) => candidate.name === name);
  const members = (name) =>
    enums.find((candidate) => candidate.name === name).members.filter((m) => m.name !== 'COUNT');
  const lines = [
    '| window | at | octets | u32 unless said, after its offset |',
    '|---|---|---|---|',
  ];
  for (const [place, [name, when]] of Object.entries(RECORDS)) {
    const { size } = window(name);
    lines.push(`| ${place} | ${hex(map[place])} | ${size} | ${when}: ${layout(window(name))} |`);
  }
  const { HEADROOM, PACKET_SIZE, TEXT_SIZE } = map;
  const counted = 8 * members('Counter').length;
  const packets = `${PACKET_SIZE} | the packet; ${HEADROOM} octets before it are the link's |`;
  const event = window('TraceEvent');
  lines.push(
    `| COUNTERS | ${hex(map.COUNTERS)} | ${counted} | u64 each, as \`Counter\` |`,
    `| DROPS | ${hex(map.DROPS)} | ${8 * map.DROP_REASONS} | u64 each, drops for each \`Reason\` |`,
    `| RECEIVE | ${hex(map.RECEIVE)} | ${packets}`,
    `| TRANSMIT | ${hex(map.TRANSMIT)} | ${packets}`,
    `| TEXT | ${hex(map.TEXT)} | ${TEXT_SIZE} | text of \`send\`, \`receive\`, \`ping\` |`,
    `| trace ring | \`traceBase()\` | ${event.size} each | ${layout(event)} |`,
    '',
    '| | |',
    '|---|---|',
  );
  for (const name of ENUMS) {
    const said = members(name).map((member) => `${member.value} ${member.name}`);
    lines.push(`| \`${name}\` | ${said.join(', ')} |`);
  }
  lines.push('', '| limit | default | bounds | |', '|---|---|---|---|');
  for (const { member, initial, least, most, doc } of limits) {
    lines.push(`| \`${member}\` | ${initial} | ${least} to ${most} | ${doc} |`);
  }
  lines.push('', '| `Setting` | default | bounds | |', '|---|---|---|---|');
  for (const [number, { member, name, initial, least, most, doc }] of settings.entries()) {
    const bounds = `${initial} | ${least} to ${most}`;
    lines.push(`| ${number} ${member}, \`${name}\` | ${bounds} | ${doc} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** The README with tables of these numbers. */
export function withTables(readme, numbers) {
  const begin = readme.indexOf(BEGIN) + BEGIN.length;
  const end = readme.indexOf(END);
  if (begin < BEGIN.length || end < begin) {
    throw new Error('assembly/README.md has lost the marks of its numbers');
  }
  return readme.slice(0, begin) + tables(numbers) + readme.slice(end);
}
