/**
 * The branches that run in the worker: a session each, given their turns, told of in batches.
 *
 * Not here: messages as such (`worker.ts`).
 */
import type { Position } from '../../sim/timeline/timeline.ts';
import { START } from '../../sim/timeline/rows.ts';
import { Session } from '../../sim/session.ts';
import type { Command, Update } from './protocol.ts';

/** A session and how much of it has been told. */
interface Run {
  readonly session: Session;
  told: Position;
}

/** Milliseconds a branch runs before what it gained is told: the first time, and from then on. */
const FIRST_TURN = 4;
const TURN = 16;
/** Events after which a branch is stopped: nobody would look at more, and memory is not endless. */
const MOST_EVENTS = 600_000;
/** Moments between two looks at the clock. */
const STRIDE = 32;

export class Runs {
  readonly #module: WebAssembly.Module;
  readonly #tell: (update: Update) => void;
  readonly #runs = new Map<number, Run>();

  constructor(module: WebAssembly.Module, tell: (update: Update) => void) {
    this.#module = module;
    this.#tell = tell;
  }

  /** Does what the web page asks; what goes wrong is told, never thrown. */
  perform(command: Command): void {
    try {
      this.#perform(command);
    } catch (error) {
      this.#tell({ kind: 'failed', message: (error as Error).message });
    }
  }

  #perform(command: Command): void {
    switch (command.do) {
      case 'open':
        this.#runs.clear();
        this.#begin(command.branch, new Session(this.#module, command.spec));
        return;
      case 'edit': {
        const run = this.#run(command.branch);
        run.session.edit(command.edit);
        this.#turn(command.branch, run, FIRST_TURN);
        return;
      }
      case 'fork': {
        const { session } = this.#run(command.from);
        this.#begin(command.branch, session.fork(command.event, command.edit));
        return;
      }
      case 'change': {
        const { session } = this.#run(command.from);
        this.#begin(command.branch, session.changePacket(command.packet, command.verdict));
      }
    }
  }

  #run(branch: number): Run {
    const run = this.#runs.get(branch);
    if (run === undefined) throw new RangeError('that branch is no longer there');
    return run;
  }

  #begin(branch: number, session: Session): void {
    const run = { session, told: START };
    this.#runs.set(branch, run);
    this.#tell({ kind: 'begun', branch, hosts: session.universe.hosts });
    this.#turn(branch, run, FIRST_TURN);
  }

  /** Lets a branch run for a while, tells what came of it, and gives it another turn if need be. */
  #turn(branch: number, run: Run, ms: number): void {
    if (this.#runs.get(branch) !== run) return;
    const { session } = run;
    const until = performance.now() + ms;
    try {
      do {
        for (let i = 0; i < STRIDE && session.step(); i++);
      } while (!session.isOver && performance.now() < until);
    } catch (error) {
      // An action that can not be done where it stands ends the branch there.
      this.#tell({ kind: 'failed', message: (error as Error).message });
    }
    const isOver = session.isOver || session.timeline.eventCount > MOST_EVENTS;
    const batch = session.timeline.since(run.told);
    run.told = session.timeline.position;
    const hash = isOver ? session.universe.hash() : '';
    this.#tell({ kind: 'grown', branch, batch, isOver, hash });
    if (!isOver) setTimeout(() => this.#turn(branch, run, TURN));
  }
}
