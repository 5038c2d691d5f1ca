/** What a server's client does: the contract of every `client.ts` in the folders here. */

/** Asks a server as its users do. A check stands alone: many of them may run at once, on one server. */
export interface Client {
  /** Asks at an IP address; throws with what came instead of the right answer. */
  check(address: string): Promise<void>;
}

/** For one answer; a server that takes longer is not working. */
export const ANSWER_MS = 10_000;

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
