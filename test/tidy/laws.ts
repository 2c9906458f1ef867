/**
 * The laws about who may do what (design.md §1 and §3): floors, emitting, states, sequence numbers.
 */
import { builtinModules } from 'node:module';
import { circlesIn } from './floors.ts';
import { isIn, linesMatching, perFile, type Rule, type Violation } from './rules.ts';
import { functionsOf, importsOf, lineAt, type Source } from './source.ts';

/** The floor of a file of the core (design.md §3). */
function floorOf(path: string): number {
  if (/^assembly\/(?:index|datagrams|observe)\.ts$/.test(path)) return 5;
  if (/^assembly\/(?:stack|icmp-errors)\.ts$/.test(path)) return 4.5;
  if (/^assembly\/(?:tcp|udp)\//.test(path)) return 4;
  if (path.startsWith('assembly/ip/')) return 3;
  if (path.startsWith('assembly/wire/')) return 2;
  if (path.startsWith('assembly/store/') || path === 'assembly/pools.ts') return 1;
  return 0;
}

function isCore(source: Source): boolean {
  return isIn(source, 'assembly') && source.path.endsWith('.ts');
}

function brokenFloors(source: Source): [number, string][] {
  const own = floorOf(source.path);
  return importsOf(source).flatMap(({ line, specifier, target }): [number, string][] => {
    if (target === undefined || !target.startsWith('assembly/')) {
      return [[line, `imports ${specifier}: the core imports only itself`]];
    }
    const floor = floorOf(target);
    if (floor > own) {
      return [[line, `floor ${own} imports ${target} of floor ${floor}: turn it round`]];
    }
    // A container knows no protocol and no other's place; pools.ts stands on all of them.
    if (own === 1 && target === 'assembly/pools.ts') {
      return [[line, 'store/ imports pools.ts: take the pool as an argument']];
    }
    const transports = [source.path, target].map(
      (path) => /^assembly\/(tcp|udp)\//.exec(path)?.[1],
    );
    if (own === 4 && transports[0] !== transports[1] && transports[1] !== undefined) {
      return [[line, `${transports[0]}/ imports ${transports[1]}/: they meet in stack.ts`]];
    }
    if (isIn(source, 'assembly/tcp/rate') && target.startsWith('assembly/tcp/loss/')) {
      return [[line, 'rate/ imports loss/: how much may be sent does not know what was lost']];
    }
    return [];
  });
}

const BUILT_IN = new Set(builtinModules);
const NODE_NAMES = /(?<![.\w#])(?:Buffer\.|process\.(?:env|nextTick|stdout|platform)|__dirname\b)/;

function strangersInHostWeb(source: Source): [number, string][] {
  const imported = importsOf(source).flatMap(({ line, specifier, target }): [number, string][] => {
    if (specifier.startsWith('node:') || BUILT_IN.has(specifier.split('/')[0] ?? '')) {
      return [[line, `imports ${specifier}: host-web stands on web standards only`]];
    }
    if (target?.startsWith('host-node/')) return [[line, `imports ${target}: turn it round`]];
    return [];
  });
  const names = linesMatching(
    source,
    'codeLines',
    NODE_NAMES,
    '$ is of Node: host-web stands on web standards only',
  );
  return [...imported, ...names];
}

/** Who may write into the transmit window, and in which function; the others call them. */
const EMITTERS: Readonly<Record<string, string>> = {
  'assembly/tcp/transmit.ts': '',
  'assembly/tcp/emit.ts': '',
  'assembly/tcp/backlog.ts': 'emitSynAck',
  'assembly/ip/packet.ts': '',
  'assembly/ip/reply.ts': '',
  'assembly/udp/emit.ts': '',
  'assembly/stack.ts': '',
  'assembly/memory.ts': '',
};

/** Law 4: input never emits for a connection. */
function straySegments(source: Source): [number, string][] {
  const only = EMITTERS[source.path];
  if (only === '') return [];
  const isEmitter = (line: number): boolean =>
    only !== undefined &&
    functionsOf(source).some(({ name, from, to }) => name === only && line >= from && line <= to);
  const advice = '$ here: mark the connection, and let output write (law 4)';
  const window = linesMatching(source, 'codeLines', /\bTRANSMIT\b/, advice).filter(
    ([line]) => !isEmitter(line) && !isImport(source, line),
  );
  const calls = linesMatching(
    source,
    'codeLines',
    /(?<!function )\b(?:emit\w*|transmit)(?=\()/,
    advice,
  );
  return [...window, ...calls];
}

/** Whether a line belongs to an import statement. */
function isImport(source: Source, line: number): boolean {
  return [...source.code.matchAll(/^import\b[^;]*;/gm)].some((statement) => {
    const from = lineAt(source.code, statement.index);
    return line >= from && line < from + statement[0].split('\n').length;
  });
}

/** Names that hold a TCB in this file, by their declarations. */
function tcbNames(source: Source): string {
  const names = new Set(['tcb']);
  const declared = /\b(\w+): Tcb\b|\b(?:const|let) (\w+) = (?:tcbAt|fromHandle|newTcb|\w+Tcb)\(/g;
  for (const [, typed, made] of source.code.matchAll(declared)) names.add(typed ?? made ?? 'tcb');
  return [...names].join('|');
}

function strayStates(source: Source): [number, string][] {
  const enter = functionsOf(source).find(({ name }) => name === 'enter');
  const pattern = new RegExp(String.raw`\b(?:${tcbNames(source)})\.state\s*=(?!=)`);
  const advice = '$ …: only enter() of tcp/state.ts changes a state';
  return linesMatching(source, 'codeLines', pattern, advice).filter(
    ([line]) =>
      source.path !== 'assembly/tcp/state.ts' || !enter || line < enter.from || line > enter.to,
  );
}

const SEQ = /\b(\w+)\??: (?:Seq|LocalSeq|RemoteSeq)\b/g;
/** The RFC's own, wherever they stand. */
const RFC_NAMES = ['una', 'nxt', 'seq', 'ack', 'iss', 'irs', 'wl1', 'wl2'];

/** Fields of records that are sequence numbers wherever in tcp/ a field has that name. */
function seqFields(sources: readonly Source[]): Set<string> {
  const fields = new Set<string>();
  const others = new Set<string>();
  for (const { code } of sources) {
    for (const [, name = '', type = ''] of code.matchAll(/^ {2}(\w+): (\w+);/gm)) {
      if (/^(?:Local|Remote)?Seq$/.test(type)) fields.add(name);
      else others.add(name);
    }
  }
  return new Set([...RFC_NAMES, ...[...fields].filter((name) => !others.has(name))]);
}

/** Comparisons with spaces round them, so that neither generics nor casts nor shifts are meant. */
const COMPARISON = /(-\s*)?([\w.]+) (<=?|>=?) ([\w.]+)(\s*-)?/g;

/**
 * A plain comparison of sequence numbers; the difference of two is a length and may be compared.
 */
function plainComparisons(sources: readonly Source[]): Violation[] {
  const tcp = sources.filter((source) => isIn(source, 'assembly/tcp'));
  const fields = seqFields(tcp);
  return tcp.flatMap((source) => {
    const declared = [...source.code.matchAll(SEQ)].map(([, name]) => name ?? '');
    const locals = new Set([...RFC_NAMES, ...declared]);
    const isSeq = (operand: string): boolean =>
      operand.includes('.')
        ? fields.has(operand.slice(operand.lastIndexOf('.') + 1))
        : locals.has(operand);
    return source.codeLines.flatMap((text, i) =>
      [...text.matchAll(COMPARISON)].flatMap(([found, before, left = '', , right = '', after]) => {
        const isPlain =
          (before === undefined && isSeq(left)) || (after === undefined && isSeq(right));
        if (!isPlain) return [];
        const advice = `${found.trim()}: use lt or le of seq.ts`;
        return [{ path: source.path, line: i + 1, advice }];
      }),
    );
  });
}

/** Laws 4 and 7, and the rules of states and sequence numbers. */
export const LAWS: readonly Rule[] = [
  perFile('law 7: imports of the core go down the floors', isCore, brokenFloors),
  {
    name: 'law 7: imports of the core do not go round',
    check: (sources) => circlesIn(sources, 'assembly'),
  },
  perFile(
    'host-web knows neither Node nor host-node',
    (s) => isIn(s, 'host-web'),
    strangersInHostWeb,
  ),
  perFile('law 4: input never emits for a connection', isCore, straySegments),
  perFile('only enter() changes the state of a tcb', isCore, strayStates),
  { name: 'sequence numbers are compared modulo 2^32', check: plainComparisons },
];
