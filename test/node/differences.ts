/** Programs whose logs differ from the kernel's, each with the reason. */

const ONE_READ =
  'Node runs ticks between two frames of one read where the kernel called it, and not where ' +
  'JavaScript did. So data that comes with its answer is told before the answer is: a listener ' +
  'that is there from the start hears both, and one that the answer adds misses nothing.';

export const DIFFERENCES: Readonly<Record<string, string>> = {
  'http2, clear: an answer is told before its data': ONE_READ,
  'http2, secure: an answer is told before its data': ONE_READ,
};
