/** A TCP connection on which somebody speaks by turns: send, then wait until the answer is whole. */
import { connect } from 'node:net';
import { ANSWER_MS } from './client.ts';

export interface Dialogue {
  send(data: string | Uint8Array): void;
  /** Everything since the last answer, once `isWhole` says so; throws when the connection ends before that. */
  answer(isWhole: (received: Buffer) => boolean): Promise<Buffer>;
}

/** Speaks over one connection and closes it, whatever happens. Throws when that takes longer than `ANSWER_MS`. */
export async function speak<T>(host: string, port: number, turns: (dialogue: Dialogue) => Promise<T>): Promise<T> {
  const socket = connect({ host, port });
  let received: Buffer = Buffer.alloc(0);
  let ended: Error | undefined;
  let wake = () => {};
  const timer = setTimeout(
    () => socket.destroy(new Error(`:${port} gave no whole answer in ${ANSWER_MS / 1000} s`)),
    ANSWER_MS,
  );
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('error', (error) => {
    ended = error;
  });
  socket.on('close', () => {
    ended ??= new Error(`:${port} closed the connection after ${JSON.stringify(received.toString('latin1'))}`);
    wake();
  });
  const answer = async (isWhole: (received: Buffer) => boolean) => {
    while (!isWhole(received)) {
      if (ended) throw ended;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const whole = received;
    received = Buffer.alloc(0);
    return whole;
  };
  try {
    return await turns({ send: (data) => void socket.write(data), answer });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** The answer is whole once it ends with `end`. */
export function endsWith(end: string): (received: Buffer) => boolean {
  return (received) => received.subarray(-end.length).toString('latin1') === end;
}
