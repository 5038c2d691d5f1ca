/** What a server's client does: the contract of every `client.ts` in the folders here. */

/** Asks at an IP address; throws with what came instead of the right answer. */
export type Question = (address: string) => Promise<void>;

/** Asks a server as its users do. */
export interface Client {
  /** Stands alone: many checks may run at once, on one server. */
  readonly check: Question;
  /** What a server that keeps state owes its users: what was stored before an orderly restart is there after it. */
  readonly state?: { readonly store: Question; readonly find: Question };
}

/** For one answer; a server that takes longer is not working. */
export const ANSWER_MS = 10_000;

/** For one check with all of its questions; the longest of them takes a twentieth on a busy machine. */
const CHECK_MS = 30_000;

/** Whatever a client asks, bounded: one that hangs has failed. */
export async function bounded<T>(asking: Promise<T> | undefined): Promise<T | undefined> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done within ${CHECK_MS / 1000} s`)), CHECK_MS);
  try {
    return await Promise.race([asking, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

let names = 0;

/** A name that no other check uses, here or in a process beside it: letters and digits. */
export function freshName(): string {
  names += 1;
  return `bench${process.pid}x${names}`;
}

/** Throws unless `answer` is exactly what was expected. */
export function expectAnswer(question: string, answer: string, expected: string): void {
  if (answer === expected) return;
  throw new Error(`${question} answered ${shortened(answer)} instead of ${shortened(expected)}`);
}

const SHOWN = 120;

function shortened(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
