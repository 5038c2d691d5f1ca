/** The one class of errors that Petrify expects: bad input, no engine, a container that never becomes ready. */

/** Every code that a Failure may carry; `docs/errors.md` explains each (a test holds the two together). */
export type FailureCode =
  | 'bad-usage'
  | 'bad-manifest'
  | 'bad-settings'
  | 'file-unreadable'
  | 'file-unwritable'
  | 'no-workload'
  | 'no-engine'
  | 'engine-refused'
  | 'no-cluster'
  | 'cluster-refused'
  | 'image-missing'
  | 'not-ready'
  | 'cannot-harden'
  | 'cannot-prove'
  | 'interrupted';

/**
 * A failure that a user can act on. Anything else that is thrown is a defect and keeps its stack.
 * `message` is one clear sentence that names the place (file:line where there is one); `hint` says what to do.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly hint: string | undefined;

  constructor(code: FailureCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.hint = options.hint;
  }
}
