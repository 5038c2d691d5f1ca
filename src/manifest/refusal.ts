/** Why a document that is YAML cannot be a manifest. `offset` counts in the file; `message` goes on after the file's name. */
export class Refusal extends Error {
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(offset: number, message: string, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}
