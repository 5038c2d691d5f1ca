/** The program's way to the outside: streams, colours, progress. Commands get it passed in, so that tests can watch. */
import { visible } from '../report/visible.ts';
import { EXIT_CANNOT_RUN } from './exit-codes.ts';

/** One running step that a person can watch. */
export interface Progress {
  update(text: string): void;
  /** Lets `print` write while the step goes on. */
  pause(print: () => void): void;
  /** Ends the step; with a text the line stays, without it disappears. */
  end(text?: string): void;
}

export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly env: NodeJS.ProcessEnv;
  /** Whether stdout and stderr take colours: a terminal, and NO_COLOR is not set. */
  readonly colour: { readonly out: boolean; readonly err: boolean };
  out(text: string): void;
  err(text: string): void;
  /** Shows a step on stderr: a spinner on a terminal, one plain line elsewhere. */
  progress(text: string): Promise<Progress>;
  /** Text from strangers with control characters shown instead of obeyed. */
  visible(text: string): string;
}

function takesColour(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

async function spinner(text: string): Promise<Progress> {
  const { default: ora } = await import('ora');
  const spinning = ora({ text: visible(text), stream: process.stderr, discardStdin: false }).start();
  return {
    update: (next) => {
      spinning.text = visible(next);
    },
    pause: (print) => {
      spinning.stop();
      print();
      spinning.start();
    },
    end: (last) => {
      if (last === undefined) spinning.stop();
      else spinning.succeed(visible(last));
    },
  };
}

function plainLines(text: string): Progress {
  const say = (line: string) => process.stderr.write(`${visible(line)}\n`);
  say(text);
  return { update: () => {}, pause: (print) => print(), end: (last) => last !== undefined && say(last) };
}

/** The real process. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  // A reader that goes away (`petrify check … | head`) is no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    stderr.write(`petrify: standard output cannot be written: ${error.message}\n`);
    process.exit(EXIT_CANNOT_RUN);
  });
  const animated = stderr.isTTY === true && env.CI !== 'true' && env.TERM !== 'dumb';
  return {
    stdin,
    env,
    colour: { out: takesColour(stdout, env), err: takesColour(stderr, env) },
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    progress: async (text) => (animated ? spinner(text) : plainLines(text)),
    visible,
  };
}
