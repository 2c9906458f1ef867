/**
 * Where the octets of a chain lie, for who reads or writes them there: a list of Pieces, one for
 * each page or part of one.
 */
import { PAGE_SIZE } from '../limits';
import { Piece } from '../windows';
import { Chain, locate, locateToWrite, Pages, reserve, untilPageEnd } from './chain';

/** Lists at `to` where octets of a chain lie, and behind them a piece of none. */
export function listChain(pages: Pages, chain: Chain, position: u32, to: usize, length: u32): void {
  while (length != 0) {
    const from = locate(pages, chain, position);
    const piece = min(length, untilPageEnd(from));
    to = listPiece(to, from, piece);
    position += piece;
    length -= piece;
  }
  listPiece(to, 0, 0);
}

/** Makes room behind the last octet of a chain, for which there are pages; lists where it lies. */
export function lendChain(pages: Pages, chain: Chain, position: u32, to: usize, length: u32): void {
  while (length != 0) {
    const piece = min(length, PAGE_SIZE - ((position - chain.origin) & (PAGE_SIZE - 1)));
    // Page by page, so that each piece is in the last.
    reserve(pages, chain, position + piece);
    to = listPiece(to, locateToWrite(pages, chain, position), piece);
    position += piece;
    length -= piece;
  }
}

function listPiece(to: usize, at: usize, length: u32): usize {
  const piece = changetype<Piece>(to);
  piece.at = <u32>at;
  piece.length = length;
  return to + offsetof<Piece>();
}
