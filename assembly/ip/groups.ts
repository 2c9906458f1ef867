/**
 * Groups that are joined here (RFC 1112 §7.1, RFC 4604, RFC 3493 §5.2): what is sent to one of them
 * is for us, and to whom.
 *
 * DEVIATION: RFC 1112 §7.2b and RFC 2710 have a host report its memberships to routers on its link
 * (IGMP, MLD). Nothing is reported here: groups are heard as far as the link brings their packets.
 *
 * ╒════════════════════════ Membership (48 octets) ════════════════════════╕
 * │ link │ next of its owner │ hash │ unused │ group 2×u64 │ source 2×u64    │
 * └────────────────────────────────────────────────────────────────────────┘
 */
import { SCRATCH, MEMBERSHIP_SIZE } from '../memory';
import { groups, memberships } from '../pools';
import { nh40 } from '../random';
import { give, itemAt, take } from '../store/pool';
import { erase, firstSlot, hashIn, insert, referenceIn } from '../store/table';
import { isAllHosts } from '../wire/address';
import { isBroadcast } from './address';

/** That somebody has joined a group, for all who send to it or for one of them. */
@unmanaged
class Membership {
  link: u32;
  /** The next of the same owner; 0 ends the list. */
  next: u32;
  hash: u32;
  unused: u32;
  group0: u64;
  group1: u64;
  /** Whose datagrams are wanted; all zero: everybody's. */
  source0: u64;
  source1: u64;
}

if (offsetof<Membership>() != MEMBERSHIP_SIZE) ERROR('a membership takes MEMBERSHIP_SIZE octets');

function membershipAt(index: u32): Membership {
  return changetype<Membership>(itemAt(memberships(), index));
}

function hashOfGroup(a0: u64, a1: u64): u32 {
  memory.fill(SCRATCH, 0, 40);
  store<u64>(SCRATCH, a0);
  store<u64>(SCRATCH, a1, 8);
  return nh40(SCRATCH);
}

/** Whether packets to that address, which is no single host's, are for anybody here. */
export function isHeard(a0: u64, a1: u64): bool {
  if (isAllHosts(a0, a1) || isBroadcast(a0, a1)) return true; // RFC 1112 §7.2a
  const table = groups();
  if (table.used == 0) return false;
  const hash = hashOfGroup(a0, a1);
  for (let slot = firstSlot(table, hash); referenceIn(table, slot) != 0; slot++) {
    if (hashIn(table, slot) != hash) continue;
    const membership = membershipAt(referenceIn(table, slot));
    if (membership.group0 == a0 && membership.group1 == a1) return true;
  }
  return false;
}

/**
 * Whether an owner takes what a source sends to a group: who has joined it for some sources takes
 * theirs alone, and who has not joined it takes what it has been joined for here (IP_MULTICAST_ALL,
 * as Linux has it by default).
 *
 * @param first the owner's list
 */
export function wants(first: u32, group0: u64, group1: u64, source0: u64, source1: u64): bool {
  let isMember = false;
  for (let index = first; index != 0; ) {
    const membership = membershipAt(index);
    index = membership.next;
    if (membership.group0 != group0 || membership.group1 != group1) continue;
    isMember = true;
    if (membership.source0 == source0 && membership.source1 == source1) return true;
    if (membership.source0 == 0 && membership.source1 == 0) return true;
  }
  return !isMember;
}

/** How many memberships an owner has. */
export function countMemberships(first: u32): u32 {
  let count: u32 = 0;
  for (let index = first; index != 0; index = membershipAt(index).next) count++;
  return count;
}

/** Where an owner's list has a membership; 0 when it has not. */
export function findMembership(
  first: u32,
  group0: u64,
  group1: u64,
  source0: u64,
  source1: u64,
): u32 {
  for (let index = first; index != 0; index = membershipAt(index).next) {
    const membership = membershipAt(index);
    const isGroup = membership.group0 == group0 && membership.group1 == group1;
    if (isGroup && membership.source0 == source0 && membership.source1 == source1) return index;
  }
  return 0;
}

/** Joins a group; answers the owner's list from now on, 0 when there is no membership left. */
export function joinGroup(
  first: u32,
  group0: u64,
  group1: u64,
  source0: u64,
  source1: u64,
): u32 {
  const index = take(memberships());
  if (index == 0) return 0;
  const membership = membershipAt(index);
  membership.next = first;
  membership.group0 = group0;
  membership.group1 = group1;
  membership.source0 = source0;
  membership.source1 = source1;
  membership.hash = hashOfGroup(group0, group1);
  insert(groups(), membership.hash, index);
  return index;
}

/** Gives a membership of an owner up; answers its list from now on. */
export function leaveGroup(first: u32, index: u32): u32 {
  const membership = membershipAt(index);
  let list = first;
  if (first == index) {
    list = membership.next;
  } else {
    let before = membershipAt(first);
    while (before.next != index) before = membershipAt(before.next);
    before.next = membership.next;
  }
  erase(groups(), membership.hash, index);
  give(memberships(), index);
  return list;
}
