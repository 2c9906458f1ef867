/**
 * The ledger itself: each requirement with what is claimed, where the code has it and which tests
 * show it; and what is wrong with the claims.
 */
import { type Source } from '../tidy/source.ts';
import { CLAIMS, type Status, UNMARKED } from './claims.ts';
import { OTHERS } from './others.ts';
import { REQUIREMENTS, type Requirement } from './requirements.ts';
import {
  citations,
  type Deviation,
  deviations,
  labelsIn,
  type Named,
  type Place,
  tests,
} from './scan.ts';

/** A requirement and what is known of it. */
export interface Entry extends Requirement {
  readonly status: Status;
  /** Why it is absent or moot, as claimed. */
  readonly reason: string;
  /** Lines of code that cite it. */
  readonly cited: readonly Place[];
  /** Departures that name it. */
  readonly departures: readonly Deviation[];
  /** Tests that name it. */
  readonly shown: readonly Named[];
}

/** Sources of the core and of the hosts. */
export function isCode({ path }: Source): boolean {
  return /^(?:assembly|host-web|host-node)\//.test(path);
}

/** Sources of tests, but for the ledger's own. */
export function isTest({ path }: Source): boolean {
  return /^test\/.*\.(?:test|spec)\.ts$/.test(path) && path !== 'test/ledger.test.ts';
}

/** Every requirement there is, of RFC 9293 and of the others. */
export const ALL: readonly Requirement[] = [...REQUIREMENTS, ...OTHERS];

/** Every requirement with what these sources say of it. */
export function ledger(sources: readonly Source[]): Entry[] {
  const cited = citations(sources.filter(isCode));
  const departures = deviations(sources.filter(isCode));
  // The tests of the RFC's headings come first.
  const named = tests(sources.filter(isTest)).sort(
    (a, b) => Number(b.path.includes('/rfc9293/')) - Number(a.path.includes('/rfc9293/')),
  );
  return ALL.map((requirement) => {
    const { label } = requirement;
    return {
      ...requirement,
      status: CLAIMS[label]?.status ?? 'met',
      reason: CLAIMS[label]?.reason ?? '',
      cited: cited.get(label) ?? [],
      departures: departures.filter(({ reason }) => labelsIn(reason).includes(label)),
      shown: named.filter(({ name }) => labelsIn(name).includes(label)),
    };
  });
}

/** What the code or the tests do not bear out; empty when the claim stands. */
function faultsOf(entry: Entry): string[] {
  const { status, cited, departures, shown } = entry;
  const unmarked = UNMARKED.includes(entry.label);
  const faults: string[] = [];
  const isMet = status === 'met' || status === 'partly';
  const hasMark = (isMet ? cited : departures).length > 0;
  if (isMet) {
    const claim = `is claimed as ${status === 'met' ? 'met' : 'partly met'}`;
    if (!hasMark && !unmarked) faults.push(`${claim}, but no line of code cites it`);
    if (shown.length === 0) faults.push(`${claim}, but no test names it`);
    if (departures.length > 0) faults.push(`${claim}, but a DEVIATION names it`);
  } else if (status === 'deviates') {
    if (!hasMark && !unmarked) faults.push('is said to deviate, but no DEVIATION names it');
  } else {
    if (cited.length > 0) faults.push(`is said to be ${status}, but a line of code cites it`);
  }
  if (status !== 'met' && status !== 'deviates' && entry.reason.length < 20) {
    faults.push(`is said to be ${status} without a reason`);
  }
  if (unmarked && hasMark) faults.push('has its mark now: take it out of UNMARKED');
  return faults;
}

/** Every claim that does not stand, as a sentence. */
export function faults(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => faultsOf(entry).map((fault) => `${entry.label} ${fault}`));
}

/** The levels, in the order of their weight. */
const LEVELS: readonly string[] = ['MUST', 'SHLD', 'SHOULD', 'MAY', 'REC'];
/** The states, best first. */
export const STATUSES: readonly Status[] = ['met', 'partly', 'deviates', 'absent', 'moot'];

/** Entries of one RFC, level and status; whatever is left out does not matter. */
export function select(
  entries: readonly Entry[],
  wish: Partial<Pick<Entry, 'rfc' | 'level' | 'status'>>,
): Entry[] {
  return entries.filter(
    ({ rfc, level, status }) =>
      rfc === (wish.rfc ?? rfc) &&
      level === (wish.level ?? level) &&
      status === (wish.status ?? status),
  );
}

/** The RFCs there are entries of: RFC 9293 first, then by number. */
export function documents(entries: readonly Requirement[]): number[] {
  return [...new Set(entries.map(({ rfc }) => rfc))];
}

/** A label without the RFC it belongs to. */
export function shortLabel({ label }: Requirement): string {
  return label.replace(/^(?:RFC \d+|BBR) /, '');
}

/** The counts of one RFC, one line for each level. */
export function summary(entries: readonly Entry[], rfc: number): string[] {
  return LEVELS.flatMap((level) => {
    const all = select(entries, { rfc, level });
    if (all.length === 0) return [];
    const parts = STATUSES.map((status) => [status, select(all, { status })] as const)
      .filter(([, those]) => those.length > 0)
      .map(([status, those]) =>
        status === 'met'
          ? `${those.length} of ${all.length} met`
          : `${those.length} ${status} (${those.map(shortLabel).join(', ')})`,
      );
    return `${level}: ${parts.join('; ')}`;
  });
}
