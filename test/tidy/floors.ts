/**
 * The floors of the hosts, and circles of imports anywhere (law 7; the core's floors stand in
 * `laws.ts`).
 *
 * Imports of types count: to understand a file one has to read where its types come from.
 */
import { isIn, perFile, type Rule, type Violation } from './rules.ts';
import { importsOf, type Source } from './source.ts';

/**
 * Rooms and their floors, the first that fits; an import goes to the same floor or down.
 *
 * ```
 * 15 host-node: command line, run, the page's build    14 the web page's entry   13 its frame/
 * 12 its panels: ladder/ diagram/ packet/ …          11 its state/             10 worker/ parts/
 *  9 host-node: net, TUN     8 sim/: session, run, expectations     7 sim/ world/ scenarios/
 *  6 sim/ timeline/, scenario and its parts           5 index, edge/            4 stack
 *  3 streams/                2 raw/                   1 link/ packet/
 *  0 what knows no more than the core's door
 * ```
 */
const FLOORS: readonly (readonly [RegExp, number])[] = [
  [/^host-web\/(?:abi|address|callback|clock|core|core-wasm\.d|errors|inspect)\.ts$/, 0],
  [/^host-web\/(?:inspect-udp|pieces|platform|sysctl|trace|units|wasm)\.ts$/, 0],
  [/^host-web\/(?:link|packet)\//, 1],
  [/^host-web\/raw\//, 2],
  [/^host-web\/streams\//, 3],
  [/^host-web\/(?:index\.ts$|edge\/)/, 5],
  [/^host-web\/sim\/(?:timeline\/|(?:action|craft|hash|ladder|scenario)\.ts$)/, 6],
  [/^host-web\/sim\/(?:world|scenarios)\//, 7],
  [/^host-web\/sim\//, 8],
  [/^host-web\/playground\/(?:worker|parts)\//, 10],
  [/^host-web\/playground\/state\//, 11],
  [/^host-web\/playground\/frame\//, 13],
  [/^host-web\/playground\/[^/]+\//, 12],
  [/^host-web\/playground\//, 14],
  [/^host-web\//, 4],
  [/^host-node\/(?:cli|playground|run)\//, 15],
  [/^host-node\//, 9],
];
/** The panels' floor, where no room knows its neighbours. */
const PANELS = 12;

function floorOf(path: string): number {
  return FLOORS.find(([room]) => room.test(path))?.[1] ?? Number.POSITIVE_INFINITY;
}

function roomOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function brokenFloors(source: Source): [number, string][] {
  const own = floorOf(source.path);
  return importsOf(source).flatMap(({ line, target }): [number, string][] => {
    // Style sheets and the built core stand on no floor.
    if (target === undefined || !/\.tsx?$/.test(target)) return [];
    const floor = floorOf(target);
    if (floor > own) {
      return [[line, `floor ${own} imports ${target} of floor ${floor}: turn it round`]];
    }
    if (own === PANELS && floor === PANELS && roomOf(target) !== roomOf(source.path)) {
      return [[line, `a panel imports ${target}: what both need belongs to state/ or parts/`]];
    }
    return [];
  });
}

/** Files that import each other, each circle reported once, at the import that closes it. */
export function circlesIn(sources: readonly Source[], ...rooms: string[]): Violation[] {
  const inside = sources.filter((source) => isIn(source, ...rooms));
  const imports = new Map(inside.map((source) => [source.path, importsOf(source)]));
  const done = new Set<string>();
  const found: Violation[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    for (const { line, target } of imports.get(path) ?? []) {
      if (target === undefined || done.has(target)) continue;
      const begin = trail.indexOf(target);
      if (begin < 0) visit(target, [...trail, target]);
      else {
        const circle = [...trail.slice(begin), target];
        found.push({ path, line, advice: `imports go round: ${circle.join(' > ')}` });
      }
    }
    done.add(path);
  };
  for (const path of imports.keys()) if (!done.has(path)) visit(path, [path]);
  return found;
}

const isHost = (source: Source): boolean => isIn(source, 'host-web', 'host-node');

/** Law 7, where the core is not meant. */
export const HOST_FLOORS: readonly Rule[] = [
  perFile('law 7: imports of the hosts go down the floors', isHost, brokenFloors),
  {
    name: 'law 7: imports of the hosts do not go round',
    check: (sources) => circlesIn(sources, 'host-web', 'host-node'),
  },
];
