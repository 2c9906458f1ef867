/**
 * Pointing at the ladder: a packet is chosen, the cursor moves, a packet's menu is opened.
 */
import {
  branch,
  chosenPacket,
  eventCount,
  isPlaying,
  seek,
  selectedPacket,
} from '../state/store.ts';
import { packetAt } from './hit.ts';
import { HEAD } from './lanes.ts';
import { openMenu } from '../state/menu.ts';
import { rungsOf } from './placed.ts';
import { sceneOf } from './scene.ts';

/** A finger that rests for so long means the menu. */
const LONG_PRESS_MS = 500;

/** What lies under the pointer: a packet or -1, and the height on the ladder. */
function under(frame: HTMLElement, event: MouseEvent): { packet: number; y: number } {
  const scene = sceneOf(frame, frame.clientWidth, frame.clientHeight);
  if (scene === undefined) return { packet: -1, y: -1 };
  const box = frame.getBoundingClientRect();
  const y = event.clientY - box.top - HEAD + scene.top;
  return { packet: packetAt(scene, event.clientX - box.left, y), y };
}

/** Chooses the packet under the pointer, or moves the cursor to that height. */
export function point(event: MouseEvent): void {
  const { packet, y } = under(event.currentTarget as HTMLElement, event);
  const shown = branch.peek();
  if (shown === undefined || y < 0) return;
  isPlaying.value = false;
  if (packet >= 0) {
    seek(shown.timeline.packets.event.at(packet));
    chosenPacket.value = packet;
  } else seek(Math.min(rungsOf(shown).firstFrom(y + 1) - 1, eventCount.peek() - 1));
}

/** Opens the menu of the packet under the pointer. */
export function openMenuAt(event: MouseEvent): void {
  const { packet } = under(event.currentTarget as HTMLElement, event);
  if (packet < 0) return;
  event.preventDefault();
  openMenu(packet, event.clientX, event.clientY);
}

/** Opens the menu of the packet that is looked at. */
export function openMenuByKey(event: KeyboardEvent): void {
  const packet = selectedPacket.peek();
  if (event.key !== 'Enter' || packet < 0) return;
  event.preventDefault();
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  openMenu(packet, box.left + box.width / 2, box.top + box.height / 3);
}

let pressing: ReturnType<typeof setTimeout> | undefined;

/** A finger comes down: if it stays, the menu opens. */
export function press(event: PointerEvent): void {
  release();
  if (event.pointerType !== 'touch') return;
  const frame = event.currentTarget as HTMLElement;
  pressing = setTimeout(() => {
    const { packet } = under(frame, event);
    if (packet >= 0) openMenu(packet, event.clientX, event.clientY);
  }, LONG_PRESS_MS);
}

/** It goes up again, or moves. */
export function release(): void {
  clearTimeout(pressing);
}
