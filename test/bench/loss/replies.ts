/**
 * Short replies of which something is lost: the same holes in real time and in virtual.
 */

/** A segment of a reply, by its number from 0, and how many of its sendings are lost. */
type Hole = readonly [segment: number, times: number];

/** Segments of a short reply, and how many such replies come before it, so that cwnd is open. */
export const REPLY_SEGMENTS = 20;
export const WARM_REPLIES = 5;

/** What is lost of a short reply. */
export const REPLIES: readonly { readonly name: string; readonly holes: readonly Hole[] }[] = [
  { name: 'nothing lost', holes: ofLastReply() },
  { name: 'the middle lost', holes: ofLastReply([10, 1]) },
  { name: 'the last but one lost', holes: ofLastReply([18, 1]) },
  {
    name: 'five lost, and one of them twice',
    holes: ofLastReply([2, 2], [5, 1], [8, 1], [11, 1], [14, 1]),
  },
  { name: 'the last three lost', holes: ofLastReply([17, 1], [18, 1], [19, 1]) },
];

/** Holes in the reply behind the warm ones. */
function ofLastReply(...holes: Hole[]): Hole[] {
  return holes.map(([segment, times]) => [WARM_REPLIES * REPLY_SEGMENTS + segment, times]);
}
