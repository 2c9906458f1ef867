/**
 * Where the core drops what has arrived, read from its sources.
 *
 * All of it goes through one function, `traceDropOf`. A function that hands its caller's reason on
 * to it, however far away, drops as well; a call of such a function with a reason of its own is a
 * site.
 */
import { importsOf, lineAt, type Source } from '../tidy/source.ts';

const ROOT = 'assembly/trace.ts traceDropOf';

/** One place that drops, for one reason. */
export interface Site {
  /** `file function REASON`, the file without the core's folder and its extension. */
  readonly key: string;
  readonly reason: string;
  readonly path: string;
  readonly line: number;
}

interface Call {
  readonly path: string;
  readonly line: number;
  /** The function the call stands in. */
  readonly caller: string;
  /** What is called, as `path name`. */
  readonly callee: string;
  /** What stands where a reason may: the caller's own parameter, or reasons by name. */
  readonly passesOn: boolean;
  readonly reasons: readonly string[];
}

/** Position of the bracket that closes the one at `at`. */
function closing(code: string, at: number): number {
  let depth = 0;
  for (let end = at; end < code.length; end++) {
    if (code[end] === '(') depth++;
    else if (code[end] === ')' && --depth === 0) return end;
  }
  return code.length;
}

/** What commas outside of brackets part. */
function split(list: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const char of list) {
    if (char === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
    if (char === '(') depth++;
    else if (char === ')') depth--;
  }
  return parts.map((part) => part.trim());
}

/** Names of other files' functions, each with the path it is from. */
function imported(source: Source): Map<string, string> {
  const targets = new Map(importsOf(source).map(({ line, target }) => [line, target]));
  const names = new Map<string, string>();
  for (const match of source.code.matchAll(/\bimport \{([^}]*)\} from/g)) {
    const target = targets.get(lineAt(source.code, match.index));
    for (const name of match[1]!.split(',')) if (target) names.set(name.trim(), target);
  }
  return names;
}

/** What the function with these parameters says in the place of a reason. */
function reasonIn(argument: string, parameter: string | undefined) {
  const reasons = [...argument.matchAll(/\bReason\.(\w+)/g)].map(([, name]) => name!);
  const passesOn = parameter !== undefined && argument === parameter;
  return { passesOn, reasons };
}

/** Every call that has a reason among its arguments. */
function callsOf(source: Source): Call[] {
  const { path, code } = source;
  const elsewhere = imported(source);
  return [...code.matchAll(/^(?:export )?function (\w+)(?=\()/gm)].flatMap((head) => {
    const open = head.index + head[0].length;
    const parametersEnd = closing(code, open);
    const parameter = /(\w+): Reason\b/.exec(code.slice(open, parametersEnd))?.[1];
    const body = code.slice(parametersEnd, code.indexOf('\n}', parametersEnd));
    return [...body.matchAll(/\b([a-z]\w*)\(/g)].flatMap((call): Call[] => {
      const at = parametersEnd + call.index;
      const bracket = at + call[1]!.length;
      const found = split(code.slice(bracket + 1, closing(code, bracket))).map((argument) =>
        reasonIn(argument, parameter),
      );
      const passesOn = found.some((one) => one.passesOn);
      const reasons = found.flatMap((one) => one.reasons);
      const callee = `${elsewhere.get(call[1]!) ?? path} ${call[1]!}`;
      return [{ path, line: lineAt(code, at), caller: head[1]!, callee, passesOn, reasons }];
    });
  });
}

/** Every function through which something is dropped for a reason of its caller's. */
function droppers(calls: readonly Call[]): Set<string> {
  const known = new Set([ROOT]);
  for (let before = 0; before !== known.size; ) {
    before = known.size;
    for (const { path, caller, callee, passesOn } of calls) {
      if (passesOn && known.has(callee)) known.add(`${path} ${caller}`);
    }
  }
  return known;
}

/** Every site of the core, and calls that drop for a reason that can not be read. */
export function dropSites(sources: readonly Source[]): { sites: Site[]; unread: string[] } {
  const core = sources.filter(({ path }) => path.startsWith('assembly/'));
  const calls = core.flatMap(callsOf);
  const known = droppers(calls);
  const drops = calls.filter(({ callee }) => known.has(callee));
  const sites = drops.flatMap(({ path, line, caller, reasons }) =>
    reasons.map((reason) => {
      const file = path.replace(/^assembly\//, '').replace(/\.ts$/, '');
      return { key: `${file} ${caller} ${reason}`, reason, path, line };
    }),
  );
  const unread = drops
    .filter(({ passesOn, reasons }) => !passesOn && reasons.length === 0)
    .map(
      ({ path, line, callee }) => `${path}:${line}: ${callee} without a reason that can be read`,
    );
  return { sites, unread };
}
