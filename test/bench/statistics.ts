/** What a bench makes of many figures. */

/** The figure that a part (0 to 1) of all do not exceed; NaN of none. */
export function quantile(figures: readonly number[], part: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
