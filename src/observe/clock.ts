/** The time of one observation: milliseconds since the first container was about to start, and which part of its life it is. */

export type Phase = 'start-up' | 'steady' | 'reload' | 'shutdown' | 'restart';

export interface Clock {
  /** Milliseconds since the clock was made. */
  atMs(): number;
  phase(): Phase;
}

/** A clock in its start-up phase, and the way to move it on. */
export function startClock(): Clock & { enter(phase: Phase): void } {
  const start = performance.now();
  let current: Phase = 'start-up';
  return {
    atMs: () => Math.round(performance.now() - start),
    phase: () => current,
    enter(phase) {
      current = phase;
    },
  };
}
