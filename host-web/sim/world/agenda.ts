/**
 * The agenda: everything a universe has still to do, in order of time, and of asking where times
 * are equal; but what arrives at a time comes before the alarms of that time.
 *
 * One heap for packets on the way, steps and commands, and a slot for each host's alarm, which is
 * moved at every packet and would fill a heap with times that nothing waits for any more. All of it
 * is plain data: a copy is as good as the original.
 */
import { NEVER } from '../../clock.ts';
import { pop, push, type Turn } from '../../link/turns.ts';
import type { Action } from '../action.ts';

/** What is to be done. */
export type Task =
  | {
      readonly kind: 'arrive';
      readonly packet: number;
      readonly way: string;
      readonly host: number;
      readonly octets: Uint8Array;
      /** What the rules call this packet, for marks of its arrival. */
      readonly names: readonly string[];
    }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'do'; readonly host: number; readonly action: Action; readonly nth: number }
  | { readonly kind: 'alarm'; readonly host: number };

/** A task and its turn. */
export interface Item extends Turn {
  readonly task: Task;
}

/** An agenda as plain data. */
export interface AgendaState {
  readonly items: readonly Item[];
  readonly alarms: readonly { at: number; order: number }[];
  readonly order: number;
}

export class Agenda {
  #heap: Item[] = [];
  #alarms: { at: number; order: number }[];
  #order = 0;

  constructor(hosts: number) {
    this.#alarms = Array.from({ length: hosts }, () => ({ at: NEVER, order: 0 }));
  }

  get state(): AgendaState {
    return {
      items: [...this.#heap],
      alarms: this.#alarms.map((alarm) => ({ ...alarm })),
      order: this.#order,
    };
  }

  set state({ items, alarms, order }: AgendaState) {
    this.#heap = [...items];
    this.#alarms = alarms.map((alarm) => ({ ...alarm }));
    this.#order = order;
  }

  /** When there is something to do next; NEVER when nothing is. */
  get nextAt(): number {
    let first = this.#heap[0]?.at ?? NEVER;
    for (const alarm of this.#alarms) if (alarm.at < first) first = alarm.at;
    return first;
  }

  add(at: number, task: Task): void {
    push(this.#heap, { at, order: this.#order++, task });
  }

  /** Moves a host's alarm; the same time again does not change the order of turns. */
  setAlarm(host: number, at: number): void {
    const alarm = this.#alarms[host]!;
    if (alarm.at === at) return;
    alarm.at = at;
    alarm.order = this.#order++;
  }

  /** Takes what is first; undefined when there is nothing. */
  take(): Item | undefined {
    let [at, order, host] = [NEVER, 0, -1];
    const top = this.#heap[0];
    // What has arrived is processed before a timeout is believed.
    if (top !== undefined) [at, order] = [top.at, -1];
    for (let i = 0; i < this.#alarms.length; i++) {
      const alarm = this.#alarms[i]!;
      if (alarm.at < at || (alarm.at === at && alarm.at < NEVER && alarm.order < order)) {
        [at, order, host] = [alarm.at, alarm.order, i];
      }
    }
    if (host < 0) return top === undefined ? undefined : pop(this.#heap);
    this.#alarms[host]!.at = NEVER;
    return { at, order, task: { kind: 'alarm', host } };
  }
}
