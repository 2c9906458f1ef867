/** Programs whose logs differ from the kernel's, each with the reason. */

const UNREAD =
  'A reset takes away what had arrived before it and was not read yet (RFC 9293 §3.10.7.4: all ' +
  'queues are flushed); Linux keeps it to be read.';
const ONE_READ =
  'Node runs ticks between two frames of one read where the kernel called it, and not where ' +
  'JavaScript did. So data that comes with its answer is told before the answer is: a listener ' +
  'that is there from the start hears both, and one that the answer adds misses nothing.';

export const DIFFERENCES: Readonly<Record<string, string>> = {
  'error: what had arrived before a reset is read before it is told': UNREAD,
  'error: an end that had arrived before a reset is an end': UNREAD,
  'http2, clear: an answer is told before its data': ONE_READ,
  'http2, secure: an answer is told before its data': ONE_READ,
};
