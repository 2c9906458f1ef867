/**
 * A chain of pages: a stretch of octets that grows at its end, is read anywhere and is dropped from
 * its beginning. Pages come from one pool that all chains share.
 *
 * Octets are named by position, a u32 that wraps; a chain holds less than 2^31 of them. An empty
 * chain holds no page at all, so that an idle owner costs nothing here, and a short one holds a
 * block instead: there is a block for every chain, so however many hold a segment or less, they
 * take no page from those that need some. Reading is in order most of the time, so the
 * chain remembers the page it was last asked for and walks on from there; what is written goes to
 * the last page most of the time, and leaves that mark alone.
 *
 *     origin      start                                   end
 *       ├──────────┼───────────────┬───────────────┬───────┴───────┐
 *       │ dropped  │ kept          │ kept          │ kept  │ spare │
 *       └──────────┴───────────────┴───────────────┴───────┴───────┘
 *         head page                                  tail page
 */
import { PAGE_SIZE } from '../limits';
import { copyAndSum } from './copy-sum';
import { giveFirst, itemAt, Pool, take } from './pool';

/** The shared pages. Links stand apart so that a page is PAGE_SIZE octets of text, aligned. */
@unmanaged
export class Pages {
  /** Address of page 0, which is never handed out. */
  base: u32;
  /** Address of the links: for each page the next of its chain, or the next free one. */
  links: u32;
  capacity: u32;
  /** Highest page ever handed out. */
  fresh: u32;
  /** Latest-freed page: the warmest in the cache is taken first. */
  free: u32;
  used: u32;
  /** The blocks that short chains hold instead. */
  blocks: Pool;
}

/** One chain. The octets from `start` on are kept; where they end is for the owner to know. */
@unmanaged
export class Chain {
  /** First and last page, 0 when empty; without pages, `head` is the block of a short chain. */
  head: u32;
  tail: u32;
  /** Position of the first octet of the head page. */
  origin: u32;
  /** Position of the first octet that is kept. */
  start: u32;
  /** Pages held. */
  pages: u32;
  /** A page of the chain and the position of its first octet; 0 when none was asked for. */
  cursor: u32;
  cursorOrigin: u32;
}

/** Prepares the shared pages at `base`; answers the first address behind them. */
export function layPages(pages: Pages, base: u64, capacity: u32, blocks: Pool): u64 {
  const items = <u64>capacity + 1;
  const links = roundUp(base);
  const first = roundUp(links + 4 * items);
  pages.links = <u32>links;
  pages.base = <u32>first;
  pages.capacity = capacity;
  pages.fresh = pages.free = pages.used = 0;
  pages.blocks = blocks;
  return first + PAGE_SIZE * items;
}

function roundUp(at: u64): u64 {
  return (at + PAGE_SIZE - 1) & ~(<u64>(PAGE_SIZE - 1));
}

/** Octets of a block. */
export function blockSize(pages: Pages): u32 {
  return pages.blocks.size;
}

/** Pages that can still be taken. */
export function sparePages(pages: Pages): u32 {
  return pages.capacity - pages.used;
}

function next(pages: Pages, page: u32): u32 {
  return load<u32>(pages.links + 4 * page);
}

function setNext(pages: Pages, page: u32, follower: u32): void {
  store<u32>(pages.links + 4 * page, follower);
}

function takePage(pages: Pages): u32 {
  let page = pages.free;
  if (page != 0) pages.free = next(pages, page);
  else if (pages.fresh < pages.capacity) page = ++pages.fresh;
  else return 0;
  pages.used++;
  setNext(pages, page, 0);
  return page;
}

function givePage(pages: Pages, page: u32): void {
  setNext(pages, page, pages.free);
  pages.free = page;
  pages.used--;
}

/** Makes a chain empty, with `position` as the next octet. */
export function beginChain(chain: Chain, position: u32): void {
  chain.head = chain.tail = chain.pages = chain.cursor = 0;
  chain.origin = chain.start = position;
}

/**
 * Makes room up to `end`, exclusive.
 *
 * @returns the position up to which there is room: `end`, or less when the pool ran out
 */
export function reserve(pages: Pages, chain: Chain, end: u32): u32 {
  if (chain.pages == 0 && end - chain.origin <= blockSize(pages) && holdBlock(pages, chain)) {
    return end;
  }
  while (<i32>(end - (chain.origin + chain.pages * PAGE_SIZE)) > 0) {
    const page = takePage(pages);
    if (page == 0) return endOfRoom(pages, chain);
    if (chain.pages == 0) leaveBlock(pages, chain, page);
    else setNext(pages, chain.tail, page);
    chain.tail = page;
    chain.pages++;
  }
  return end;
}

/** Where room ends when no page is left: a chain without any still has its block. */
function endOfRoom(pages: Pages, chain: Chain): u32 {
  if (chain.pages != 0) return chain.origin + chain.pages * PAGE_SIZE;
  return holdBlock(pages, chain) ? chain.origin + blockSize(pages) : chain.origin;
}

/** Gives a chain without pages a block, unless it has one; answers whether it has now. */
function holdBlock(pages: Pages, chain: Chain): bool {
  if (chain.head == 0) chain.head = take(pages.blocks);
  return chain.head != 0;
}

/** A chain without pages has its first: what its block holds moves there. */
function leaveBlock(pages: Pages, chain: Chain, page: u32): void {
  const block = chain.head;
  chain.head = page;
  if (block == 0) return;
  memory.copy(pages.base + page * PAGE_SIZE, itemAt(pages.blocks, block), blockSize(pages));
  giveFirst(pages.blocks, block);
}

/** Gives the block of a chain without pages back. */
function giveBlock(pages: Pages, chain: Chain): void {
  if (chain.head != 0) giveFirst(pages.blocks, chain.head);
}

/** Octets there is room for behind `end` with so many pages more: with none, those of a block. */
export function roomWith(pages: Pages, chain: Chain, more: u32, end: u32): u32 {
  const held = chain.pages + more;
  return chain.origin + (held == 0 ? blockSize(pages) : held * PAGE_SIZE) - end;
}

/** Octets of room a chain has behind `end` with what it holds. */
export function roomHeld(pages: Pages, chain: Chain, end: u32): u32 {
  if (chain.pages == 0 && chain.head == 0) return 0;
  return roomWith(pages, chain, 0, end);
}

/** Pages a chain lacks for room up to `end`. */
export function pagesLacking(pages: Pages, chain: Chain, end: u32): u32 {
  const length = end - chain.origin;
  const held = chain.pages * PAGE_SIZE;
  if (length <= max(held, blockSize(pages))) return 0;
  return (length - held + PAGE_SIZE - 1) / PAGE_SIZE;
}

/** The address of an octet; the octets behind it run on until the end of its page. */
export function locate(pages: Pages, chain: Chain, position: u32): usize {
  const into = position - chain.cursorOrigin;
  if (chain.cursor == 0 || into >= PAGE_SIZE) return walkTo(pages, chain, position);
  return <usize>(pages.base + chain.cursor * PAGE_SIZE + into);
}

/** The same for an octet of another page than the one asked for last, or of a block. */
function walkTo(pages: Pages, chain: Chain, position: u32): usize {
  let page = chain.head;
  let origin = chain.origin;
  assert(page != 0);
  if (chain.pages == 0) return itemAt(pages.blocks, page) + (position - origin);
  if (chain.cursor != 0 && <i32>(position - chain.cursorOrigin) >= 0) {
    page = chain.cursor;
    origin = chain.cursorOrigin;
  }
  while (position - origin >= PAGE_SIZE) {
    page = next(pages, page);
    origin += PAGE_SIZE;
  }
  assert(page != 0);
  chain.cursor = page;
  chain.cursorOrigin = origin;
  return <usize>(pages.base + page * PAGE_SIZE + (position - origin));
}

/** Octets from an address to the end of its page. */
export function untilPageEnd(at: usize): u32 {
  return PAGE_SIZE - (<u32>at & (PAGE_SIZE - 1));
}

/** The address an octet is written to: mostly in the last page, however far behind reading is. */
export function locateToWrite(pages: Pages, chain: Chain, position: u32): usize {
  const into = position - chain.origin - (chain.pages - 1) * PAGE_SIZE;
  if (chain.pages == 0 || into >= PAGE_SIZE) return locate(pages, chain, position);
  return <usize>(pages.base + chain.tail * PAGE_SIZE + into);
}

/** Copies octets into a chain, where `reserve` has made room. */
export function writeChain(
  pages: Pages,
  chain: Chain,
  position: u32,
  from: usize,
  length: u32,
): void {
  while (length != 0) {
    const to = locateToWrite(pages, chain, position);
    const piece = min(length, untilPageEnd(to));
    memory.copy(to, from, piece);
    position += piece;
    from += piece;
    length -= piece;
  }
}

/**
 * Copies octets into a chain, where `reserve` has made room, and answers the Internet checksum's
 * sum over them (not complemented).
 */
export function writeChainAndSum(
  pages: Pages,
  chain: Chain,
  position: u32,
  from: usize,
  length: u32,
): u32 {
  let sum: u32 = 0;
  let before: u32 = 0;
  while (length != 0) {
    const to = locateToWrite(pages, chain, position);
    const piece = min(length, untilPageEnd(to));
    sum += turned(copyAndSum(to, from, piece), before);
    before += piece;
    position += piece;
    from += piece;
    length -= piece;
  }
  return sum;
}

/** The sum of a piece behind `before` octets: its columns change places behind an odd number. */
function turned(sum: u32, before: u32): u32 {
  return before & 1 ? ((sum & 0xff) << 8) | (sum >> 8) : sum; // RFC 1071 §2 B
}

/**
 * Copies octets to where a chain has none yet, and makes room for them page by page, so that each
 * is written to the last.
 *
 * @returns the position behind what was copied: less than all when the pool ran out
 */
export function appendChain(
  pages: Pages,
  chain: Chain,
  position: u32,
  from: usize,
  length: u32,
): u32 {
  while (length != 0) {
    const piece = min(length, PAGE_SIZE - ((position - chain.origin) & (PAGE_SIZE - 1)));
    const room = reserve(pages, chain, position + piece) - position;
    writeChain(pages, chain, position, from, room);
    position += room;
    if (room != piece) break;
    from += piece;
    length -= piece;
  }
  return position;
}

/** Copies octets out of a chain. */
export function readChain(pages: Pages, chain: Chain, position: u32, to: usize, length: u32): void {
  while (length != 0) {
    const from = locate(pages, chain, position);
    const piece = min(length, untilPageEnd(from));
    memory.copy(to, from, piece);
    position += piece;
    to += piece;
    length -= piece;
  }
}

/** Whether a chain has the same octets. */
export function matchesChain(
  pages: Pages,
  chain: Chain,
  position: u32,
  at: usize,
  length: u32,
): bool {
  while (length != 0) {
    const own = locate(pages, chain, position);
    const piece = min(length, untilPageEnd(own));
    if (memory.compare(own, at, piece) != 0) return false;
    position += piece;
    at += piece;
    length -= piece;
  }
  return true;
}

/**
 * Copies octets out of a chain and answers the Internet checksum's sum over them (not
 * complemented).
 */
export function readChainAndSum(
  pages: Pages,
  chain: Chain,
  position: u32,
  to: usize,
  length: u32,
): u32 {
  let sum: u32 = 0;
  let before: u32 = 0;
  while (length != 0) {
    const from = locate(pages, chain, position);
    const piece = min(length, untilPageEnd(from));
    sum += turned(copyAndSum(to, from, piece), before);
    before += piece;
    position += piece;
    to += piece;
    length -= piece;
  }
  return sum;
}

/** Drops every octet before `position`. */
export function dropChain(pages: Pages, chain: Chain, position: u32): void {
  if (chain.pages == 0) {
    // A block that is not used up stays where its octets are.
    if (chain.head != 0 && position - chain.origin < blockSize(pages)) chain.start = position;
    else clearChain(pages, chain, position);
    return;
  }
  while (chain.pages != 0 && position - chain.origin >= PAGE_SIZE) {
    const page = chain.head;
    if (chain.cursor == page) chain.cursor = 0;
    chain.head = next(pages, page);
    chain.origin += PAGE_SIZE;
    chain.pages--;
    givePage(pages, page);
  }
  chain.start = position;
  if (chain.pages == 0) beginChain(chain, position);
}

/** Gives every page back; the next octet is `position`. */
export function clearChain(pages: Pages, chain: Chain, position: u32): void {
  if (chain.pages == 0) giveBlock(pages, chain);
  let page = chain.head;
  for (let left = chain.pages; left != 0; left--) {
    const follower = next(pages, page);
    givePage(pages, page);
    page = follower;
  }
  beginChain(chain, position);
}
