/**
 * Sources as the tidy rules see them: text, code without comments and strings, functions, imports.
 *
 * This is no parser. It knows where comments, strings and patterns begin and end, and that braces
 * come in pairs; that is enough for both dialects, TypeScript and AssemblyScript, and needs
 * neither's compiler.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** One file. */
export interface Source {
  /** Path from the root of the checkout, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** The text with comments, strings and patterns blanked; positions and lines stay. */
  readonly code: string;
  readonly codeLines: readonly string[];
}

/** A function's extent, lines from 1. */
export interface Extent {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** One import or re-export. */
export interface Import {
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** Path from the root when it is a file of ours. */
  readonly target: string | undefined;
}

const ROOMS = ['assembly', 'host-web', 'host-node', 'test'];

/** Every source file of the checkout, and those at its top. */
export function readSources(root: string): Source[] {
  const paths = ROOMS.flatMap((room) =>
    readdirSync(posix.join(root, room), { recursive: true, encoding: 'utf8' }).map((path) =>
      posix.join(room, path.replaceAll('\\', '/')),
    ),
  );
  paths.push(...readdirSync(root));
  return paths
    .filter((path) => /\.(?:tsx?|mjs|js)$/.test(path) && !path.includes('node_modules/'))
    .sort()
    .map((path) => makeSource(path, readFileSync(posix.join(root, path), 'utf8')));
}

/** A source from its text. */
export function makeSource(path: string, text: string): Source {
  const code = blank(text);
  return { path, text, lines: text.split('\n'), code, codeLines: code.split('\n') };
}

/** Whether a slash after this code begins a pattern, not a division. */
function beginsPattern(before: string): boolean {
  const tail = before.trimEnd();
  return tail === '' || /[(,=:[!&|?{};+\-*%<>~^]$|\b(?:return|typeof|case|of|in)$/.test(tail);
}

/** The end of a quoted string, a pattern or a comment that begins at `from`. */
function endOf(text: string, from: number): number {
  const open = text[from];
  if (text.startsWith('//', from)) {
    const end = text.indexOf('\n', from);
    return end < 0 ? text.length : end;
  }
  if (text.startsWith('/*', from)) {
    const end = text.indexOf('*/', from + 2);
    return end < 0 ? text.length : end + 2;
  }
  let inClass = false;
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (open === '`' && text.startsWith('${', at)) at = endOfHole(text, at + 2) - 1;
    else if (open === '/' && char === '[') inClass = true;
    else if (open === '/' && char === ']') inClass = false;
    else if (char === open && !inClass) return at + 1;
    else if (char === '\n' && open !== '`') return at;
  }
  return text.length;
}

/** The end of a template's `${…}`, from behind its opening. */
function endOfHole(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? '';
    if ('\'"`'.includes(char)) at = endOf(text, at) - 1;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return at + 1;
  }
  return text.length;
}

/** Blanks comments, strings and patterns; what is left is code at its old place. */
export function blank(text: string): string {
  let code = '';
  while (code.length < text.length) {
    const at = code.length;
    const char = text[at] ?? '';
    const isComment = char === '/' && (text[at + 1] === '/' || text[at + 1] === '*');
    const isPattern = char === '/' && !isComment && beginsPattern(code);
    if (!isComment && !isPattern && !'\'"`'.includes(char)) {
      code += char;
      continue;
    }
    const hidden = text.slice(at, endOf(text, at)).replace(/[^\n]/g, ' ');
    // Quotes stay, so that a string is still seen to be one.
    code += isComment ? hidden : `'${hidden.slice(2)}${hidden.length > 1 ? "'" : ''}`;
  }
  return code;
}

/** Where the bracket opens that closes at the end of `head`; -1 when none does. */
function openingOf(head: string): number {
  let depth = 0;
  for (let at = head.length - 1; at >= 0; at--) {
    if (head[at] === ')') depth++;
    else if (head[at] === '(' && --depth === 0) return at;
  }
  return -1;
}

/** The function whose arguments are being written where `head` ends: `f(1, ` gives "f". */
function callAround(head: string): string {
  let depth = 0;
  for (let at = head.length - 1; at >= Math.max(0, head.length - 2_000); at--) {
    const char = head[at] ?? '';
    if (')}]'.includes(char)) depth++;
    else if ('({['.includes(char) && --depth < 0) {
      const callee = head.slice(0, at).trimEnd();
      // What is called may itself be a call's answer: `describe.skipIf(x)('…', () => {`.
      const before = callee.endsWith(')') ? callee.slice(0, openingOf(callee)) : callee;
      return char === '(' ? (/[\w$.]+$/.exec(before)?.[0] ?? 'arrow') : 'arrow';
    }
  }
  return 'arrow';
}

/** The name of an arrow function whose arrow ends `head`. */
function arrowName(head: string): string {
  const bare = head.replace(/(?::[^()=]*(?:=>[^()=]*)?)?=>$/, '').trimEnd();
  const lone = /\w+$/.exec(bare)?.[0] ?? '';
  const from = bare.endsWith(')') ? openingOf(bare) : bare.length - lone.length;
  const before = bare
    .slice(0, from)
    .trimEnd()
    .replace(/\basync$/, '')
    .trimEnd();
  const assigned = /(\w+)\s*(?::\s*[\w<>[\]|.,\s]+)?=$/.exec(before.slice(-120));
  return assigned?.[1] ?? callAround(before);
}

const CONTROL = /^(?:if|for|while|switch|catch|with)$/;

/** The name of the function whose body opens behind this code; nothing when it is no body. */
function functionBefore(head: string): string | undefined {
  if (head.endsWith('=>')) return arrowName(head);
  const signature = head.replace(/(?<=\))\s*:\s*[\w<>[\]|&.,\s'!?]+$/, '');
  if (!signature.endsWith(')')) return undefined;
  const from = openingOf(signature);
  const before = signature.slice(Math.max(0, from - 80), Math.max(0, from));
  const name = /([\w#$]+)\s*(?:<[^<>]*>)?\s*$/.exec(before)?.[1];
  return name === undefined || CONTROL.test(name) ? undefined : name;
}

/** Every function with a body in braces. */
export function functionsOf(source: Source): Extent[] {
  const found: Extent[] = [];
  const open: { name: string | undefined; line: number }[] = [];
  let line = 1;
  for (let at = 0; at < source.code.length; at++) {
    const char = source.code[at];
    if (char === '\n') line++;
    else if (char === '{') {
      open.push({ name: functionBefore(source.code.slice(0, at).trimEnd()), line });
    } else if (char === '}') {
      const { name, line: from } = open.pop() ?? { name: undefined, line };
      if (name !== undefined) found.push({ name, from, to: line });
    }
  }
  return found;
}

/** The line of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

const IMPORTS =
  /\b(?:import|export)\b[^;'"`]*?\bfrom\s*(['"])(.*?)\1|\bimport\s*\(?\s*(['"])(.*?)\3/g;

/** Every import, re-export and dynamic import of a source. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  for (const match of source.text.matchAll(IMPORTS)) {
    // In a comment or a string there is no such word left in the code.
    if (!/^(?:import|export)/.test(source.code.slice(match.index))) continue;
    const specifier = match[2] ?? match[4] ?? '';
    const line = lineAt(source.text, match.index);
    found.push({ line, specifier, target: targetOf(source.path, specifier) });
  }
  return found;
}

function targetOf(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = posix.join(posix.dirname(path), specifier);
  return /\.\w+$/.test(target) ? target : `${target}.ts`;
}
