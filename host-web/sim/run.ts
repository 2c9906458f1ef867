/**
 * Running a scenario: from its beginning to its end, and what came of it; and what crossed the
 * network on one host's side, as a capture file.
 */
import { PcapngWriter } from '../link/pcapng.ts';
import type { WasmModule } from '../platform.ts';
import { check, type Verdict } from './expect.ts';
import type { Scenario } from './scenario.ts';
import { Session } from './session.ts';
import { Universe } from './world/universe.ts';

/** A scenario that has run. */
export interface Run {
  readonly spec: Scenario;
  readonly session: Session;
  readonly verdicts: readonly Verdict[];
  /** Whether everything came as expected. */
  readonly ok: boolean;
  /** Of the universe at the end. */
  readonly hash: string;
}

/** Runs one variant of a scenario (`variantOf`). */
export function run(module: WasmModule, spec: Scenario): Run {
  const session = new Session(module, spec);
  session.run();
  return outcomeOf(session);
}

/** What came of a session, as far as it has gone. */
export function outcomeOf(session: Session): Run {
  const { spec, timeline, universe } = session;
  const outcome = { timeline, appOf: (host: string) => universe.appOf(host) };
  const verdicts = spec.expect.map((expectation) => check(outcome, expectation));
  const ok = verdicts.every((verdict) => verdict.ok);
  return { spec, session, verdicts, ok, hash: universe.hash() };
}

/**
 * A capture file (pcapng) of what a host sent and what arrived there, each when it did: the one
 * vantage point a real capture has. Runs the session's scenario again, with its edits.
 */
export function capture(module: WasmModule, session: Session, host: string): Uint8Array {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((block) => blocks.push(block), { name: host });
  const universe = new Universe(module, session.spec);
  universe.onPacket = (where, octets, direction) => {
    if (where === host) writer.packet(octets, universe.now, { direction });
  };
  for (const { moment, at, edit } of session.edits) {
    while (universe.moment < moment && universe.step());
    universe.waitUntil(at);
    universe.edit(edit);
  }
  while (universe.moment < session.universe.moment && universe.step());
  const file = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    file.set(block, at);
    at += block.length;
  }
  return file;
}
